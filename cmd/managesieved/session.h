// One ManageSieve connection: reads commands, runs them in order.  Input: hostile.
// Start with run() in session.cc, then command_table.cc; the handlers stand in cmd_*.cc.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/managesieved/shared.h"
#include "io/task.h"
#include "managesieve/command_reader.h"
#include "service/daemon.h"

namespace postern::managesieved {

enum class State : std::uint8_t { before_login = 1, logged_in = 2 };

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
  // `OK (CODE) "text"`; a code is written as it is: "WARNINGS", "TAG \"x\"" (RFC 5804 1.3); both may be empty.
  void ok(std::string_view text = {}, std::string_view code = {});
  // NO
  void no(std::string_view text, std::string_view code = {});
  // NO to what is against the grammar.  Counted, as all that is refused before login; too many in a row end the session.
  void mistake(std::string_view text);
  // BYE, and the end.
  void bye(std::string_view text, std::string_view code = {});
  // What stored or sieved said.
  void refused(const base::Error& e);
  // The lines of CAPABILITY with their OK.  RFC 5804 1.7.
  io::Task<void> capabilities(std::string_view text);
  // The next words of the client, where a command needs more of them: an answer to a challenge.  Nothing: the connection
  // must end.
  io::Task<std::optional<managesieve::Words>> more_words();
  void logged_in(std::shared_ptr<client::Login> who);
  void logged_out();

  Shared& shared;
  service::Connection& connection;
  State state = State::before_login;
  bool ending = false;             // nothing more is read
  std::uint32_t failures = 0;      // failed logins
  std::shared_ptr<client::Login> login;

 private:
  io::Task<bool> read_command();
  io::Task<void> command(managesieve::Words words);
  void answer(std::string_view word, std::string_view text, std::string_view code);
  void end(std::string_view why);
  void await_login();

  managesieve::CommandReader reader_;
  managesieve::CommandReader::Step step_ = managesieve::CommandReader::Step::more;
  std::uint32_t mistakes_ = 0;     // in a row
  io::Timer login_timer_;
};

}  // namespace postern::managesieved
