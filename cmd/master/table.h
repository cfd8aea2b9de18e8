// master.conf(5) as values: which services there are and on which sockets they are reached.
// Pure but for the questions whether programs and users exist.  Input: the admin's file, bounded anyway.
// Tests: t/unit/master_table.py
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace postern::master {

// One socket to bind: a TCP address, or a path.
struct Address {
  std::string key;  // "inet:127.0.0.1:10143", "inet:[::]:10143", "unix:/run/postern/stored.sock"
  std::string ip;   // empty: a path
  std::uint16_t port = 0;
  bool optional = false;  // the IPv6 half of * and loopback: done without where there is no IPv6
  std::string path;
  mode_t mode = 0660;
  std::string owner, group;  // empty: the service's user, its group left alone
  bool operator==(const Address&) const = default;
};

// One listener word; HOST `*` and `loopback` stand for two addresses.
struct Listener {
  std::string name;
  std::string text;  // as written, for status
  bool tls = false;
  std::vector<Address> addresses;
  bool operator==(const Listener&) const = default;
};

struct ServiceSpec {
  std::string name;
  std::string program;
  std::uint32_t min = 0, max = 1;
  std::optional<std::uint64_t> clients;
  std::optional<std::uint64_t> memory;  // bytes
  std::string user;                     // empty: master's own
  bool backend = false;
  std::uint64_t idle = 0;             // seconds
  std::optional<std::uint64_t> wake;  // seconds
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<Listener> listeners;
  std::string where;  // FILE:LINE
};

// True when processes started for `a` can go on serving `b`.
bool same_process(const ServiceSpec& a, const ServiceSpec& b);

struct Table {
  std::vector<ServiceSpec> services;  // those that others need first, then in the order of the file
};

// `path` begins each error ("PATH:LINE: ..."); sockets with a relative path are put below `run_dir`.
base::Result<Table> parse_table(std::string_view text, const std::string& path, const std::string& run_dir);

// Where the program lies, or an error that says where it was looked for.
base::Result<std::string> find_program(const std::string& program, const std::string& bin_dir);
// Users and groups exist (asked only when master is root).  An error names the line.
base::Result<> check_users(const Table& table);

}  // namespace postern::master
