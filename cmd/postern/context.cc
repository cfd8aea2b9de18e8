#include "cmd/postern/context.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iostream>

#include "base/system.h"
#include "base/text.h"
#include "cmd/postern/offline.h"
#include "ipc/typed.h"

namespace postern::cli {

using base::Fault;
using base::Result;

constexpr std::uint64_t kTicketMs = 120'000;

Context::Context(std::string conf_dir, const Verb& verb, std::vector<std::string> arguments,
                 std::vector<std::pair<std::string, std::string>> options)
    : conf_dir_(std::move(conf_dir)),
      verb_(verb),
      args_(std::move(arguments)),
      options_(std::move(options)),
      client_(base::random_u64()) {}

Context::~Context() {
  channels_.clear();  // before the daemons at their other ends
  offline_.clear();
}

bool Context::has(std::string_view option) const {
  return std::ranges::any_of(options_, [&](const auto& o) { return o.first == option; });
}

std::optional<std::string> Context::value(std::string_view option) const {
  for (auto it = options_.rbegin(); it != options_.rend(); ++it)
    if (it->first == option) return it->second;
  return std::nullopt;
}

std::vector<std::string> Context::values(std::string_view option) const {
  std::vector<std::string> out;
  for (const auto& [name, v] : options_)
    if (name == option) out.push_back(v);
  return out;
}

const service::Config* Context::config() {
  if (config_) return &*config_;
  auto c = service::Config::load(conf_dir_);
  if (!c) {
    error(c.error().what);
    return nullptr;
  }
  config_ = std::move(*c);
  return &*config_;
}

static bool answers(const std::string& path) {
  base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (!fd || path.size() >= sizeof a.sun_path) return false;
  std::memcpy(a.sun_path, path.c_str(), path.size());
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
}

Result<ipc::BlockingChannel*> Context::channel(const std::string& socket, const std::string& program,
                                               const std::string& protocol) {
  if (auto it = channels_.find(socket); it != channels_.end()) return it->second.get();
  if (!config()) return base::fail(Fault::permanent, "no configuration", "CONFIG");
  std::string path = config()->run_path(socket + ".sock");
  // A socket that answers belongs to a running master; else the daemon is ours for the time of this command.
  if (!answers(path)) {
    if (program == "master")
      return base::fail(Fault::temporary, "no server is running on " + config()->text("run_dir"), "DOWN");
    auto d = OfflineDaemon::start(*config(), program, socket);
    if (!d) return pass(d);
    path = (*d)->socket();
    offline_[socket] = std::move(*d);
  }
  auto c = ipc::BlockingChannel::open(path, protocol);
  if (!c) return pass(c);
  paths_[socket] = path;
  return (channels_[socket] = std::make_unique<ipc::BlockingChannel>(std::move(*c))).get();
}

Result<std::string> Context::socket_path(const std::string& socket) {
  auto c = channel(socket, socket.substr(0, socket.find('-')), socket.substr(0, socket.find('-')) + "/1");
  if (!c) return pass(c);
  return paths_[socket];
}

// Replies of all services have the same Error.
template <class Reply>
static Result<Reply> checked(Result<ipc::Answer> answer) {
  if (!answer) return pass(answer);
  auto reply = ipc::parse<Reply>(answer->payload);
  if (!reply || !reply->has_error()) return reply;
  const auto& e = reply->error();
  Fault f = Fault::permanent;
  if constexpr (requires { e.temporary(); }) f = e.temporary() ? Fault::temporary : Fault::permanent;
  return base::fail(f, e.what().empty() ? e.code() : e.what(), e.code());
}

// Every item of a stream, and the reply that ends it.
template <class Reply, class Request>
static Result<> items(ipc::BlockingChannel& channel, const Request& request,
                      const std::function<bool(Reply&)>& use,
                      std::uint64_t deadline_ms = ipc::kDefaultDeadlineMs) {
  auto each = [&use](ipc::Answer item) {
    auto reply = ipc::parse<Reply>(item.payload);
    return reply && use(*reply);
  };
  auto last = checked<Reply>(channel.call_streamed(request.SerializeAsString(), each, {}, deadline_ms));
  if (!last) return pass(last);
  use(*last);
  return {};
}

Result<authd::Reply> Context::authd(const authd::Request& request) {
  auto c = channel("authd-admin", "authd", "authd/1");
  if (!c) return pass(c);
  return checked<authd::Reply>((*c)->call(request.SerializeAsString()));
}

Result<> Context::authd_items(const authd::Request& request,
                              const std::function<void(const authd::Reply&)>& use) {
  auto c = channel("authd-admin", "authd", "authd/1");
  if (!c) return pass(c);
  std::function<bool(authd::Reply&)> each = [&](authd::Reply& r) {
    use(r);
    return true;
  };
  return items(**c, request, each);
}

// Who says nothing else acts as an admin.
Result<> Context::add_ticket(stored::Request& request) {
  if (!request.ticket().empty()) return {};
  auto t = admin_ticket();
  if (!t) return pass(t);
  request.set_ticket(*t);
  return {};
}

Result<stored::Reply> Context::stored(stored::Request request, std::vector<base::Fd> fds,
                                      std::uint64_t deadline_ms) {
  auto c = channel("stored-admin", "stored", "stored/1");
  if (!c) return pass(c);
  if (auto ok = add_ticket(request); !ok) return pass(ok);
  return checked<stored::Reply>((*c)->call(request.SerializeAsString(), fds, deadline_ms));
}

Result<> Context::stored_items(stored::Request request, const std::function<bool(stored::Reply&)>& use,
                               std::uint64_t deadline_ms) {
  auto c = channel("stored-admin", "stored", "stored/1");
  if (!c) return pass(c);
  if (auto ok = add_ticket(request); !ok) return pass(ok);
  return items(**c, request, use, deadline_ms);
}

Result<control::Reply> Context::master(const control::Request& request) {
  auto c = channel("master", "master", "control/1");
  if (!c) return pass(c);
  return checked<control::Reply>((*c)->call(request.SerializeAsString()));
}

Result<> Context::master_items(const control::Request& request,
                               const std::function<bool(control::Reply&)>& use) {
  auto c = channel("master", "master", "control/1");
  if (!c) return pass(c);
  return items(**c, request, use);
}

Result<std::string> Context::admin_ticket() {
  // Long work outlives a ticket, which lasts five minutes.
  if (!admin_ticket_.empty() && base::monotonic_ms() - admin_ticket_at_ < kTicketMs) return admin_ticket_;
  authd::Request request;
  request.mutable_admin_ticket();
  auto reply = authd(request);
  if (!reply) return pass(reply);
  admin_ticket_at_ = base::monotonic_ms();
  return admin_ticket_ = reply->ok().ticket();
}

Result<Context::AccountTicket> Context::account_ticket(const std::string& name) {
  authd::Request request;
  request.mutable_user_ticket()->set_name(name);
  auto reply = authd(request);
  if (!reply) return pass(reply);
  return AccountTicket{reply->ok().ticket(), reply->ok().account(), reply->ok().name()};
}

void Context::out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Context::error(const std::string& what) const {
  std::fprintf(stderr, "postern: %s\n", what.c_str());
}

int Context::fail(const base::Error& e) const {
  error(e.what);
  if (e.code == "CONFIG") return kBadConfig;
  if (e.code == "NOT_FOUND") return kNoUser;
  if (e.code == "EXISTS") return kCantCreate;
  if (e.code == "DENIED") return kNoPermission;
  if (e.code == "DOWN" || e.code == "UNAVAILABLE") return kUnavailable;
  return e.fault == Fault::temporary ? kTemporary : e.fault == Fault::corrupt ? kDataError : kCouldNotLook;
}

int Context::usage(const std::string& what) const {
  error(what);
  std::fprintf(stderr, "usage: postern [-C DIR] %s %s\n", std::string(verb_.name).c_str(),
               std::string(verb_.arguments).c_str());
  return kUsage;
}

void Context::progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  if (!::isatty(STDERR_FILENO) || json()) return;
  auto now = base::monotonic_ms();
  if (now - progress_at_ < 100 && (total == 0 || done != total)) return;
  progress_at_ = now;
  progress_shown_ = true;
  if (total == 0) {
    std::fprintf(stderr, "\r%s %llu\033[K", std::string(what).c_str(), static_cast<unsigned long long>(done));
    return;
  }
  constexpr std::size_t kWidth = 40;
  std::size_t filled = std::min<std::size_t>(kWidth, kWidth * done / total);
  std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  std::fprintf(stderr, "\r%s [%s] %llu/%llu\033[K", std::string(what).c_str(), bar.c_str(),
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(total));
}

