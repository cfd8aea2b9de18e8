// One commit to one account.  A verb edits emails and mailboxes; apply() works out everything that follows:
// uid rows, flags, counts, threads, quota, the change log, modseqs.  This is the only code that keeps them, so that
// they agree.
// Runs in: stored, on the store thread.  The account's state is changed in place: a Txn that is dropped after
// it changed something and before committed() marks the state broken, and it is read again.
// Tests: t/unit/store_model.cc (against a plain model), t/unit/store_verbs.cc
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "kv/engine.h"
#include "model/flags.h"
#include "proto/records.pb.h"
#include "store/state.h"
#include "store/thread_shares.h"

namespace postern::store {

// An email as it will be after the commit.  Verbs change `rec`'s flags and places through Txn.
struct EmailEdit {
  struct OldPlace {
    std::uint32_t mailbox, uid;
    bool deleted;
  };
  records::Email rec;
  bool is_new = false;
  bool revived = false;          // it was destroyed
  model::Flags old_flags;
  std::vector<OldPlace> old_places;

  model::Flags flags() const { return {rec.flags_lo(), rec.flags_hi()}; }
  void set_flags(model::Flags f) {
    rec.set_flags_lo(f.without(model::kDeletedBit).lo);
    rec.set_flags_hi(f.hi);
  }
};

class Txn {
 public:
  Txn(kv::Engine& engine, AccountState& account, std::int64_t now);
  Txn(const Txn&) = delete;
  Txn& operator=(const Txn&) = delete;
  ~Txn();

  AccountState& account() { return account_; }
  std::uint64_t modseq() const { return modseq_; }    // that this commit will have
  std::int64_t now() const { return now_; }
  kv::Batch& batch() { return batch_; }               // for rows that nothing follows from (W, I, B, D, H)

  // Mailboxes.  The name, parent, role and so on were checked.
  MailboxState& create_mailbox(records::Mailbox rec);
  // To be called before `m.rec`'s properties are changed; after that call reindex().
  void change_mailbox(MailboxState& m);
  void reindex(MailboxState& m);
  // The mailbox disappears; its rows stay as they are, for undelete; its emails lose their places by edits.
  void destroy_mailbox(MailboxState& m);
  // Its row is to be written again: of what clients see of it nothing has changed.
  void rewrite(MailboxState& m) { touch(m); }
  // An annotation has changed: nothing follows from it but that watchers are told.
  void metadata_changed() { metadata_ = true; }
  // Counts unread threads of all mailboxes anew: which mailbox is the trash has changed.
  Result<> recount_threads();

  // Emails.  Nothing: no such email, or destroyed.  The pointer lives as long as the Txn.
  Result<EmailEdit*> email(std::uint64_t id);
  // The same, and a destroyed one lives again, without a place: the caller gives it one.
  Result<EmailEdit*> revive(std::uint64_t id);
  // Gives it an id; rec.thread must be set (0: a new thread).
  EmailEdit& add_email(records::Email rec);
  // The flags of one row where its email is known to have no other, which spares reading the email.  False when it is
  // not known, and nothing was done: edit the email.  REQUIRES: the rows of `m` are in memory.
  bool flag_alone(MailboxState& m, const model::SheetRow& row, model::Flags flags);
  // The row gets the commit's modseq and stays as it is otherwise: something that clients look for has changed about its
  // email.  REQUIRES: the rows of `m` are in memory; its email is not edited.
  void touch_row(MailboxState& m, const model::SheetRow& row) { flag_edits_.push_back({&m, row, row.flags}); }
  // A row for it; Fault::limit past kMaxPlaces, which the place in the mailbox that shows all mail does not count in.
  Result<std::uint32_t> add_place(EmailEdit& e, MailboxState& m, bool deleted);
  void remove_place(EmailEdit& e, int index);
  // Rows of scripts or of the vacation response are in batch(), and the account's fields of them are changed: this
  // commit is one that clients of it see.
  enum class Sieve : bool { script, vacation };
  void change_sieve(Sieve what);
  // A thread that may take a new member; nothing when it is gone or full.
  Result<bool> thread_takes(std::uint64_t id);

  // Threads that emails of this commit began, by the hashes that join others to them (see threading.h).
  std::unordered_map<std::string, std::uint64_t>& new_threads() { return new_threads_; }

