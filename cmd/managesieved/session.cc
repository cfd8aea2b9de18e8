#include "cmd/managesieved/session.h"

#include "base/log.h"
#include "base/text.h"
#include "cmd/managesieved/command_table.h"
#include "model/script.h"
#include "service/login.h"

namespace postern::managesieved {

using Step = managesieve::CommandReader::Step;

namespace {

constexpr std::uint32_t kMaxMistakes = 20;
// A script and its name.
constexpr std::size_t kMaxLiterals = model::kMaxScriptBytes + managesieve::kMaxText;

}  // namespace

Session::Session(Shared& s, service::Connection& c) : shared(s), connection(c) {}

Session::~Session() {
  connection.session.on_end({});
  if (login) login->on_revoked({});
}

void Session::answer(std::string_view word, std::string_view text, std::string_view code) {
  std::string out(word);
  if (!code.empty()) out += " (" + std::string(code) + ")";
  if (!text.empty()) out += " " + managesieve::to_string(text);
  write(out + "\r\n");
}

void Session::ok(std::string_view text, std::string_view code) {
  mistakes_ = 0;
  answer("OK", text, code);
}

// What is refused after login, such as a script that does not compile, is no fault of the client: it goes on.
void Session::no(std::string_view text, std::string_view code) {
  if (state == State::before_login && ++mistakes_ >= kMaxMistakes) return bye("too many mistakes");
  answer("NO", text, code);
}

void Session::mistake(std::string_view text) {
  if (++mistakes_ >= kMaxMistakes) return bye("too many mistakes");
  answer("NO", text, {});
}

void Session::bye(std::string_view text, std::string_view code) {
  answer("BYE", text, code);
  ending = true;
}

void Session::refused(const base::Error& e) {
  if (e.fault == base::Fault::temporary || e.fault == base::Fault::corrupt) {
    base::log(base::Level::warning, "command failed", {{"session", connection.session.id()}, {"why", e.what}});
    return no("not possible now, try again later", "TRYLATER");
  }
  std::string_view code = e.code == "NOT_FOUND"                       ? "NONEXISTENT"
                          : e.code == "EXISTS"                        ? "ALREADYEXISTS"
                          : e.code == "ACTIVE"                        ? "ACTIVE"
                          : e.code == "OVER_QUOTA" || e.code == "LIMIT" ? "QUOTA"
                                                                      : "";
  no(e.what, code);
}

void Session::end(std::string_view why) {
  bye(why);
  stream().send_now();
  stream().close();
}

void Session::await_login() {
  stream().set_timeout(shared.settings.login_timeout_ms);
  login_timer_ = shared.daemon.loop().after(shared.settings.login_timeout_ms, [this] { end("no login for too long"); });
}

// Until a command is whole, in step_.  False: the connection has ended.
io::Task<bool> Session::read_command() {
  reader_.next();
  for (;;) {
    std::string_view in = stream().buffered();
    std::size_t before = in.size();
    step_ = reader_.feed(in);
    stream().consume(before - in.size());
    if (step_ != Step::more) co_return true;
    // Pipelined commands are answered together: the output leaves when there is nothing more to read at once.
    if (auto sent = co_await stream().flush(); !sent) co_return false;
    auto more = co_await stream().fill();
    if (!more && more.error().code == "TIMEOUT") bye("silent for too long");
    if (!more) co_return false;
  }
}

io::Task<std::optional<managesieve::Words>> Session::more_words() {
  bool there = co_await read_command();
  if (!there || step_ != Step::command) {
    ending = true;
    co_return std::nullopt;
  }
  co_return std::move(reader_.words());
}

io::Task<void> Session::run() {
  connection.session.on_end([this](service::EndReason why) {
    end(why == service::EndReason::shutdown ? "the server is going down" : "this session was ended");
  });
  await_login();
  co_await capabilities(shared.settings.hostname + " Postern ready");
  while (!ending && stream()) {
    bool there = co_await read_command();
    if (!there) break;
    switch (step_) {
      case Step::command: {
        auto words = std::move(reader_.words());
        co_await command(std::move(words));
        break;
      }
      case Step::bad: mistake(reader_.why()); break;
      case Step::too_big: no("too long", state == State::logged_in ? "QUOTA/MAXSIZE" : ""); break;
      default: bye("too long: this connection can't go on", state == State::logged_in ? "QUOTA/MAXSIZE" : ""); break;
    }
  }
}

io::Task<void> Session::command(managesieve::Words words) {
  using Kind = managesieve::Word::Kind;
  if (words.empty()) co_return;   // an empty line
  const CommandRow* row = words[0].kind == Kind::atom ? find_command(base::to_upper(words[0].text)) : nullptr;
  if (!row) co_return mistake("unknown command");
  if (!(row->states & static_cast<std::uint8_t>(state)))
    co_return mistake(state == State::before_login ? "log in first" : "not possible after login");
  words.erase(words.begin());
  std::string_view want = row->arguments;
  std::size_t least = want.find('?') == std::string_view::npos ? want.size() : want.find('?');
  std::string kinds;
  for (const auto& w : words) kinds += w.kind == Kind::string ? 's' : w.kind == Kind::number ? 'n' : 'a';
  std::string all;
  for (char c : want)
    if (c != '?') all += c;
  bool fits = kinds.size() >= least && kinds.size() <= all.size() && all.starts_with(kinds);
  if (!fits) co_return mistake("expected " + std::string(row->usage));
  co_await row->run(*this, std::move(words));
}

void Session::logged_in(std::shared_ptr<client::Login> who) {
  login = std::move(who);
  login->on_revoked([this] { end("the login has been revoked"); });
  state = State::logged_in;
  failures = 0;
  login_timer_.reset();
  stream().set_timeout(shared.settings.timeout_ms);
  reader_.next();
  reader_.set_max_literals(kMaxLiterals);
  ++shared.logins;
  service::logged_in(connection, login->name());
}

void Session::logged_out() {
  login->on_revoked({});
  login.reset();
  state = State::before_login;
  reader_.next();
  reader_.set_max_literals(managesieve::kMaxText);
  connection.session.set_user({});
  await_login();
}

}  // namespace postern::managesieved
