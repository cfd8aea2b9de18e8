// STAT, LIST, UIDL, DELE, RSET, NOOP, QUIT.  RFC 1939 5, 6, 7.
#include "base/log.h"
#include "cmd/pop3d/command_table.h"
#include "pop3/command.h"

namespace postern::pop3d {

namespace {

constexpr std::string_view kNoSuch = "no such message";

// The number and its message; nothing after the answer -ERR.
std::optional<std::uint32_t> number_of(Session& s, const std::string& argument) {
  auto n = pop3::parse_number(argument);
  if (n && s.drop->find(*n)) return n;
  s.error(kNoSuch);
  return std::nullopt;
}

}  // namespace

Answer run_stat(Session& s, std::string) {
  s.ok(std::to_string(s.drop->count()) + " " + std::to_string(s.drop->bytes()));
  co_return;
}

Answer run_list(Session& s, std::string argument) {
  if (!argument.empty()) {
    if (auto n = number_of(s, argument)) s.ok(std::to_string(*n) + " " + std::to_string(s.drop->find(*n)->size));
    co_return;
  }
  s.ok(std::to_string(s.drop->count()) + " messages (" + std::to_string(s.drop->bytes()) + " octets)");
  std::string out;
  for (std::uint32_t n = 1; n <= s.drop->messages().size(); ++n)
    if (const Message* m = s.drop->find(n)) out += std::to_string(n) + " " + std::to_string(m->size) + "\r\n";
  s.write(out + ".\r\n");
}

Answer run_uidl(Session& s, std::string argument) {
  std::optional<std::uint32_t> only;
  if (!argument.empty() && !(only = number_of(s, argument))) co_return;
  auto uidls = co_await s.drop->uidls(s.shared, *s.login);
  if (!uidls) co_return s.error("not possible now", "SYS/TEMP");
  if (only) co_return s.ok(std::to_string(*only) + " " + (**uidls)[*only - 1]);
  s.ok({});
  std::string out;
  for (std::uint32_t n = 1; n <= s.drop->messages().size(); ++n)
    if (s.drop->find(n)) out += std::to_string(n) + " " + (**uidls)[n - 1] + "\r\n";
  s.write(out + ".\r\n");
}

Answer run_dele(Session& s, std::string argument) {
  if (auto n = number_of(s, argument)) {
    s.drop->find(*n)->deleted = true;
    s.ok("deleted at QUIT");
  }
  co_return;
}

Answer run_rset(Session& s, std::string) {
  s.drop->reset();
  s.ok(std::to_string(s.drop->count()) + " messages");
  co_return;
}

Answer run_noop(Session& s, std::string) {
  s.ok({});
  co_return;
}

// The UPDATE state: the OK leaves after the commits are durable.
Answer run_quit(Session& s, std::string) {
  s.ending = s.connection.client_done = true;
  if (!s.drop) co_return s.ok("bye");
  auto done = co_await s.drop->update(s.shared, *s.login);
  if (done) co_return s.ok("bye");
  base::log(base::Level::warning, "update", {{"session", s.connection.session.id()}, {"error", done.error().what}});
  s.error("some deleted messages are not removed", "SYS/TEMP");
}

}  // namespace postern::pop3d
