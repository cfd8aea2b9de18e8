// The mail store's verbs over an engine and a blob writer: pure decisions, no sockets, no coroutines.
// Runs in: stored.  Everything but prepare() and the constructor runs on one thread, the store thread;
// nothing here waits for a flush: a step answers at once and says by Call::receipt what must be durable
// before its reply leaves.
// Trust: requests come from front ends that may have been taken over; the Principal was verified by the
// caller.
// Start reading at verbs.cc; txn.h is the heart.  README.md has the table of keys.
// Tests: t/unit/store_*.cc
#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "blob/blob_store.h"
#include "kv/engine.h"
#include "store/access.h"
#include "store/call.h"
#include "store/state.h"
#include "store/txn.h"
#include "store/verbs.h"

namespace postern::store {

struct DefaultMailbox {
  std::string name;
  std::string role;  // or empty
};
// "INBOX:inbox,Drafts:drafts,Notes": INVALID for names or roles that no mailbox may have.
Result<std::vector<DefaultMailbox>> parse_default_mailboxes(std::string_view setting);
inline constexpr std::string_view kDefaultMailboxes =
    "INBOX:inbox,Drafts:drafts,Sent:sent,Junk:junk,Trash:trash,Archive:archive";

// INVALID for a name that the mailbox that shows all mail can't have beside these.
Result<> check_all_mail(const std::string& name, const std::vector<DefaultMailbox>& others);
// Its record when it is made.
records::Mailbox new_all_mail(const std::string& name);

struct Options {
  std::vector<DefaultMailbox> default_mailboxes;      // made at an account's birth, subscribed; INBOX always
  std::string all_mail;                               // the mailbox that shows all mail; empty: there is none
  std::size_t cache_bytes = 256u << 20;               // of account states
  std::size_t sheet_bytes = 128u << 20;               // of packed sheets
  std::int64_t keep_deleted = 14 * 86'400;            // seconds that deleted mail stays restorable
  std::int64_t keep_changes = 30 * 86'400;            // seconds of change log
  std::uint32_t max_scripts = 100;                    // Sieve scripts of one account
  std::uint64_t max_script_bytes = 8u << 20;          // of all their texts
  std::int64_t lease = 60;                            // seconds that a front end may use a location after it got it
  std::string aside_folder;                           // damaged rows are set aside below it; empty: no repairs
  std::string rehearsal_folder;                       // of a copy that is upgraded first, see verb_upgrade.cc
  std::function<Result<std::unique_ptr<kv::Engine>>(const std::string& home)> open_copy;
  std::string spool_folder;                           // for large bodies with a prefix; empty: memory
  // For the audit log: what the work behind has purged for good.
  std::function<void(std::uint64_t account, std::string_view what)> purged;
  std::function<std::int64_t()> clock;                // unix seconds; for tests
};

struct Stats {
  std::uint64_t calls = 0, errors = 0, commits = 0, repeats = 0;
  std::uint64_t accounts_loaded = 0, accounts_cached = 0, cache_bytes = 0;
  std::uint64_t emails_added = 0, blobs_written = 0, blobs_shared = 0;
  std::uint64_t sheets_built = 0, sheets_shared = 0;
  std::uint64_t purged_emails = 0, purged_rows = 0;
};

// A packed sheet kept for the next session that asks.
struct CachedSheet {
  std::uint64_t modseq = 0;
  std::string bytes;     // small ones
  base::Fd fd;           // large ones: a sealed memfd
  std::size_t size = 0;
};

struct Loading;

// The accounts that are being loaded (verb_load.cc); a few at a time.
class Loads {
 public:
  Loads();
  ~Loads();
  Loading* find(std::uint64_t account);
  void begin(std::uint64_t account, Loading load);
  void end(std::uint64_t account);

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<Loading>> loads_;
  std::vector<std::uint64_t> order_;
};

class Store {
 public:
  // Reads the store's own rows.  `engine` and `blobs` are borrowed and outlive the store.
  static Result<std::unique_ptr<Store>> open(kv::Engine& engine, blob::Writer& blobs, Options options);

  // What prepare() has to do: bodies that take long belong on a worker.
  static bool has_body(const Call& call);
  static std::uint64_t body_size(const Call& call);
  // Hashes, compresses and writes the bodies of AddEmails, AddBatch and PutBlob, one a target or message, so that the commit finds
  // them in place.  Any thread; touches nothing but `call`, the engine (reads) and the blob writer.  The caller lets
  // the blob writer make Call::put durable before step(), which would do it itself, and let everybody wait.
  void prepare(Call& call);

