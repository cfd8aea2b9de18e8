// The command line of a daemon: -C DIR, --inetd, --help, --version, what master passes, and --KEY=VALUE for each
// option of postern.conf that the program uses.
// Runs in: every daemon, before anything else.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace postern::service {

inline constexpr std::string_view kVersion = "0.1.0";

struct CommandLine {
  std::string conf_dir = "/etc/postern";
  std::string service;            // --service: name in master.conf
  std::string user;               // --user
  std::uint64_t clients = 10000;  // --clients: at most, in this process
  bool inetd = false;
  bool help = false;
  bool version = false;
  bool prove_sandbox = false;     // --prove-sandbox: see service/breakout.h; for `postern privileges --check`
  std::vector<std::pair<std::string, std::string>> settings;
};

base::Result<CommandLine> parse_command_line(int argc, char** argv, std::string_view program);
// The text of --help.
std::string help_text(std::string_view program, std::string_view summary, bool inetd);

}  // namespace postern::service
