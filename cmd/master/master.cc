#include "cmd/master/master.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "base/text.h"
#include "cmd/master/child.h"
#include "cmd/master/limits.h"
#include "io/listener.h"

namespace postern::master {
namespace {

using base::fail;
using base::Fault;
using base::Level;
using base::log;
using base::Result;

std::string own_directory() {
  char path[PATH_MAX] = "";
  ssize_t n = ::readlink("/proc/self/exe", path, sizeof path - 1);
  std::string exe(path, n > 0 ? static_cast<std::size_t>(n) : 0);
  return exe.substr(0, exe.rfind('/'));
}

Level level_of(const service::Config& config) {
  auto l = config.text("log_level");
  return l == "debug"     ? Level::debug
         : l == "warning" ? Level::warning
         : l == "error"   ? Level::error
                          : Level::info;
}

void raise_descriptor_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int refuse(const base::Error& e, int status) {
  std::fprintf(stderr, "master: %s\n", e.what.c_str());
  return status;
}

}  // namespace

Master::Master(CommandLine line, Notify notify, SocketSet sockets)
    : line_(std::move(line)),
      notify_(std::move(notify)),
      sockets_(std::move(sockets)),
      bin_dir_(own_directory()) {}

Result<Master::Files> Master::read_files() const {
  auto config = service::Config::load(line_.conf_dir);
  if (!config) return pass(config);
  std::string path = line_.conf_dir + "/master.conf";
  auto text = base::read_file(path, kMaxTableFile);
  if (!text) return pass(text);
  auto table = parse_table(*text, path, config->text("run_dir"));
  if (!table) return pass(table);
  if (auto ok = check_users(*table); !ok) return pass(ok);
  return Files{std::move(*config), std::move(*table)};
}

Result<> Master::check() {
  auto files = read_files();
  if (!files) return pass(files);
  for (const auto& s : files->table.services)
    if (auto program = find_program(s.program, bin_dir_); !program)
      return fail(Fault::permanent, s.where + ": " + program.error().what);
  return {};
}

std::string Master::log_file(const service::Config& config) const {
  auto target = config.text("log");
  return target == "stderr" || target == "syslog" ? "" : target;
}

// In the background nobody reads standard error: then what would go there goes to syslog.
void Master::open_log(const service::Config& config) const {
  bool lost = config.text("log") == "stderr" && !line_.foreground;
  base::log_open("master", lost ? "syslog" : config.text("log"), level_of(config));
}

int Master::run() {
  char real[PATH_MAX];
  if (!::realpath(line_.conf_dir.c_str(), real)) return refuse(base::sys_error(line_.conf_dir), kExitConfig);
  line_.conf_dir = real;
  if (line_.test) {
    auto ok = check();
    return ok ? 0 : refuse(ok.error(), kExitConfig);
  }
  if (!line_.foreground)
    if (auto ok = background_.enter(); !ok) return refuse(ok.error(), kExitSystem);
  int status = start();
  if (status != 0) return status;
  loop_->run();
  end();
  return 0;
}

int Master::start() {
  // Until the loop takes it: the files have not been read yet, so nothing is missed.
  ::signal(SIGHUP, SIG_IGN);
  ::umask(022);  // the run directory is for everybody to pass
  raise_descriptor_limit();
  auto files = read_files();
  if (!files) return refuse(files.error(), kExitConfig);
  auto lock = RunLock::take(files->config.text("run_dir"));
  if (!lock) return refuse(lock.error(), lock.error().code == "RUNNING" ? kExitRunning : kExitSystem);
  lock_ = std::move(*lock);
  ::umask(077);
  open_log(files->config);
  loop_ = std::make_unique<io::Loop>(io::LoopOptions{1});
  bool syslog = !line_.foreground && files->config.text("log") == "stderr";
  supervisor_ = std::make_unique<Supervisor>(*loop_, Settings{line_.conf_dir, bin_dir_, syslog}, sockets_);
  log(Level::info, "starting", {{"services", files->table.services.size()}, {"conf", line_.conf_dir}});
  auto begun = open_control(files->config.run_path("master.sock"));
  if (begun) begun = supervisor_->begin(std::move(files->config), std::move(files->table));
  if (!begun) {
    sockets_.close_all();
    lock_.release();
    return refuse(begun.error(), kExitSystem);
  }
  ::chdir("/") == 0 ? void() : log(Level::warning, "chdir");
  // Not before: while addresses are waited for, SIGTERM ends this at once, as nothing has been started.
  watch_signals();
  background_.settled(log_file(supervisor_->config()));
  notify_.ready();
  if (auto ms = notify_.watchdog_ms()) watchdog_ = loop_->every(*ms, [this] { notify_.alive(); });
  return 0;
}

Result<> Master::open_control(const std::string& path) {
  auto socket = io::listen_unix(path, 0600);
  if (!socket) return pass(socket);
  control_ = std::make_unique<ControlServer>(
      *loop_, std::move(*socket), *supervisor_, [this] { return reload(); }, [this] { stop(); });
  return {};
}

void Master::watch_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  for (int s : {SIGTERM, SIGINT}) loop_->on_signal(s, [this] { stop(); });
  loop_->on_signal(SIGHUP, [this] { (void)reload(); });
  loop_->on_signal(SIGCHLD, [this] { supervisor_->reap(); });
}

Result<std::uint32_t> Master::reload() {
  notify_.reloading();
  auto files = read_files();
  Result<std::uint32_t> changed = 0;
  if (!files) {
    changed = pass(files);
  } else {
    changed = supervisor_->reload(std::move(files->config), std::move(files->table));
  }
  const auto& config = supervisor_->config();
  // A log that was moved away is opened anew even when the files are wrong.
  base::log_set_level(level_of(config));
  base::log_reopen();
  if (!line_.foreground) point_stderr(log_file(config));
  if (changed)
    log(Level::info, "reloaded", {{"changed", *changed}});
  else
    log(Level::error, "reload_failed",
        {{"error", changed.error().what}, {"hint", "the old configuration stays"}});
  notify_.ready();
  return changed;
}

void Master::stop() {
  if (!supervisor_->stopping()) notify_.stopping();
  supervisor_->stop([this] { loop_->stop(); });
}

void Master::end() {
  ::unlink(supervisor_->config().run_path("master.sock").c_str());
  watchdog_.reset();
  control_.reset();
  supervisor_.reset();
  log(Level::info, "stopped");
  lock_.release();
}

}  // namespace postern::master