  // The bits of these names; unknown keywords join the table when `grow`.  INVALID for what is no flag.
  // `denied` is set when the table was full.
  Result<model::Flags> flag_bits(const google::protobuf::RepeatedPtrField<std::string>& names, bool grow,
                                 bool* denied);
  bool keywords_grew() const { return keywords_grew_; }

  // Works out the rest.  After it, nothing may be edited.
  Result<> apply();
  // Nothing was changed: there is nothing to commit.
  bool empty() const { return batch_.empty() && !changed_; }
  // After apply(): UIDs of this mailbox that went, and those whose flags changed.
  std::span<const std::uint32_t> expunged(std::uint32_t mailbox) const;
  std::span<const std::uint32_t> flagged(std::uint32_t mailbox) const;
  // The last thing before the engine's commit: the write's result.
  void store_result(ResultSlots::Key key, const ResultSlots::Acknowledged& acknowledged,
                    const std::string& reply);
  void committed(kv::Receipt receipt);

 private:
  struct Touched {
    MailboxState* m;
    std::uint32_t total_emails, unread_emails, total_threads, unread_threads;
    bool rows = false, properties = false, created = false, destroyed = false;
    std::vector<std::uint32_t> expunged, flagged;
  };
  using Places = std::span<const EmailEdit::OldPlace>;
  // An email before and after: what counts, threads and the change log follow from.
  struct Effect {
    std::uint64_t email, thread, size;
    std::int64_t received;
    model::Flags old_flags, flags;
    Places old_places, places;
    bool is_new;
  };
  struct FlagEdit {
    MailboxState* m;
    model::SheetRow row;   // as it was
    model::Flags flags;
  };
  struct RowsChange {
    bool flags = false;    // of rows that stay
    bool places = false;   // rows came or went
  };
  struct SlotChange {
    std::uint32_t uid;
    std::optional<model::RowFlags> value;   // nothing: the row has gone
  };
  using Share = ThreadShare;
  struct ThreadEdit {
    records::Thread rec;
    std::vector<Share> old_shares;
    std::vector<std::uint64_t> old_emails;  // visible ones
  };

  Touched& touch(MailboxState& m);
  Touched* touch(std::uint32_t mailbox);
  const Touched* touched(std::uint32_t mailbox) const;
  EmailEdit& edit(records::Email rec);
  Result<> keep_all_mail(EmailEdit& e);   // all_mail.cc
  Result<> apply_email(EmailEdit& e);
  Result<> apply_flags(const FlagEdit& e);
  Result<> follow(const Effect& e);
  void learn_places(const records::Email& e);
  RowsChange apply_rows(const EmailEdit& e, bool flags_changed);
  void add_row(const EmailEdit& e, const records::Place& p, model::Flags flags);
  void set_flags(const EmailEdit& e, const records::Place& p, model::Flags flags);
  void drop_row(std::uint32_t mailbox, std::uint32_t uid);
  std::vector<SlotChange>* slot_changes(std::uint32_t mailbox, std::uint32_t uid);
  Result<> write_blocks();
  void count(const Effect& e, int sign, bool after);
  Result<> apply_member(const Effect& e, const std::vector<std::uint32_t>& mailboxes);
  Result<ThreadEdit*> thread(std::uint64_t id);
  std::vector<Share> shares(const records::Thread& t) const;
  void apply_thread(std::uint64_t id, ThreadEdit& t);
  void apply_mailbox(Touched& t);
  void put(const std::string& key, const google::protobuf::MessageLite& m);

  kv::Engine& engine_;
  AccountState& account_;
  const std::int64_t now_;
  const std::uint64_t modseq_;
  kv::Batch batch_;
  std::string scratch_;
  records::Change change_;
  std::deque<EmailEdit> emails_;
  std::vector<FlagEdit> flag_edits_;
  std::unordered_map<std::uint64_t, EmailEdit*> by_id_;
  std::unordered_map<std::uint64_t, ThreadEdit> threads_;
  std::unordered_map<std::string, std::uint64_t> new_threads_;
  std::deque<Touched> touched_;
  Touched* latest_ = nullptr;    // of touched_: the next question is mostly about the same mailbox
  std::vector<std::uint32_t> before_, after_;   // of follow(), kept for their memory
  // Blocks of flags to be written, by mailbox and number.  Of a mailbox in memory they are made from its rows, of
  // another from the disk and these changes.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<SlotChange>> blocks_;
  bool changed_ = false;         // the state differs from the database
  bool keywords_grew_ = false;
  bool sieve_changed_ = false;
  bool metadata_ = false;
  bool committed_ = false;
};

}  // namespace postern::store
