// master: reads the service table, binds sockets, starts, watches and stops the daemons.  See master(8),
// README.md.
#include <cstdio>
#include <string>

#include "cmd/master/master.h"
#include "service/command_line.h"

int main(int argc, char** argv) {
  using namespace postern;
  master::fill_standard_fds();
  master::SocketSet sockets;
  sockets.take_activated();
  master::Notify notify;
  auto line = master::parse_command_line(argc, argv);
  if (!line) {
    std::fprintf(stderr, "master: %s\n", line.error().what.c_str());
    return master::kExitUsage;
  }
  if (line->help) return std::fputs(master::help_text().c_str(), stdout) < 0;
  if (line->version) return std::printf("master (Postern) %s\n", std::string(service::kVersion).c_str()) < 0;
  return master::Master(std::move(*line), std::move(notify), std::move(sockets)).run();
}
