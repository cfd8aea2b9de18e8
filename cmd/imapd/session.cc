#include "cmd/imapd/session.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/imapd/append.h"
#include "cmd/imapd/command_table.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/teller.h"
#include "imap/args.h"
#include "imap/writer.h"
#include "service/login.h"

namespace postern::imapd {

namespace {

constexpr std::uint32_t kMaxMistakes = 20;
// Above this the session waits for the client to take what it was sent.
constexpr std::size_t kHighWater = 128 * 1024;
// As many commands as the rate lets through in this time may come at once.
constexpr std::uint64_t kBurstMs = 60'000;
// RFC 7888 5: of LITERAL-.
constexpr std::uint64_t kSmallLiteral = 4096;

imap::ReaderLimits limits_of(const Session& s) {
  imap::ReaderLimits limits = s.state == State::not_authenticated ? imap::ReaderLimits{} : imap::kLimitsAfterLogin;
  if (s.shared.settings.small_literals) limits.max_nonsync = kSmallLiteral;
  return limits;
}

}  // namespace

Reply ok(std::string text, std::string code) {
  return {Reply::Kind::ok, std::move(code), std::move(text)};
}
Reply no(std::string text, std::string code) {
  return {Reply::Kind::no, std::move(code), std::move(text)};
}
Reply bad(std::string text, std::string code) {
  return {Reply::Kind::bad, std::move(code), std::move(text)};
}

Reply from_error(const base::Error& e) {
  struct Row {
    std::string_view from, code, text;
  };
  static constexpr Row kRows[] = {
      {"NOT_FOUND", "NONEXISTENT", "No such mailbox"},
      {"EXISTS", "ALREADYEXISTS", "A mailbox of that name exists"},
      {"DENIED", "NOPERM", "Permission denied"},
      {"OVER_QUOTA", "OVERQUOTA", "The account is over its quota"},
      {"LIMIT", "LIMIT", "A limit of this server was reached"},
      {"INVALID", "CANNOT", "Not possible"},
      {"HAS_CHILDREN", "HASCHILDREN", "The mailbox has children"},
      {"CORRUPT", "CORRUPTION", "Stored data is damaged"},
      {"TICKET", "EXPIRED", "The login is no longer valid"},
      {"EXPIRED", "EXPIRED", "The login is no longer valid"},
  };
  if (e.code == "CANNOT") return no(e.what, e.code);
  for (const Row& r : kRows)
    if (e.code == r.from) return no(std::string(r.text), std::string(r.code));
  if (e.fault == base::Fault::corrupt) return no("Stored data is damaged", "CORRUPTION");
  return no("Temporary problem, please try again later", "UNAVAILABLE");
}

Session::Session(Shared& s, service::Connection& c) : shared(s), connection(c) {
  reader.set_limits(limits_of(*this));
}

Session::~Session() = default;

void Session::bye(std::string_view text) {
  if (ending) return;
  ending = true;
  std::string out = "* BYE ";
  if (text.starts_with('[')) {
    std::size_t end = text.find(' ') + 1;
    out += text.substr(0, end);
    text.remove_prefix(end);
  }
  imap::append_text(out, say(language, text), utf8_text);
  out += "\r\n";
  write(std::move(out));
}

void Session::end(service::EndReason why) {
  bye(why == service::EndReason::shutdown ? "[UNAVAILABLE] Server is going down"
      : why == service::EndReason::kicked ? "Ended by the administrator"
                                          : "[EXPIRED] The login is no longer valid");
  stream().send_now();
  stream().close();
}

io::Task<bool> Session::breathe() {
  if (stream().queued() > kHighWater) {
    auto r = co_await stream().drain(kHighWater / 2);
    co_return r.has_value();
  }
  co_await shared.daemon.loop().yield();
  co_return static_cast<bool>(stream());
}

bool Session::resolve(const imap::SequenceSet& set, bool uid, imap::UidSet& uids) const {
  if (set.saved) {
    uids = box->saved;
    return true;
  }
  if (uid) {
    uids = box->map.existing(set.resolve(box->map.last_uid()));
    return true;
  }
  std::uint32_t exists = box->map.size();
  if (set.greatest() > exists || (exists == 0 && set.has_star())) return false;
  uids = box->map.uids_of(set.resolve(exists));
  return true;
}

void Session::logged_in(std::shared_ptr<client::Login> who) {
  login = self = std::move(who);
  self->on_revoked([this] { end(service::EndReason::revoked); });
  account = home = shared.account(self->account());
  counted_ = shared.daemon.tally().mark(kByAccount, std::to_string(self->account()));
  state = State::authenticated;
  login_timer_.reset();
  reader.set_limits(limits_of(*this));
  stream().set_timeout(shared.settings.timeout_ms);
  ++shared.logins;
  service::logged_in(connection, login->name());
}

void Session::logged_out() {
  unselect();
  notify.reset();
  set_events({});
  collation = mime::Collation::unicode_casemap;
  self->on_revoked({});
  counted_ = {};
  appended = {};
  self.reset();
  login.reset();
  home.reset();
  account.reset();
  rev2 = utf8 = condstore = qresync = uidonly = utf8_text = false;
  language = Language::english;
  state = State::not_authenticated;
  reader.set_limits(limits_of(*this));
  stream().set_timeout(shared.settings.login_timeout_ms);
  start_login_timer();
  connection.session.set_user("");
}

void Session::start_login_timer() {
  login_timer_ = shared.daemon.loop().after(shared.settings.login_timeout_ms, [this] {
    bye("Login timed out");
    stream().send_now();
    stream().close();
  });
}

void Session::finish(const Reply& reply) {
  if (reply.kind == Reply::Kind::none) return;
  mistakes = reply.kind == Reply::Kind::bad ? mistakes + 1 : 0;
  std::string out = tag;
  out += reply.kind == Reply::Kind::ok ? " OK " : reply.kind == Reply::Kind::no ? " NO " : " BAD ";
  if (!reply.code.empty()) {
    out += '[';
    out += reply.code;
    out += "] ";
  }
  imap::append_text(out, say(language, reply.text), utf8_text);
  out += "\r\n";
  write(std::move(out));
  if (mistakes >= kMaxMistakes) bye("Too many mistakes");
}

io::Task<void> Session::run() {
  connection.session.on_end([this](service::EndReason why) { end(why); });
  stream().set_timeout(shared.settings.login_timeout_ms);
  start_login_timer();
  std::string hello = "* OK [CAPABILITY ";
  hello += co_await capability_text(*this);
  hello += "] ";
  hello += shared.settings.hostname;
  hello += " Postern ready\r\n";
  write(std::move(hello));
  while (!ending && stream()) {
    Next next = co_await next_command();
    if (next == Next::end) break;
    if (next == Next::command) co_await run_command();
  }
  connection.session.on_end({});
  if (self) self->on_revoked({});
}

// Sends what is queued, then waits for bytes, and tells meanwhile what NOTIFY asked for.  False: the connection is over.
io::Task<bool> Session::wait_for_input() {
  auto sent = co_await stream().flush();
  if (!sent) co_return false;
  Teller teller(*this, false);
  if (notify) teller.start();
  auto n = co_await stream().fill();
  if (notify) co_await teller.stop();
  if (n) co_return true;
  if (n.error().code == "TIMEOUT") bye("Idle for too long");
  if (n.error().code == "TOO_LONG") bye("[TOOBIG] Too much at once");
  co_return false;
}

// Feeds the reader until a command is whole.
io::Task<Session::Next> Session::next_command() {
  std::string_view in = stream().buffered();
  if (in.empty()) {
    bool more = co_await wait_for_input();
    co_return more ? Next::more : Next::end;
  }
  std::size_t before = in.size();
  auto step = reader.feed(in);
  stream().consume(before - in.size());
  switch (step) {
    case imap::CommandReader::Step::more:
      co_return Next::more;
    case imap::CommandReader::Step::command:
      co_return Next::command;
    case imap::CommandReader::Step::too_big:
      bye("[TOOBIG] Command too long");
      co_return Next::end;
    case imap::CommandReader::Step::dropped:
      finish(dropped_);
      append.reset();
      co_return Next::more;
    case imap::CommandReader::Step::literal:
      break;
  }
  bool go_on = co_await take_literal();
  co_return go_on ? Next::more : Next::end;
}

// The command ends here with `reply`, at once or when its non-synchronizing rest has been read away.
// False: too much is under way to be read away.
bool Session::refuse_literal(Reply reply) {
  if (!reader.literal().sync && reader.literal().size > imap::kMaxSwallow) {
    bye("[TOOBIG] Literal too long");
    return false;
  }
  if (reader.drop_command()) {
    finish(reply);
    append.reset();
  } else {
    dropped_ = std::move(reply);
  }
  return true;
}

// A literal header has come: decides what becomes of the literal.
io::Task<bool> Session::take_literal() {
  imap::Lexer in(reader.text());
  imap::CommandHead head = imap::parse_head(in);
  tag = head.tag;
  const CommandRow* row = in.ok() ? find_command(head.name) : nullptr;
  if (row && row->traits & kMessages && !refusal(*this, row)) {
    in.space();
    if (!append) append = std::make_unique<Append>(*this, head.name.ends_with("REPLACE"));
    auto decision = co_await append->before_literal(in, reader.literal());
    if (decision.refusal) co_return refuse_literal(std::move(*decision.refusal));
    if (decision.stream) {
      if (reader.literal().sync) write("+ OK\r\n");
      std::uint64_t size = reader.literal().size;
      reader.stream_literal();
      co_return co_await append->take(size);
    }
  }
  if (!reader.literal_fits()) {
    if (state == State::not_authenticated) {
      bye("[TOOBIG] Literal too long");
      co_return false;
    }
    co_return refuse_literal(no("Literal too long", "TOOBIG"));
  }
  bool sync = reader.literal().sync;
  reader.keep_literal();
  if (sync) write("+ OK\r\n");
  co_return true;
}

// Commands of one account are let through at the set rate, in whatever sessions they come.
io::Task<void> Session::wait_for_turn() {
  std::uint64_t rate = shared.settings.commands_per_minute;
  if (!account || rate == UINT64_MAX) co_return;
  std::uint64_t now = base::monotonic_ms();
  // When the commands so far would all be through, had they come one by one.
  std::uint64_t& through = account->commands_through_ms;
  through = std::max(through, now) + 60'000 / rate;
  if (through > now + kBurstMs) co_await shared.daemon.loop().sleep(through - now - kBurstMs);
}

// Everything that is decided before a command's handler is.
io::Task<Reply> Session::run_row(const CommandRow* row, imap::Lexer& in) {
  if (!in.ok()) co_return bad(std::string(in.error()));
  if (auto refused = refusal(*this, row)) co_return std::move(*refused);
  if (row->has_arguments) in.space();
  co_return co_await row->run(*this, in);
}

io::Task<void> Session::run_command() {
  ++shared.commands;
  co_await wait_for_turn();
  progress_at_ = base::monotonic_ms() + shared.settings.progress_ms;
  imap::Lexer in(reader.text(),
                 state == State::not_authenticated ? imap::kMaxNodesBeforeLogin : imap::kMaxNodes);
  if (utf8_accepted()) in.expect_utf8();
  imap::CommandHead head = imap::parse_head(in);
  tag = head.tag;
  const CommandRow* row = in.ok() ? find_command(head.name) : nullptr;
  Reply reply = co_await run_row(row, in);
  if (in.too_big()) {
    bye("[TOOBIG] Command too complex");
    co_return;
  }
  Updates updates = row ? row->updates : Updates::none;
  if (updates != Updates::none && box && stream() && !ending) {
    auto told = co_await sync(updates != Updates::no_expunge, updates == Updates::look);
    if (!told && !ending)
      base::log(base::Level::warning, "sync",
                {{"session", connection.session.id()}, {"error", told.error().what}});
  }
  if (updates != Updates::none && notify && stream() && !ending) co_await notify->look(*this);
  base::kill_point("imap.reply");
  finish(reply);
  append.reset();
  reader.next();
}

}  // namespace postern::imapd
