// What is wrong with an account, and what would make it right: from a Picture of its rows to findings and a batch.
// Primary are the mailboxes, the emails' records with their flag slots, and the bodies; all else is worked out from
// these anew.  Where a primary record is lost it is made again from what still speaks of it.
// Pure.  Runs in: stored, on a worker.  Tests: t/unit/store_check.cc, store_model.cc (a healthy account has no finding)
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/stored.pb.h"
#include "store/picture.h"

namespace postern::store {

struct Verdict {
  std::vector<stored::Finding> findings;   // `key` in words
  // The repair: rows by key; nothing: the row goes.
  std::map<std::string, std::optional<std::string>> rows;
  bool visible = false;                    // clients would see it: they must look anew
  std::vector<std::string> unnamed;        // bodies of the account that no email names
  std::vector<std::uint64_t> unparsed;     // emails whose Wire or Content must be made again
};

class Judge {
 public:
  // `picture` is changed into what the account should be.
  Judge(std::uint64_t account, Picture& picture, std::int64_t now) : account_(account), p_(picture), now_(now) {}
  Verdict run();

 private:
  struct Counts {
    std::uint32_t rows = 0, unseen_rows = 0, deleted_rows = 0, total_emails = 0, unread_emails = 0, total_threads = 0,
                  unread_threads = 0;
    std::uint64_t bytes = 0;
  };

  // judge.cc
  void find(const char* kind, std::string key, std::string what, bool visible);
  void put(std::string key, const google::protobuf::MessageLite& m) { v_.rows[std::move(key)] = m.SerializeAsString(); }
  void drop(std::string key) { v_.rows[std::move(key)] = std::nullopt; }
  void damaged();
  void account();
  void counters();
  void log();
  // judge_mail.cc: the primary records and the rows that show them
  void mailboxes();
  void tree();
  void inbox();
  records::Mailbox& mailbox_again(std::uint32_t id, std::string name);
  bool alive(std::uint32_t mailbox) const;
  void lost_emails();
  void rebuild(std::uint64_t id, const std::vector<std::pair<std::uint32_t, model::SheetRow>>& rows,
               const std::vector<std::string>& bodies);
  void places();
  bool settle(records::Email& e);
  void all_mail();
  bool shows_all(std::uint32_t mailbox) const;
  bool settle_all_mail(records::Email& e);
  void place(records::Email& e, records::Mailbox& m);
  void to_inbox(records::Email& e);
  void rows(records::Email& e);
  void write_row(const records::Email& e, const records::Place& p, const model::SheetRow* old);
  void set_slot(std::uint32_t mailbox, std::uint32_t uid, const model::RowFlags* value);
  void strays();
  void flags(records::Email& e);
  // judge_derived.cc
  void threads();
  void counts();
  void quota();
  void queue();
  void blobs();
  void ties();
  // judge_sieve.cc
  void scripts();
  void marks();
  void unowned();

  std::uint64_t account_;
  Picture& p_;
  std::int64_t now_;
  std::uint64_t modseq_ = 0;      // that the repair will have
  records::Account was_;
  std::map<std::uint32_t, std::string> mailboxes_were_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> taken_;   // mailbox, uid -> email
  std::set<Picture::BlockAt> blocks_changed_;
  records::Mailbox* all_ = nullptr;   // the living one that shows all mail
  Verdict v_;
};
}  // namespace postern::store
