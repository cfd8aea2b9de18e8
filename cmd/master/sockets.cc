#include "cmd/master/sockets.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/master/limits.h"
#include "io/listener.h"

namespace postern::master {
namespace {

using base::fail;
using base::Fault;
using base::Level;
using base::log;
using base::Result;

int socket_option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

// The key that an Address with this socket's name would have; empty for what is no stream socket of ours.
std::string key_of(int fd) {
  sockaddr_storage s{};
  socklen_t size = sizeof s;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&s), &size) != 0) return {};
  char ip[INET6_ADDRSTRLEN] = "";
  if (s.ss_family == AF_INET) {
    auto* in = reinterpret_cast<sockaddr_in*>(&s);
    ::inet_ntop(AF_INET, &in->sin_addr, ip, sizeof ip);
    return "inet:" + std::string(ip) + ":" + std::to_string(ntohs(in->sin_port));
  }
  if (s.ss_family == AF_INET6) {
    auto* in = reinterpret_cast<sockaddr_in6*>(&s);
    ::inet_ntop(AF_INET6, &in->sin6_addr, ip, sizeof ip);
    return "inet:[" + std::string(ip) + "]:" + std::to_string(ntohs(in->sin6_port));
  }
  if (s.ss_family != AF_UNIX) return {};
  auto* un = reinterpret_cast<sockaddr_un*>(&s);
  return "unix:" + std::string(un->sun_path, ::strnlen(un->sun_path, sizeof un->sun_path));
}

// Only root can give sockets away; without root all processes share one user anyway.
Result<> set_owner(const Address& a, const std::string& service_user) {
  if (::chmod(a.path.c_str(), a.mode) != 0) return std::unexpected(base::sys_error(a.path));
  if (::geteuid() != 0) return {};
  const auto& owner = a.owner.empty() ? service_user : a.owner;
  const passwd* user = owner.empty() ? nullptr : ::getpwnam(owner.c_str());
  uid_t uid = user ? user->pw_uid : static_cast<uid_t>(-1);
  const group* g = a.group.empty() ? nullptr : ::getgrnam(a.group.c_str());
  gid_t gid = g ? g->gr_gid : static_cast<gid_t>(-1);
  if (::chown(a.path.c_str(), uid, gid) != 0) return std::unexpected(base::sys_error(a.path));
  return {};
}

Result<base::Fd> bind_once(const Address& a, const std::string& service_user) {
  if (!a.ip.empty()) return io::listen_tcp(a.ip, a.port, kBacklog);
  struct stat st{};
  if (::lstat(a.path.c_str(), &st) == 0 && !S_ISSOCK(st.st_mode))
    return fail(Fault::permanent, a.path + " exists and is no socket");
  // 0600 until its owner is right.
  auto fd = io::listen_unix(a.path, 0600, kBacklog);
  if (!fd) return fd;
  if (auto ok = set_owner(a, service_user); !ok) return pass(ok);
  return fd;
}

