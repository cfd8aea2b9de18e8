// The listening sockets: bound by master, or given by systemd, kept over reloads, handed to every process of
// a service. Nothing is accepted or read here. Tests: t/system/test_master.py
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "cmd/master/table.h"

namespace postern::master {

struct Socket {
  base::Fd fd;
  std::string path;        // to unlink when it is closed; empty for TCP and for sockets of systemd
  bool inherited = false;  // systemd's: never shut down, kept until the end
};

// A socket and the name under which a program gets it ("imaps+tls").
struct NamedFd {
  std::string name;
  int fd;  // borrowed
};

class SocketSet {
 public:
  // Takes descriptors 3.. when LISTEN_PID names this process, and cleans the environment of them.  Call it
  // before anything opens descriptors.
  void take_activated();
  // Binds what `table` names and is not bound yet.  After an error nothing has changed.  Addresses that are
  // in use are tried again for `patience_ms`: processes of a master that was killed may still be leaving.
  base::Result<> bind_missing(const Table& table, std::uint64_t patience_ms);
  // Closes what `table` no longer names; who still holds such a socket accepts nothing more from it.
  void drop_unused(const Table& table);
  std::vector<NamedFd> of(const ServiceSpec& service) const;
  // Closes all and removes the files.
  void close_all();

 private:
  struct Activated {
    std::string name, key;
    base::Fd fd;
    bool dual = false;  // [::] that takes IPv4 too
  };
  using Sockets = std::map<std::string, Socket>;
  void assign_activated(const Table& table);
  bool assign(Activated& a, const Table& table);
  void put(const std::string& key, base::Fd fd, bool dual);
  bool is_bound(const std::string& key) const { return sockets_.contains(key) || covered_.contains(key); }
  Sockets sockets_;
  std::set<std::string> covered_;  // addresses that another socket serves
  std::vector<Activated> activated_;
};

}  // namespace postern::master
