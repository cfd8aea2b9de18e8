#include "base/log.h"

#include <fcntl.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "base/text.h"

namespace postern::base {
namespace {

// The one logger of the process; set before threads start, reopened under the lock.
struct Logger {
  std::mutex lock;
  std::string program = "postern";
  std::string path;
  int fd = STDERR_FILENO;
  bool syslog = false;
  bool stamp = true;
  std::atomic<Level> lowest{Level::info};
};

Logger& logger() {
  static Logger l;
  return l;
}

const char* name(Level l) {
  constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<int>(l)];
}

std::string time_stamp() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  tm parts{};
  ::gmtime_r(&t.tv_sec, &parts);
  char out[40];
  auto n = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(out + n, sizeof out - n, ".%03ldZ ", t.tv_nsec / 1000000);
  return out;
}

std::string quoted(std::string_view v) {
  std::string p = printable(v, 1024);
  bool plain = !p.empty() && p.find_first_of(" =") == std::string::npos;
  return plain ? p : '"' + p + '"';
}

}  // namespace

void log_open(std::string program, std::string target, Level lowest) {
  Logger& l = logger();
  l.program = std::move(program);
  l.lowest = lowest;
  l.stamp = std::getenv("JOURNAL_STREAM") == nullptr;
  l.syslog = target == "syslog";
  if (l.syslog) ::openlog(nullptr, LOG_NDELAY, LOG_MAIL);
  if (!l.syslog && target != "stderr") l.path = target;
  if (!l.path.empty()) log_reopen();
}

void log_reopen() {
  Logger& l = logger();
  if (l.path.empty()) return;
  int fd = ::open(l.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return;
  std::lock_guard hold(l.lock);
  if (l.fd > STDERR_FILENO) ::close(l.fd);
  l.fd = fd;
}

void log_set_level(Level lowest) { logger().lowest = lowest; }
bool log_enabled(Level level) { return level >= logger().lowest.load(std::memory_order_relaxed); }

void log(Level level, std::string_view event, std::initializer_list<LogField> fields) {
  Logger& l = logger();
  if (!log_enabled(level)) return;
  std::string line = l.stamp && !l.syslog ? time_stamp() : std::string();
  line += l.program + "[" + std::to_string(::getpid()) + "] level=" + name(level) + " event=" + quoted(event);
  for (const auto& f : fields) {
    line += ' ';
    line += f.key;
    line += '=';
    line += quoted(f.value);
  }
  if (line.size() > kMaxLogLine - 1) line.resize(kMaxLogLine - 1);
  if (l.syslog) {
    constexpr int kPriority[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
    ::syslog(kPriority[static_cast<int>(level)], "%s", line.c_str());
    return;
  }
  line += '\n';
  std::lock_guard hold(l.lock);
  [[maybe_unused]] auto n = ::write(l.fd, line.data(), line.size());
}

}  // namespace postern::base
