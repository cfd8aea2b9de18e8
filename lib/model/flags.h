// The flags of an email as 128 bits, and the account's table of keyword names.
// Runs in: stored and every front end.  RFC 9051 2.3.2, RFC 8621 4.1.1.  Tests: t/unit/model_flags.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::model {

inline constexpr int kFirstKeywordBit = 8;
inline constexpr int kMaxKeywords = 120;       // an account
inline constexpr std::size_t kMaxKeywordLength = 255;  // RFC 8621 4.1.1

// Bits: 0 \Seen, 1 \Answered, 2 \Flagged, 3 \Draft, 4 \Deleted, 8+i keyword i.
struct Flags {
  std::uint64_t lo = 0;
  std::uint64_t hi = 0;
  static constexpr Flags bit(int n) { return n < 64 ? Flags{1ull << n, 0} : Flags{0, 1ull << (n - 64)}; }
  constexpr bool has(int n) const { return n < 64 ? lo >> n & 1 : hi >> (n - 64) & 1; }
  constexpr Flags operator|(Flags o) const { return {lo | o.lo, hi | o.hi}; }
  constexpr Flags operator&(Flags o) const { return {lo & o.lo, hi & o.hi}; }
  constexpr Flags without(Flags o) const { return {lo & ~o.lo, hi & ~o.hi}; }
  constexpr bool empty() const { return (lo | hi) == 0; }
  friend constexpr bool operator==(Flags, Flags) = default;
};

inline constexpr int kSeen = 0, kAnswered = 1, kFlagged = 2, kDraft = 3, kDeleted = 4;
inline constexpr Flags kSeenBit = Flags::bit(kSeen), kDraftBit = Flags::bit(kDraft), kDeletedBit = Flags::bit(kDeleted);

// "\Seen" and "$seen" are both bit 0, and so on for the four system keywords; "\Deleted" is bit 4.  Nothing else.
std::optional<int> system_flag(std::string_view name);
// IMAP spelling of bits 0..4: "\Seen".  REQUIRES: 0 <= bit <= 4.
std::string_view imap_flag(int bit);
// JMAP spelling of bits 0..3: "$seen".  REQUIRES: 0 <= bit <= 3.
std::string_view jmap_keyword(int bit);
// An IMAP atom without '\' that is legal as a JMAP keyword: 1-255 of 0x21-0x7e without ( ) { ] % * " \ .
bool valid_keyword(std::string_view name);
// Index of `name` in the table, without case; -1 when absent.
int find_keyword(const std::vector<std::string>& table, std::string_view name);
// Names of all set bits: IMAP spelling (system flags first), or JMAP keywords in lower case without \Deleted.
std::vector<std::string> imap_names(Flags f, const std::vector<std::string>& table);
std::vector<std::string> jmap_names(Flags f, const std::vector<std::string>& table);

}  // namespace postern::model
