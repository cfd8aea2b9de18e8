#include "cmd/pop3d/session.h"

#include <fmt/format.h>

#include "base/codec.h"
#include "base/log.h"
#include "base/system.h"
#include "cmd/pop3d/command_table.h"
#include "pop3/command.h"
#include "service/login.h"

namespace postern::pop3d {

namespace {

constexpr std::uint32_t kMaxMistakes = 20;
// Above this the session waits for the client to take what it was sent.
constexpr std::size_t kHighWater = 128 * 1024;

}  // namespace

Session::Session(Shared& s, service::Connection& c) : shared(s), connection(c) {}

Session::~Session() {
  connection.session.on_end({});
  if (login) login->on_revoked({});
}

void Session::ok(std::string_view text) {
  mistakes_ = 0;
  std::string out = "+OK";
  if (!text.empty()) out += ' ';
  out += text;
  out += "\r\n";
  write(std::move(out));
}

void Session::error(std::string_view text, std::string_view code) {
  std::string out = "-ERR ";
  if (!code.empty()) {
    out += '[';
    out += code;
    out += "] ";
  }
  out += text;
  out += "\r\n";
  write(std::move(out));
  if (state == State::authorization) count_mistake();
}

// What is refused after login, such as messages that are gone, is no fault of the client: it goes on, and its DELEs are kept.
void Session::mistake(std::string_view text) {
  error(text);
  if (state != State::authorization) count_mistake();
}

void Session::count_mistake() {
  if (++mistakes_ >= kMaxMistakes) ending = true;
}

// At once, and without a word: POP3 has none for a client that asked nothing.
void Session::end() {
  ending = true;
  hold_.release();
  stream().close();
}

io::Task<bool> Session::breathe() {
  if (stream().queued() > kHighWater) {
    auto r = co_await stream().drain(kHighWater / 2);
    if (!r) co_return false;
    hold_.touch();
  }
  co_await shared.daemon.loop().yield();
  co_return static_cast<bool>(stream());
}

io::Task<void> Session::run() {
  connection.session.on_end([this](service::EndReason) { end(); });
  stream().set_timeout(shared.settings.login_timeout_ms);
  login_timer_ = shared.daemon.loop().after(shared.settings.login_timeout_ms, [this] { end(); });
  std::string greeting = shared.settings.hostname + " Postern ready";
  if (shared.settings.apop) {
    timestamp = fmt::format("<{:x}.{:x}@{}>", base::random_u64(), base::unix_now(), shared.settings.hostname);
    greeting += ' ' + timestamp;
  }
  ok(greeting);
  while (!ending && stream()) {
    // Pipelined commands are answered together: the output leaves when there is nothing more to read at once.
    if (!has_command())
      if (auto sent = co_await stream().flush(); !sent) co_return;
    auto line = co_await stream().read_line(pop3::kMaxLine);
    if (!line) {
      if (line.error().code == "TOO_LONG") error("line too long");
      break;
    }
    hold_.touch();
    std::string text(line->text);
    co_await command(std::move(text));
  }
  hold_.release();
}

io::Task<void> Session::command(std::string line) {
  pop3::Command c = pop3::parse_command(line);
  const CommandRow* row = find_command(c.name);
  if (!row) co_return mistake("unknown command");
  if (!(row->states & static_cast<std::uint8_t>(state)))
    co_return mistake(state == State::authorization ? "log in first" : "not possible after login");
  if (!row->has_argument && !c.argument.empty()) co_return mistake("no argument is expected");
  co_await row->run(*this, std::string(c.argument));
}

io::Task<void> Session::logged_in(std::shared_ptr<client::Login> who) {
  if (!hold_ && !shared.locks.take(who->account(), hold_, [this] {
        base::log(base::Level::info, "maildrop taken over", {{"session", connection.session.id()}});
        end();
      }))
    co_return error("another session has the maildrop", "IN-USE");
  if (!shared.may_log_in(who->account())) {
    hold_.release();
    co_return error("wait before you log in again", "LOGIN-DELAY");
  }
  auto opened = co_await Maildrop::open(shared, *who);
  if (!hold_ || !stream()) co_return;
  if (!opened) {
    base::log(base::Level::warning, "maildrop", {{"user", who->name()}, {"error", opened.error().what}});
    hold_.release();
    co_return error("the maildrop can't be opened now", "SYS/TEMP");
  }
  login = std::move(who);
  login->on_revoked([this] { end(); });
  drop = std::move(*opened);
  state = State::transaction;
  login_timer_.reset();
  stream().set_timeout(shared.settings.timeout_ms);
  ++shared.logins;
  service::logged_in(connection, login->name());
  ok("maildrop has " + std::to_string(drop->count()) + " messages (" + std::to_string(drop->bytes()) + " octets)");
}

}  // namespace postern::pop3d
