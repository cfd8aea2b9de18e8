// The rows of runner.command: which programs may be started, under which name, and with which limits.
//
//   text:application/pdf  gives=text/plain time=10s  /usr/bin/pdftotext -q -enc UTF-8 - -
//   pipe:report           args=2                     /usr/local/bin/report --from {SENDER}
//   sendmail              args=100 dsn network       /usr/bin/msmtp --host=127.0.0.1 -f {SENDER} --
//   text:application/rtf  off
//
// A name, words that say what is allowed, the program with its arguments (an absolute path begins them), all parted by
// blanks; {NAME} stands for a variable of the request.
// Runs in: runner, and wherever postern.conf is checked.  Pure; input: the admin's.  Tests: t/unit/service_commands.cc
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::service {

inline constexpr std::size_t kMaxCommandName = 255;
inline constexpr std::size_t kMaxCommandWords = 64;
inline constexpr std::uint64_t kMaxCommandArgs = 1000;

// What a program may use.  Zero: as the options runner.time, runner.memory, runner.output and runner.processes say.
struct CommandLimits {
  std::uint64_t seconds = 0, memory = 0, output = 0, processes = 0;
};

struct Command {
  std::vector<std::string> argv;   // empty: the row is `off`
  std::size_t args = 0;            // further arguments that a request may give
  bool options = false;            // those may begin with a hyphen
  bool network = false;            // it may make sockets
  bool dsn = false;                // sendmail: it knows -N and -R (RFC 3461)
  bool deliver_by = false;         // sendmail: it obeys the variable DELIVERBY (RFC 2852)
  std::string gives = "text/plain";
  CommandLimits limits;
};

using Commands = std::map<std::string, Command, std::less<>>;

// One row.  The error says what was expected.
base::Result<std::pair<std::string, Command>> parse_command(std::string_view row);
// The rows that need no setting: text of attachments, where the program is installed.
std::string_view usual_commands();
// The usual rows and then those of a value of Kind::commands, one a line; a later row replaces one of the same name, `off`
// takes it away.
base::Result<Commands> parse_commands(std::string_view rows);

}  // namespace postern::service
