// A sheet is what a front end needs of every message in one mailbox, packed by column: built by stored from uid rows,
// sent inline or as a sealed memfd, shared by all sessions of a process.  A mailbox sheet is ordered by UID.  The
// account's sheet (mailbox 0) has one entry an email, ordered by email id, with uid 0, and tells each email's mailboxes.
//
// Layout, little-endian, every column aligned to 8 bytes, after a header of 64 bytes:
//   header: "PSHEET01", u32 count, u32 mailbox, u64 modseq, u64 places (entries of the last column), zeros
//   u32 uid[]; u64 flags_lo[]; u64 flags_hi[]; u64 modseq[]; u64 email[]; u64 thread[]; u32 size[] (capped at 2^32-1);
//   i64 received[]; i64 saved[]; i64 sent[]; u32 place_end[]; u32 place[]  (mailboxes of email i:
//   place[place_end[i-1] .. place_end[i]]; empty in mailbox sheets)
// Runs in: stored (Builder) and front ends (Sheet).  Input from stored is checked for size, not for sense.
// Tests: t/unit/model_sheet.cc
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "model/flags.h"

namespace postern::model {

inline constexpr std::size_t kInlineSheet = 64u << 10;   // larger ones travel in a memfd
inline constexpr std::size_t kMaxSheetRows = 16'000'000;

struct SheetRow {
  std::uint32_t uid = 0;
  Flags flags;
  std::uint64_t modseq = 0;
  std::uint64_t email = 0;
  std::uint64_t thread = 0;
  std::uint64_t size = 0;
  std::int64_t received = 0;   // unix seconds, INTERNALDATE
  std::int64_t saved = 0;      // unix seconds, SAVEDATE
  std::int64_t sent = 0;       // unix seconds of Date, 0 when unknown
};

class SheetBuilder {
 public:
  void reserve(std::size_t rows);
  void add(const SheetRow& row, std::span<const std::uint32_t> places = {});
  std::size_t size() const { return uid_.size(); }
  // The packed bytes.
  std::string finish(std::uint32_t mailbox, std::uint64_t modseq) const;

 private:
  std::vector<std::uint32_t> uid_, size_, place_end_, place_;
  std::vector<std::uint64_t> lo_, hi_, modseq_, email_, thread_;
  std::vector<std::int64_t> received_, saved_, sent_;
};

// A sealed memfd holding `bytes`.
base::Result<base::Fd> seal(std::string_view bytes);

// An immutable sheet; columns are spans into it and live as long as it does.
class Sheet {
 public:
  static base::Result<std::shared_ptr<const Sheet>> from_bytes(std::string bytes);
  // Refuses a descriptor that is not sealed against shrinking, growing and writing.
  static base::Result<std::shared_ptr<const Sheet>> from_fd(const base::Fd& fd);
  Sheet(const Sheet&) = delete;
  Sheet& operator=(const Sheet&) = delete;
  ~Sheet();

  std::size_t size() const { return uid.size(); }
  std::uint32_t mailbox() const { return mailbox_; }
  std::uint64_t modseq_now() const { return modseq_; }   // the version of the whole sheet
  SheetRow row(std::size_t i) const;
  Flags flags(std::size_t i) const { return {flags_lo[i], flags_hi[i]}; }
  // Index of the row with this UID (mailbox sheets) or email id (the account's); size() when absent.
  std::size_t find_uid(std::uint32_t uid) const;
  std::size_t find_email(std::uint64_t email) const;
  std::span<const std::uint32_t> places(std::size_t i) const;

  std::span<const std::uint32_t> uid, bytes_size, place_end, place;
  std::span<const std::uint64_t> flags_lo, flags_hi, modseq, email, thread;
  std::span<const std::int64_t> received, saved, sent;

 private:
  Sheet() = default;
  static base::Result<std::shared_ptr<const Sheet>> attach(std::unique_ptr<Sheet> s, std::string_view bytes);
  std::string owned_;
  void* map_ = nullptr;
  std::size_t map_size_ = 0;
  std::uint32_t mailbox_ = 0;
  std::uint64_t modseq_ = 0;
};

}  // namespace postern::model
