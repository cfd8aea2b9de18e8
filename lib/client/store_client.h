// The front ends' side of stored: calls, repeatable writes, sheets, watches.
// Runs in: imapd, jmapd, lmtpd ...  One StoreClient a process, shared by all sessions; loop thread only.
// A call that finds stored gone waits for its restart (30 s) and is repeated by the channel; writes are stamped with
// (client, sequence), so a repeated one is answered from the stored result.  Tests: t/system
#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "client/auth_client.h"
#include "io/loop.h"
#include "io/task.h"
#include "ipc/channel.h"
#include "model/sheet.h"
#include "proto/stored.pb.h"

namespace postern::client {

// stored keeps sheets for all; here stay only those of the busiest mailboxes, or idle sessions would hold memory.
inline constexpr std::size_t kSheetCacheBytes = 4u << 20;
inline constexpr std::uint64_t kLinger = 5'000;      // ms
inline constexpr std::size_t kMaxLingering = 1'000;  // accounts; past it a last watch ends at once

using SheetPtr = std::shared_ptr<const model::Sheet>;

// A mailbox's sheet with what belongs to it.
struct SheetView {
  SheetPtr sheet;
  std::uint64_t modseq = 0;
  std::uint64_t account_modseq = 0;
  std::vector<std::string> keywords;
};

struct StoreReply {
  stored::Reply reply;
  std::vector<base::Fd> fds;
};

// An opened mailbox: stored's answer (its sheet is taken out) and the sheet.
struct OpenedMailbox {
  stored::Selected selected;
  SheetView view;
};

class StoreClient;

// Being told of changes of one account that are younger than `modseq`; ends with its life.  The callback runs from the
// loop, at once from the constructor if this process knows of such a change already.
// stored goes on telling for kLinger ms after an account's last watch: who opens and closes mailboxes asks once.
class Watch {
 public:
  using Changed = std::function<void(std::uint64_t modseq)>;
  Watch(StoreClient& store, std::shared_ptr<Login> login, std::uint64_t account, std::uint64_t modseq, Changed changed);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

 private:
  friend class StoreClient;
  StoreClient& store_;
  std::shared_ptr<Login> login_;
  std::uint64_t account_;
  Changed changed_;
};

class StoreClient {
 public:
  // `auth` gets the revocations that stored announces; may be null.
  StoreClient(io::Loop& loop, std::string socket_path, AuthClient* auth);

  // The verb is set in `request`; account and ticket are filled in from `login` (account only when 0).
  // An error reply comes back as Error with stored's code.
  io::Task<base::Result<stored::Reply>> read(Login& login, stored::Request request);
  io::Task<base::Result<stored::Reply>> write(Login& login, stored::Request request, std::vector<base::Fd> fds = {});
  // The same with a ticket at hand (lmtpd: the targets carry theirs).
  io::Task<base::Result<stored::Reply>> read(std::string ticket, std::uint64_t account, stored::Request request);
  io::Task<base::Result<stored::Reply>> write(std::string ticket, std::uint64_t account, stored::Request request,
                                              std::vector<base::Fd> fds = {});
  // Streams GetEmails: `use` is called for each piece until it answers false.
  io::Task<base::Result<>> emails(Login& login, stored::Request request, std::function<bool(stored::Emails&)> use);

  // Streams any verb: `use` is called for each item and the last answer, until it says false.
  io::Task<base::Result<>> items(Login& login, stored::Request request, std::function<bool(stored::Reply&)> use);

  // The sheet of a mailbox (0: the account's emails) as it is now; shared, kept while the cache has room.
  // The account is the login's.  `own`: the person has flags of his own there (records.Mailbox.private_seen): then it is made
  // for him, and not kept.
  io::Task<base::Result<SheetView>> sheet(Login& login, std::uint32_t mailbox, bool own = false);
  // SelectMailbox by the path of a mailbox of the login's own account, with its sheet, in one call.
  io::Task<base::Result<OpenedMailbox>> open(Login& login, std::string path, bool read_only);
  // To who watches with an index ticket: do others watch the account, too?  As the last hint said.
  bool in_use(std::uint64_t account) const;
  // Somebody has begun to watch an account that is not watched here (told to index tickets only).
  void on_unknown_account(std::function<void(std::uint64_t account)> f) { unknown_account_ = std::move(f); }
  // What the cache has, however old; for callers who know the modseq that they need.
  std::optional<SheetView> cached_sheet(std::uint64_t account, std::uint32_t mailbox) const;

 private:
  friend class Watch;
  struct Cached {
    SheetView view;
    std::string path;   // where it was opened; empty: it was not
    std::size_t bytes = 0;
    std::list<std::pair<std::uint64_t, std::uint32_t>>::iterator place;
  };
  struct Watched {
    std::uint64_t modseq = 0;
    bool in_use = false;
    bool refused = false;   // stored tells nothing: the next one asks again
    std::vector<Watch*> watches;   // none: it lingers
  };
  io::Task<base::Result<StoreReply>> call(stored::Request request, std::vector<base::Fd> fds);
  void hint(const std::string& payload);
  void send_watches();
  static std::shared_ptr<Login> next_login(const std::vector<Watch*>& watches, const std::string& after);
  io::Task<void> send_watch(std::shared_ptr<Login> login, std::uint64_t account);
  io::Task<void> linger(std::shared_ptr<Login> login, std::uint64_t account);
  std::optional<SheetView> opened_before(std::uint64_t account, std::string_view path, stored::GetSheet& ask);
  base::Result<SheetView> take_sheet(stored::Sheet& sheet, const std::vector<base::Fd>& fds,
                                     const std::optional<SheetView>& have);
  void keep(std::uint64_t account, std::uint32_t mailbox, const SheetView& view, std::string path = {});

  AuthClient* auth_;
  io::Loop& loop_;
  ipc::Channel channel_;
  std::uint64_t client_;
  std::uint64_t sequence_ = 0;
  std::set<std::uint64_t> in_flight_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, Cached> sheets_;
  std::list<std::pair<std::uint64_t, std::uint32_t>> recent_;   // most recently used first
  std::size_t sheet_bytes_ = 0;
  std::unordered_map<std::uint64_t, Watched> watched_;
  std::size_t lingering_ = 0;
  std::function<void(std::uint64_t)> unknown_account_;
  io::TaskGroup tasks_;
};

}  // namespace postern::client
