#include "cmd/imapd/session.h"

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/imapd/append.h"
#include "cmd/imapd/command_table.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/teller.h"
#include "imap/args.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

constexpr std::uint32_t kMaxMistakes = 20;
// Above this the session waits for the client to take what it was sent.
constexpr std::size_t kHighWater = 128 * 1024;

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
      {"CONFLICT", "INUSE", "Something else changes the mailbox"},
      {"CORRUPT", "CORRUPTION", "Stored data is damaged"},
      {"TICKET", "EXPIRED", "The login is no longer valid"},
      {"EXPIRED", "EXPIRED", "The login is no longer valid"},
  };
  if (e.code == "CANNOT") return no(e.what, e.code);
  for (const Row& r : kRows)
    if (e.code == r.from) return no(std::string(r.text), std::string(r.code));
  return no("Temporary problem, please try again later", "UNAVAILABLE");
}

Session::Session(Shared& s, service::Connection& c) : shared(s), connection(c) {}

Session::~Session() {
  if (home) --home->sessions;
}

void Session::bye(std::string_view text) {
  if (ending) return;
  ending = true;
  std::string out = "* BYE ";
  out += text;
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
  ++home->sessions;
  state = State::authenticated;
  login_timer_.reset();
  reader.set_limits(imap::kLimitsAfterLogin);
  stream().set_timeout(shared.settings.timeout_ms);
  connection.session.set_user(login->name());
  ++shared.logins;
  base::log(base::Level::info, "login",
            {{"session", connection.session.id()},
             {"user", login->name()},
             {"address", connection.session.address()},
             {"tls", stream().tls() ? stream().tls()->version : "no"}});
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
  imap::append_text(out, reply.text);
  out += "\r\n";
  write(std::move(out));
  if (mistakes >= kMaxMistakes) bye("Too many mistakes");
}

io::Task<void> Session::run() {
  connection.session.on_end([this](service::EndReason why) { end(why); });
  stream().set_timeout(shared.settings.login_timeout_ms);
  login_timer_ = shared.daemon.loop().after(shared.settings.login_timeout_ms, [this] {
    bye("Login timed out");
    stream().send_now();
    stream().close();
  });
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
  if (!stream()) co_return;
  (void)co_await stream().flush();
  stream().shutdown_write();
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
  if (row && row->traits & kMessages && row->states & static_cast<std::uint8_t>(state)) {
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

io::Task<void> Session::run_command() {
  ++shared.commands;
  imap::Lexer in(reader.text(),
                 state == State::not_authenticated ? imap::kMaxNodesBeforeLogin : imap::kMaxNodes);
  imap::CommandHead head = imap::parse_head(in);
  tag = head.tag;
  Reply reply;
  Updates updates = Updates::none;
  const CommandRow* row = in.ok() ? find_command(head.name) : nullptr;
  if (!in.ok()) {
    reply = bad(std::string(in.error()));
  } else if (!row) {
    reply = bad("Unknown command");
  } else if (!(row->states & static_cast<std::uint8_t>(state))) {
    reply = bad(state == State::not_authenticated ? "Log in first"
                : state == State::authenticated && row->states & static_cast<std::uint8_t>(State::selected)
                    ? "Select a mailbox first"
                    : "Not possible now");
  } else {
    if (row->has_arguments) in.space();
    reply = co_await row->run(*this, in);
    base::kill_point("imap.reply");
    updates = row->updates;
    if (in.too_big()) {
      bye("[TOOBIG] Command too complex");
      co_return;
    }
  }
  if (updates != Updates::none && box && stream() && !ending) {
    auto told = co_await sync(updates != Updates::no_expunge, updates == Updates::look);
    if (!told && !ending)
      base::log(base::Level::warning, "sync",
                {{"session", connection.session.id()}, {"error", told.error().what}});
  }
  if (updates != Updates::none && notify && stream() && !ending) co_await notify->look(*this);
  finish(reply);
  append.reset();
  reader.next();
}

}  // namespace postern::imapd
