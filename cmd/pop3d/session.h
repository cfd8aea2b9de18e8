// One POP3 connection: reads commands, runs them in order.  Input: hostile.
// Start with run() in session.cc, then command_table.cc; the handlers stand in cmd_*.cc.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/pop3d/maildrop.h"
#include "cmd/pop3d/read_ahead.h"
#include "cmd/pop3d/shared.h"
#include "io/task.h"
#include "service/daemon.h"

namespace postern::pop3d {

enum class State : std::uint8_t { authorization = 1, transaction = 2 };

class Session {
 public:
  Session(Shared& shared, service::Connection& connection);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  io::Task<void> run();

  // --- for commands
  io::Stream& stream() { return connection.stream; }
  void write(std::string&& bytes) { connection.stream.write(std::move(bytes)); }
  // "+OK text"
  void ok(std::string_view text);
  // "-ERR [code] text"; a code may be empty (RFC 2449 8, RFC 3206).
  void error(std::string_view text, std::string_view code = {});
  // -ERR to what nobody should say.  Counted, as all that is refused before login; too many in a row end the session.
  void mistake(std::string_view text);
  // Waits while the client does not take what is queued, and lets other sessions run now and then.
  io::Task<bool> breathe();
  // The client has sent a command that is not read yet.
  bool has_command() { return stream().buffered().find('\n') != std::string_view::npos; }
  // Takes the maildrop; the answer to PASS or AUTH.
  io::Task<void> logged_in(std::shared_ptr<client::Login> who);

  Shared& shared;
  service::Connection& connection;
  State state = State::authorization;
  bool utf8 = false;    // UTF8 was said
  bool ending = false;  // nothing more is read
  std::string user;     // of USER, until PASS
  std::string timestamp;  // of the greeting, for APOP; empty: there is none
  std::uint32_t failures = 0;  // failed logins
  std::shared_ptr<client::Login> login;
  std::optional<Maildrop> drop;
  ReadAhead ahead;

 private:
  io::Task<void> command(std::string line);
  void count_mistake();
  void end();

  Hold hold_;
  std::uint32_t mistakes_ = 0;  // in a row
  io::Timer login_timer_;
};

}  // namespace postern::pop3d