void Context::progress_end() {
  if (progress_shown_) std::fputs("\r\033[K", stderr);
  progress_shown_ = false;
}

namespace {

// Echo off for the life of this object.
class NoEcho {
 public:
  NoEcho() : was_ok_(::tcgetattr(STDIN_FILENO, &was_) == 0) {
    termios quiet = was_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (was_ok_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (was_ok_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &was_);
    std::fputc('\n', stderr);
  }

 private:
  termios was_{};
  bool was_ok_;
};

Result<std::string> ask(const std::string& prompt) {
  std::fputs(prompt.c_str(), stderr);
  NoEcho quiet;
  std::string line;
  if (!std::getline(std::cin, line)) return base::fail(Fault::permanent, "no password was given");
  return line;
}

}  // namespace

Result<std::string> read_secret(const std::string& prompt, bool confirm) {
  std::string line;
  if (!::isatty(STDIN_FILENO)) {
    if (!std::getline(std::cin, line) || line.empty())
      return base::fail(Fault::permanent, "no password: it is the first line of standard input");
    if (line.back() == '\r') line.pop_back();
    return line;
  }
  auto first = ask(prompt + ": ");
  if (!first || !confirm) return first;
  auto second = ask(prompt + " again: ");
  if (!second) return second;
  if (*first != *second) return base::fail(Fault::permanent, "the two passwords differ");
  return first;
}

bool known_timezone(const std::string& name) {
  constexpr const char* kZones = "/usr/share/zoneinfo";
  if (name.empty()) return true;
  if (name[0] == '/' || name.find("..") != std::string::npos || name.find('\0') != std::string::npos)
    return false;
  struct stat st{};
  if (::stat(kZones, &st) != 0) return true;
  return ::stat((std::string(kZones) + "/" + name).c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace postern::cli
