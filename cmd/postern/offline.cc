#include "cmd/postern/offline.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "base/system.h"
#include "base/text.h"
#include "io/listener.h"

namespace postern::cli {

std::string program_folder() {
  char path[4096];
  ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  std::string exe(path, n > 0 ? static_cast<std::size_t>(n) : 0);
  return exe.substr(0, exe.rfind('/'));
}

std::string user_of(const service::Config& config, const std::string& program) {
  if (::geteuid() != 0) return {};
  auto text = base::read_file(config.conf_path("master.conf"));
  if (!text) return {};
  for (auto line : base::split(*text, '\n')) {
    if (line.empty() || line[0] == '#' || line[0] == ' ' || line[0] == '\t') continue;
    auto words = base::split_blank(line);
    if (words.size() >= 7 && words[1] == program && words[6] != "-") return std::string(words[6]);
  }
  return {};
}

std::string find_program(const std::string& name) {
  std::string beside = program_folder() + "/" + name;
  if (::access(beside.c_str(), X_OK) == 0) return beside;
  return program_folder() + "/../libexec/postern/" + name;
}

base::Result<std::unique_ptr<OfflineDaemon>> OfflineDaemon::start(const service::Config& config,
                                                                  const std::string& program,
                                                                  const std::string& listener) {
  std::unique_ptr<OfflineDaemon> d(new OfflineDaemon);
  d->socket_ = config.run_path("offline-" + std::to_string(::getpid()) + "-" + listener);
  auto fd = io::listen_unix(d->socket_, 0600);
  if (!fd) return pass(fd);
  std::string path = find_program(program), conf = "-C" + config.dir(), user = user_of(config, program);
  std::string user_option = "--user=" + user;
  std::vector<char*> argv{const_cast<char*>(program.c_str()), conf.data()};
  if (!user.empty()) argv.push_back(user_option.data());
  // Its standard error is ours, and a verb that does what it was told says nothing.
  std::string quiet = "--log_level=error";
  if (config.text("log") == "stderr" && config.text("log_level") != "error") argv.push_back(quiet.data());
  argv.push_back(nullptr);
  d->pid_ = ::fork();
  if (d->pid_ < 0) return std::unexpected(base::sys_error("fork"));
  if (d->pid_ == 0) {
    ::setenv("LISTEN_FDNAMES", listener.c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    if (fd->get() == 3)
      base::set_cloexec(3, false);
    else
      ::dup2(fd->get(), 3);
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }
  return d;
}

OfflineDaemon::~OfflineDaemon() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::unlink(socket_.c_str());
}

}  // namespace postern::cli
