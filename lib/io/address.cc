#include "io/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

namespace postern::io {

std::string Address::text() const {
  if (is_unix) return "unix";
  bool v6 = ip.find(':') != std::string::npos;
  return (v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

Address address_of(const sockaddr_storage& a, socklen_t size) {
  Address out;
  char text[INET6_ADDRSTRLEN] = "";
  if (a.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(a);
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    out.port = ntohs(in.sin_port);
    out.is_loopback = ntohl(in.sin_addr.s_addr) >> 24 == 127;
  } else if (a.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(a);
    out.port = ntohs(in.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
      ::inet_ntop(AF_INET, in.sin6_addr.s6_addr + 12, text, sizeof text);
      out.is_loopback = in.sin6_addr.s6_addr[12] == 127;
    } else {
      ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
      out.is_loopback = IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
    }
  } else {
    out.is_unix = out.is_loopback = a.ss_family == AF_UNIX;
  }
  out.ip = text;
  return out;
}

namespace {
// A pipe counts as local; a socket that has lost its peer does not.
template <class Call>
Address asked(int fd, Call call) {
  sockaddr_storage a{};
  socklen_t n = sizeof a;
  if (call(fd, reinterpret_cast<sockaddr*>(&a), &n) == 0) return address_of(a, n);
  Address out;
  out.is_unix = out.is_loopback = errno == ENOTSOCK;
  return out;
}
}  // namespace

Address peer_address(int fd) {
  return asked(fd, ::getpeername);
}
Address local_address(int fd) {
  return asked(fd, ::getsockname);
}

base::Result<socklen_t> parse_address(const std::string& ip, std::uint16_t port, sockaddr_storage& out) {
  std::memset(&out, 0, sizeof out);
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  if (ip.empty() || ip == "*" || ::inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return sizeof v4;
  }
  if (::inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return sizeof v6;
  }
  return base::fail(base::Fault::permanent, "not an IP address: " + ip);
}

}  // namespace postern::io
