#include "cmd/master/command_line.h"

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

namespace postern::master {

using base::fail;
using base::Fault;

base::Result<CommandLine> parse_command_line(int argc, char** argv) {
  CommandLine c;
  for (int i = 1; i < argc; ++i) {
    std::string_view a = argv[i];
    if (a == "-f") {
      c.foreground = true;
    } else if (a == "-t") {
      c.test = true;
    } else if (a == "-ft" || a == "-tf") {
      c.foreground = c.test = true;
    } else if (a == "-C" && i + 1 < argc) {
      c.conf_dir = argv[++i];
    } else if (a.starts_with("-C") && a.size() > 2) {
      c.conf_dir = a.substr(2);
    } else if (a == "-h" || a == "--help") {
      c.help = true;
    } else if (a == "--version") {
      c.version = true;
    } else {
      return fail(Fault::permanent, "unexpected argument '" + base::printable(a, 64) + "'; --help explains");
    }
  }
  return c;
}

std::string help_text() {
  return "usage: master [-C DIR] [-f] [-t]\n"
         "starts, watches and stops the daemons of Postern\n\n"
         "  -C DIR       configuration folder (/etc/postern)\n"
         "  -f           stay in the foreground\n"
         "  -t           check postern.conf and master.conf, start nothing\n"
         "  --help       this text\n"
         "  --version    the version\n\n"
         "SIGTERM stops, SIGHUP reads the configuration again.  See master(8), master.conf(5).\n";
}

}  // namespace postern::master
