// One account as its rows have it, read in slices from the disk alone: what fsck compares.  Nothing is believed but
// what a row's checksum and its own form vouch for.
// Runs in: stored, on the store thread (step()); what it holds may be looked at by a worker afterwards.
// REQUIRES: nobody writes to the account meanwhile (Store::hold()).  Memory: about 500 bytes an email.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kv/engine.h"
#include "model/flag_block.h"
#include "model/sheet.h"
#include "proto/records.pb.h"

namespace postern::store {

struct Picture {
  struct Email {
    records::Email rec;
    bool wire = false, content = false;   // the rows are there and readable
  };
  struct Damaged {
    std::string key;
    std::string raw;      // as the disk has it, checksum and all
    bool checksum = true; // what does not fit; else the row's own form
  };
  using BlockAt = std::pair<std::uint32_t, std::uint32_t>;   // mailbox, number

  std::optional<records::Account> account;
  std::map<std::uint32_t, records::Mailbox> mailboxes;
  std::map<std::uint64_t, Email> emails;
  std::map<std::uint32_t, std::vector<model::SheetRow>> rows;   // of each mailbox, by UID
  std::map<BlockAt, model::FlagBlock> blocks;
  std::map<std::uint64_t, records::Thread> threads;
  std::unordered_map<std::string, records::AccountBlob> blobs;
  std::unordered_map<std::string, std::uint64_t> identities, hashes;
  std::set<std::pair<std::uint64_t, std::uint64_t>> queue;      // time, email
  std::set<std::string> uploads;                                // bodies that an upload row names
  std::map<std::uint32_t, records::Script> scripts;
  std::map<std::uint32_t, std::string> script_texts;
  std::map<std::string, std::uint64_t> marks;                   // id, until
  std::set<std::pair<std::uint64_t, std::string>> mark_ends;    // until, id
  // Rows that may be about something that is not there, by their key: annotations and URL keys of mailboxes, annotations of
  // emails.
  std::vector<std::string> unowned;
  bool annotations = false;                                     // some email has one
  std::vector<std::uint64_t> log;                               // modseqs, ascending
  std::map<std::uint32_t, std::uint32_t> highest_uid;           // of each mailbox, as far as any row still tells
  // Ties of living emails to their threads that no hash row has.
  std::vector<std::pair<std::string, std::uint64_t>> untied;
  std::vector<Damaged> damaged;
  std::uint64_t damaged_more = 0;   // beyond those: too many for one look
  std::uint64_t rows_read = 0;
  std::uint64_t highest_modseq = 0; // of any row

  // The row of this UID; nothing when there is none.
  const model::SheetRow* row(std::uint32_t mailbox, std::uint32_t uid) const;
  const model::RowFlags* slot(std::uint32_t mailbox, std::uint32_t uid) const;
};

class PictureReader {
 public:
  PictureReader(std::uint64_t account, Picture& out) : account_(account), out_(out) {}
  // The next 10,000 rows; true when that was all.
  base::Result<bool> step(kv::Engine& engine);

 private:
  void used(std::uint32_t mailbox, std::uint32_t uid);
  bool take(std::string_view key, std::string_view value);
  bool take_email(std::string_view key, std::string_view value);
  bool take_content(std::string_view key, std::string_view value);
  bool take_row(std::string_view key, std::string_view value);
  bool take_block(std::string_view key, std::string_view value);
  bool take_sieve(std::string_view key, std::string_view value);
  bool take_metadata(std::string_view key);
  bool take_annotation(std::string_view key, std::string_view value);

  std::uint64_t account_;
  Picture& out_;
  std::string resume_ = std::string(1, '\x01');
};

// A row's key in words: "mailbox 3 uid 17", "email 5".
std::string key_words(std::string_view key);

}  // namespace postern::store
