// log: the log of this instance, filtered by program or by the id that follows a message or session.
#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "base/text.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

bool wanted(const Context& c, const std::string& line) {
  if (auto id = c.value("--id"); id && line.find("=" + *id) == std::string::npos) return false;
  if (auto s = c.value("--service");
      s && line.find(" " + *s + "[") == std::string::npos && !line.starts_with(*s + "["))
    return false;
  return true;
}

}  // namespace

int log(Context& c) {
  const auto* conf = c.config();
  if (!conf) return kBadConfig;
  auto target = conf->text("log");
  if (target == "syslog") {
    c.error("the log goes to syslog: use journalctl -t postern, or grep postern /var/log/mail.log");
    return kCouldNotLook;
  }
  if (target == "stderr") {
    c.error("the log goes to master's standard error; set log = FILE in postern.conf to keep it");
    return kCouldNotLook;
  }
  std::ifstream in(target);
  if (!in) {
    c.error(target + ": can't be read");
    return kNoInput;
  }
  bool any = false;
  for (std::string line;;) {
    while (std::getline(in, line))
      if (wanted(c, line)) {
        c.out(line + "\n");
        any = true;
      }
    if (!c.has("-f")) break;
    std::fflush(stdout);
    in.clear();
    ::poll(nullptr, 0, 500);
  }
  return any ? kOk : kFound;
}

}  // namespace postern::cli
