// What every verb of `postern` gets: its arguments, the configuration, connections to the daemons, and
// output. Exit statuses: 0 done or clean, 1 found or differs, 2 could not look, 64-78 as sysexits says.
#pragma once
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ipc/channel.h"
#include "proto/authd.pb.h"
#include "proto/control.pb.h"
#include "proto/stored.pb.h"
#include "service/config.h"

namespace postern::cli {

inline constexpr std::int64_t kTicketAge = 180;  // seconds; tickets last five minutes

inline constexpr int kOk = 0, kFound = 1, kCouldNotLook = 2;
inline constexpr int kUsage = 64, kDataError = 65, kNoInput = 66, kNoUser = 67, kUnavailable = 69,
                     kSoftware = 70, kCantCreate = 73, kIoError = 74, kTemporary = 75, kNoPermission = 77,
                     kBadConfig = 78;

struct OptionRow {
  std::string_view name;   // "--json"
  std::string_view value;  // name of its value in help, empty for a switch
  std::string_view help;
};

class Context;

struct Verb {
  std::string_view name;       // "account add": words are matched in order
  std::string_view arguments;  // "NAME@DOMAIN [--quota SIZE]"
  std::string_view help;       // one line
  std::vector<OptionRow> options;
  int (*run)(Context&);
};

// The table, in the order of --help.  verbs.cc
std::span<const Verb> verbs();

// Owns a daemon started for this command; see offline.h.
class OfflineDaemon;

class Context {
 public:
  Context(std::string conf_dir, const Verb& verb, std::vector<std::string> arguments,
          std::vector<std::pair<std::string, std::string>> options);
  ~Context();

  // --- arguments
  const std::vector<std::string>& args() const { return args_; }
  bool has(std::string_view option) const;
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  bool json() const { return has("--json"); }
  bool dry_run() const { return has("--dry-run"); }
  const Verb& verb() const { return verb_; }
  const std::string& conf_dir() const { return conf_dir_; }

  // --- configuration; on failure says why and the verb should return kBadConfig
  const service::Config* config();

  // --- daemons; each connects once, starting the daemon itself when no server runs
  base::Result<authd::Reply> authd(const authd::Request& request);
  // For `list`: every item of the stream.
  base::Result<> authd_items(const authd::Request& request,
                             const std::function<void(const authd::Reply&)>& use);
  // `account` 0 with an admin ticket: verbs of admins.  Else a user ticket of that account's name is used.
  base::Result<stored::Reply> stored(stored::Request request, std::vector<base::Fd> fds = {},
                                     std::uint64_t deadline_ms = ipc::kDefaultDeadlineMs);
  // The deadline is that of each item.
  base::Result<> stored_items(stored::Request request, const std::function<bool(stored::Reply&)>& use,
                              std::uint64_t deadline_ms = ipc::kDefaultDeadlineMs);
  // master's socket; an error when no server runs.
  base::Result<control::Reply> master(const control::Request& request);
  // For `who`: every item of the stream and the last reply.
  base::Result<> master_items(const control::Request& request,
                              const std::function<bool(control::Reply&)>& use);
  // A channel to any service's admin socket, for `call`.
  base::Result<ipc::BlockingChannel*> channel(const std::string& socket, const std::string& program,
                                              const std::string& protocol);
  // Where that socket is, after making sure that somebody answers there; for programs with a loop of their
  // own.
  base::Result<std::string> socket_path(const std::string& socket);
  base::Result<std::string> admin_ticket();
  // Ticket and number of an account.
  struct AccountTicket {
    std::string ticket;
    std::uint64_t account = 0;
    std::string name;
  };
  base::Result<AccountTicket> account_ticket(const std::string& name);
  std::uint64_t next_sequence() { return ++sequence_; }
  std::uint64_t client() const { return client_; }

  // --- output
  void out(std::string_view text);            // to standard output, as it is
  void error(const std::string& what) const;  // "postern: WHAT" to standard error
  // Says the error and gives the exit status that fits it.
  int fail(const base::Error& e) const;
  int usage(const std::string& what) const;
  // A line on a terminal that is overwritten; nothing elsewhere.  `total` 0: unknown.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total);
  void progress_end();

 private:
  base::Result<> add_ticket(stored::Request& request);
  std::string conf_dir_;
  const Verb& verb_;
  std::vector<std::string> args_;
  std::vector<std::pair<std::string, std::string>> options_;
  std::optional<service::Config> config_;
  std::map<std::string, std::unique_ptr<ipc::BlockingChannel>> channels_;
  std::map<std::string, std::unique_ptr<OfflineDaemon>> offline_;
  std::map<std::string, std::string> paths_;
  std::string admin_ticket_;
  std::uint64_t admin_ticket_at_ = 0;   // by the monotonic clock
  std::uint64_t sequence_ = 0;
  std::uint64_t client_;
  std::uint64_t progress_at_ = 0;
  bool progress_shown_ = false;
};

// The first line of standard input, or asked for on the terminal without echo (twice when `confirm`).
base::Result<std::string> read_secret(const std::string& prompt, bool confirm);
// A name of the system's time zone database, or empty; any plausible one where the system has no database.
bool known_timezone(const std::string& name);

}  // namespace postern::cli