Result<base::Fd> bind_patiently(const Address& a, const std::string& user, std::uint64_t deadline) {
  bool said = false;
  for (;;) {
    auto fd = bind_once(a, user);
    if (fd || fd.error().fault != Fault::temporary || base::monotonic_ms() >= deadline) return fd;
    if (!said) log(Level::warning, "bind_waits", {{"socket", a.key}, {"error", fd.error().what}});
    said = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void let_go(const Socket& s) {
  if (s.inherited) return;
  // A process that still drains may hold the socket: this ends it for all who share it.
  ::shutdown(s.fd.get(), SHUT_RDWR);
  if (!s.path.empty()) ::unlink(s.path.c_str());
}

}  // namespace

void SocketSet::take_activated() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  const char* names = std::getenv("LISTEN_FDNAMES");
  bool ours = pid && base::parse_u64(pid) == static_cast<std::uint64_t>(::getpid());
  auto n = ours && count ? base::parse_u32(count).value_or(0) : 0;
  std::string joined = names ? names : "";
  auto list = base::split(joined, ':');
  for (std::uint32_t i = 0; i < n && i < kMaxServices * kMaxListeners; ++i) {
    base::Fd fd(static_cast<int>(3 + i));
    if (socket_option(fd.get(), SOL_SOCKET, SO_ACCEPTCONN) != 1) continue;
    base::set_cloexec(fd.get(), true);
    base::set_nonblock(fd.get());
    Activated a{i < list.size() ? std::string(list[i]) : "", key_of(fd.get()), {}, false};
    a.dual = a.key.starts_with("inet:[::]:") && socket_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY) == 0;
    a.fd = std::move(fd);
    activated_.push_back(std::move(a));
  }
  for (const char* v : {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"}) ::unsetenv(v);
}

void SocketSet::put(const std::string& key, base::Fd fd, bool dual) {
  if (dual) covered_.insert("inet:0.0.0.0:" + key.substr(key.rfind(':') + 1));
  sockets_[key] = Socket{std::move(fd), "", true};
}

// By address first, by name then: the first address of the listener that has no socket yet; the others are
// done without.
bool SocketSet::assign(Activated& a, const Table& table) {
  const Listener* named = nullptr;
  for (const auto& s : table.services)
    for (const auto& l : s.listeners) {
      if (l.name == a.name && !named) named = &l;
      for (const auto& address : l.addresses)
        if (address.key == a.key) return put(a.key, std::move(a.fd), a.dual), true;
    }
  if (!named) return false;
  for (const auto& address : named->addresses) {
    if (is_bound(address.key)) continue;
    put(address.key, std::move(a.fd), false);
    for (const auto& other : named->addresses) covered_.insert(other.key);
    return true;
  }
  return false;
}

void SocketSet::assign_activated(const Table& table) {
  for (auto& a : activated_)
    if (!assign(a, table))
      log(Level::warning, "unused_socket",
          {{"name", a.name},
           {"socket", a.key},
           {"hint", "no listener of master.conf has this name or address"}});
  activated_.clear();
}

Result<> SocketSet::bind_missing(const Table& table, std::uint64_t patience_ms) {
  assign_activated(table);
  std::uint64_t deadline = base::monotonic_ms() + patience_ms;
  Sockets fresh;
  for (const auto& s : table.services)
    for (const auto& l : s.listeners)
      for (const auto& a : l.addresses) {
        if (is_bound(a.key)) {
          if (!a.path.empty() && sockets_.contains(a.key) && !sockets_[a.key].inherited)
            (void)set_owner(a, s.user);
          continue;
        }
        if (a.optional && !io::listen_tcp(a.ip, 0)) continue;
        auto fd = bind_patiently(a, s.user, deadline);
        if (fd) {
          fresh[a.key] = Socket{std::move(*fd), a.path, false};
          continue;
        }
        for (auto& [key, socket] : fresh) let_go(socket);
        return fail(fd.error().fault, s.where + ": cannot listen on " + a.key + ": " + fd.error().what);
      }
  sockets_.merge(fresh);
  return {};
}

void SocketSet::drop_unused(const Table& table) {
  std::set<std::string> used;
  for (const auto& s : table.services)
    for (const auto& l : s.listeners)
      for (const auto& a : l.addresses) used.insert(a.key);
  std::erase_if(sockets_, [&](auto& entry) {
    if (entry.second.inherited || used.contains(entry.first)) return false;
    log(Level::info, "closed", {{"socket", entry.first}});
    let_go(entry.second);
    return true;
  });
}

std::vector<NamedFd> SocketSet::of(const ServiceSpec& service) const {
  std::vector<NamedFd> out;
  for (const auto& l : service.listeners)
    for (const auto& a : l.addresses)
      if (auto it = sockets_.find(a.key); it != sockets_.end())
        out.push_back({l.name + (l.tls ? "+tls" : ""), it->second.fd.get()});
  return out;
}

void SocketSet::close_all() {
  for (auto& [key, socket] : sockets_) let_go(socket);
  sockets_.clear();
}

}  // namespace postern::master
