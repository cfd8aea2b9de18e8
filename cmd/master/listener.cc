#include "cmd/master/listener.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"
#include "cmd/master/limits.h"

namespace postern::master {
namespace {

using base::fail;
using base::Fault;
using base::Result;

std::string shown(std::string_view s) {
  return "'" + base::printable(s, 64) + "'";
}

struct Host {
  const char* ip;
  bool optional;
};
constexpr Host kAny[] = {{"0.0.0.0", false}, {"::", true}};
constexpr Host kLoopback[] = {{"127.0.0.1", false}, {"::1", true}};

Address tcp(std::string ip, std::uint16_t port, bool optional) {
  bool v6 = ip.find(':') != std::string::npos;
  Address a;
  a.key = "inet:" + (v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
  a.ip = std::move(ip);
  a.port = port;
  a.optional = optional;
  return a;
}

// The address in its one canonical spelling, or nothing.
std::optional<std::string> canonical_ip(std::string_view host) {
  unsigned char raw[16];
  char out[INET6_ADDRSTRLEN];
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  std::string text(bracketed ? host.substr(1, host.size() - 2) : host);
  int family = bracketed ? AF_INET6 : AF_INET;
  if (::inet_pton(family, text.c_str(), raw) != 1) return std::nullopt;
  return std::string(::inet_ntop(family, raw, out, sizeof out));
}

Result<> add_inet(Listener& l, std::string_view where) {
  auto colon = where.rfind(':');
  auto port = colon == where.npos ? std::nullopt : base::parse_u32(where.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535)
    return fail(Fault::permanent, "expected inet:HOST:PORT with a port from 1 to 65535");
  auto host = where.substr(0, colon);
  auto p = static_cast<std::uint16_t>(*port);
  if (host == "*" || host == "loopback") {
    for (const Host& h : host == "*" ? kAny : kLoopback) l.addresses.push_back(tcp(h.ip, p, h.optional));
    return {};
  }
  auto ip = canonical_ip(host);
  if (!ip)
    return fail(
        Fault::permanent,
        "expected as host *, loopback, an IPv4 address or an IPv6 address in brackets, not " + shown(host));
  l.addresses.push_back(tcp(*ip, p, false));
  return {};
}

Result<> add_unix(Listener& l, std::string_view path, const std::string& run_dir) {
  Address a;
  a.path = path.starts_with('/') ? std::string(path) : run_dir + "/" + std::string(path);
  if (path.empty() || path.ends_with('/')) return fail(Fault::permanent, "expected unix:PATH");
  if (a.path.size() > kMaxUnixPath)
    return fail(Fault::limit, "the path of a socket may have " + std::to_string(kMaxUnixPath) + " bytes, " +
                                  shown(a.path) + " has " + std::to_string(a.path.size()));
  a.key = "unix:" + a.path;
  l.addresses.push_back(std::move(a));
  return {};
}

Result<> add_attribute(Listener& l, std::string_view word, bool inet) {
  Address& a = l.addresses.front();
  auto eq = word.find('=');
  auto value = eq == word.npos ? std::string_view() : word.substr(eq + 1);
  if (inet && word == "tls") {
    l.tls = true;
    return {};
  }
  if (!inet && word.starts_with("mode=")) {
    bool octal = value.size() >= 3 && value.size() <= 4 && value.find_first_not_of("01234567") == value.npos;
    if (!octal || (value.size() == 4 && value[0] != '0'))
      return fail(Fault::permanent, "expected mode=0660, three octal digits, not " + shown(value));
    a.mode = static_cast<mode_t>(std::stoul(std::string(value), nullptr, 8));
    return {};
  }
  if (!inet && !value.empty() && (word.starts_with("owner=") || word.starts_with("group="))) {
    (word[0] == 'o' ? a.owner : a.group) = std::string(value);
    return {};
  }
  return fail(Fault::permanent,
              inet ? "expected ,tls or nothing after the port, not " + shown(word)
                   : "expected ,mode= ,owner= or ,group= after the path, not " + shown(word));
}

}  // namespace

bool is_name(std::string_view s) {
  auto good = [](char c) { return (c >= 'a' && c <= 'z') || base::is_digit(c) || c == '-'; };
  return !s.empty() && s.size() <= kMaxName && s[0] >= 'a' && s[0] <= 'z' && std::ranges::all_of(s, good);
}

bool is_listener_word(std::string_view word) {
  auto eq = word.find('=');
  auto rest = eq == word.npos || word.find(':') < eq ? word : word.substr(eq + 1);
  return rest.starts_with("inet:") || rest.starts_with("unix:");
}

Result<Listener> parse_listener(std::string_view word, const std::string& service,
                                const std::string& run_dir) {
  Listener l{.name = service, .text = std::string(word)};
  auto eq = word.find('=');
  if (eq != word.npos && eq < word.find(':')) {
    l.name = std::string(word.substr(0, eq));
    word.remove_prefix(eq + 1);
  }
  if (!is_name(l.name))
    return fail(Fault::permanent,
                "expected a listener's name of lower-case letters, digits and '-', not " + shown(l.name));
  bool inet = word.starts_with("inet:");
  auto parts = base::split(word.substr(5), ',');
  auto added = inet ? add_inet(l, parts[0]) : add_unix(l, parts[0], run_dir);
  for (std::size_t i = 1; added && i < parts.size(); ++i) added = add_attribute(l, parts[i], inet);
  if (!added) return pass(added);
  return l;
}

}  // namespace postern::master
