// master's command line: master [-C DIR] [-f] [-t], --help, --version.
#pragma once
#include <string>

#include "base/result.h"

namespace postern::master {

struct CommandLine {
  std::string conf_dir = "/etc/postern";
  bool foreground = false;  // -f
  bool test = false;        // -t
  bool help = false;
  bool version = false;
};

base::Result<CommandLine> parse_command_line(int argc, char** argv);
std::string help_text();

}  // namespace postern::master