  // Runs the next step of the call: the whole of most verbs, at most 1,000 emails or 10,000 rows of long
  // ones.
  // REQUIRES: prepare() ran if has_body().
  void step(Call& call);

  // After an error that leaves it open what is on the disk: every later write is refused, nothing is
  // acknowledged.
  void stop_writing(std::string why);
  bool stopped() const { return !stopped_.empty(); }

  // One slice of the work that is done behind: emptying deleted mailboxes, forgetting deleted mail, old
  // change logs, deleted accounts.  True while there is more to do at once.  `changed` are commits for
  // watchers.
  bool work_behind(std::vector<Changed>& changed);
  // What there is to hint about an account now; 0 when it is not known.
  std::uint64_t modseq_of(std::uint64_t account);
  Stats stats() const;

  // For the verbs.
  kv::Engine& engine() { return engine_; }
  blob::Writer& blobs() { return blobs_; }
  const Options& options() const { return options_; }
  std::int64_t now() const { return options_.clock(); }
  // The account's state, loaded or made as the principal allows; DENIED when it is another's and shows him nothing.
  // An admin's reading verbs are shown a deleted account, too, as long as it can come back.
  // Valid until the next call of account().
  Result<AccountState*> account(std::uint64_t id, const Principal& who, Call& call);
  // The account's state, nothing when there is none: for a verb whose right is not the ticket's.  Valid as that of account().
  Result<AccountState*> existing(std::uint64_t id) { return cached(id); }
  // Commits what `txn` did: with the write's result, or nothing at all when nothing changed.  Fills
  // call.receipt and call.changed.  `extra` are rows of account 0 that belong to it.
  Result<> commit(Txn& txn, Call& call, kv::Batch* extra = nullptr);
  // Several accounts in one engine transaction; a refused one gets its error in the vector.
  Result<std::vector<std::optional<base::Error>>> commit_many(std::vector<Txn*>& txns, Call& call,
                                                              kv::Batch& extra);
  // A commit of rows that no client can see (recent marks, uploads): raises no modseq.
  Result<> commit_quiet(AccountState& account, kv::Batch& batch, Call& call, kv::Batch* extra = nullptr);
  // Whoever writes a blob row of an account calls this in the same step, before the commit: makes the body durable if it
  // is not yet, adds the index row to `extra` unless it is there and fresh, and tells gc that the body has a name.
  Result<> index_blob(const Prepared& p, kv::Batch& extra);
  Result<std::optional<Prepared>> find_blob(std::string_view sha256);
  // The same for new mail that has this body: nothing when its segment is about to be emptied.  Any thread.
  Result<std::optional<Prepared>> find_reusable(std::string_view sha256);
  Result<Prepared> prepare_bytes(std::string_view bytes);
  // gc is about to empty these segments: from now on no body of theirs is used for new mail, it is written again.  The
  // answer dies when the last call has ended that may have chosen otherwise before.  An empty list ends it.
  std::weak_ptr<void> condemn(std::unordered_set<std::uint32_t> segments);
  // One slice of forgetting what is overdue in one account; true while there is more.
  Result<bool> expire(std::uint64_t account, Call& call);
  // While the token lives, calls that name this account wait, and nothing is purged there: fsck looks at a still
  // account.  forget() drops what is in memory of it, after its rows were changed on the disk.
  std::shared_ptr<void> hold(std::uint64_t account);
  void forget(std::uint64_t account) { drop(account); }
  // The store is of this version now, and open for everything.
  void upgraded() { version_ = 0; }
  // One gc at a time; it ends with the token.  IN_USE.
  Result<std::shared_ptr<void>> begin_collecting();
  // A commit has named this body since begin_collecting().
  bool named_since(std::string_view sha256) const { return named_.contains(std::string(sha256.substr(0, 8))); }
  CachedSheet* find_sheet(std::uint64_t account, std::uint32_t mailbox, std::uint64_t modseq);
  CachedSheet& keep_sheet(std::uint64_t account, std::uint32_t mailbox, CachedSheet sheet);
  Revocations& revocations() { return revoked_; }
  const ResultSlots::Acknowledged& acknowledged() const { return acknowledged_; }
  // Deletes the account's registry entry's life; its rows go later.
  Result<> delete_account(std::uint64_t id, Call& call);
  // Gives it back; its tickets are good again, which is for authd to end.  NOT_FOUND when its time is over.
  Result<> undelete_account(std::uint64_t id, Call& call);
  // What was deleted then can still be had.
  bool restorable(std::uint64_t deleted) const {
    return static_cast<std::int64_t>(deleted) + options_.keep_deleted > now();
  }
  // There is something to empty: the worker behind looks at this account soon.
  void queue_work(std::uint64_t account) {
    if (behind_.empty() || behind_.back() != account) behind_.push_back(account);
  }
  // A mailbox of this name is gone: the one that shows all mail may have waited for it.
  void name_is_free(std::uint64_t account, const std::string& name) {
    if (!options_.all_mail.empty() && name == options_.all_mail) queue_work(account);
  }
  // The server's annotations: watchers of account 0 are told the number of their last change since the start.
  std::uint64_t server_changes() const { return server_changes_; }
  std::uint64_t server_changed() { return ++server_changes_; }
  Stats& counters() { return stats_; }
  Loads& loads() { return loads_; }

 private:
  Store(kv::Engine& engine, blob::Writer& blobs, Options options);
  Result<> load();
  void prepare_bodies(Call& call);
  void prepare_batch(Call& call);
  Result<AccountState*> cached(std::uint64_t id);      // nothing when there is none, or it was deleted
  Result<AccountState*> in_memory(std::uint64_t id);   // deleted ones too, whose rec.deleted() is set: nobody writes there
  Result<AccountState*> give_birth(std::uint64_t id, Call& call);
  void evict();
  void drop(std::uint64_t id);
  bool is_held(std::uint64_t account);
  bool has_to_wait(const Call& call);
  Result<> run(Call& call, const Verb& verb);
  bool answer_repeat(Call& call, const Verb& verb);
  base::Error write_failed(base::Error e);
  Result<bool> work_on(std::uint64_t account, std::vector<Changed>& changed);
  Result<bool> empty_mailbox(AccountState& a, MailboxState& m, std::vector<Changed>& changed);
  Result<bool> forget_mailbox(AccountState& a, MailboxState& m);
  Result<bool> forget_emails(AccountState& a);
  Result<bool> forget_uploads(AccountState& a);
  Result<bool> forget_changes(AccountState& a);
  Result<bool> forget_marks(AccountState& a);
  Result<bool> forget_account(std::uint64_t id);
  Result<std::uint64_t> next_account(std::uint64_t after);
  Result<> commit_behind(Txn& txn, std::vector<Changed>& changed, kv::Batch* extra = nullptr);
  // all_mail.cc
  bool all_mail_is_due(AccountState& a);
  Result<bool> tend_all_mail(AccountState& a, std::vector<Changed>& changed);
  Result<bool> remove_all_mail(AccountState& a, MailboxState& all, std::vector<Changed>& changed);
  Result<bool> fill_all_mail(AccountState& a, MailboxState& all, std::vector<Changed>& changed);

  kv::Engine& engine_;
  blob::Writer& blobs_;
  Options options_;
  std::string stopped_;
  std::uint32_t version_ = 0;   // of the store, when it is an older one: only an upgrade is let in
  Revocations revoked_;
  ResultSlots::Acknowledged acknowledged_;

  struct Entry {
    std::unique_ptr<AccountState> state;
    std::list<std::uint64_t>::iterator recent;
    std::size_t bytes = 0;
    std::uint32_t uses = 0;
  };
  std::unordered_map<std::uint64_t, Entry> accounts_;
  std::list<std::uint64_t> recent_;   // of accounts_, latest first
  std::size_t cache_bytes_ = 0;

  using SheetKey = std::pair<std::uint64_t, std::uint32_t>;
  struct SheetEntry {
    CachedSheet sheet;
    std::list<SheetKey>::iterator recent;
  };
  std::map<SheetKey, SheetEntry> sheets_;
  std::list<SheetKey> recent_sheets_;
  std::size_t sheet_bytes_ = 0;

  std::mutex condemned_lock_;         // prepare() runs on any thread
  std::unordered_set<std::uint32_t> condemned_;
  std::shared_ptr<void> view_ = std::make_shared<char>();   // held by each call with bodies: what it knew of condemned_
  std::weak_ptr<void> collecting_;
  std::unordered_set<std::string> named_;   // beginnings of hashes, while collecting_

  std::unordered_map<std::uint64_t, std::weak_ptr<void>> held_;

  std::list<std::uint64_t> behind_;   // accounts with work to do soon
  std::uint64_t sweep_ = 0;           // the account that the slow round over all has reached
  std::int64_t sweep_again_ = 0;      // when the next round begins
  std::uint64_t server_changes_ = 1;
  Stats stats_;
  Loads loads_;
};

}  // namespace postern::store
