// Sets of message numbers and UIDs (RFC 9051 9: sequence-set).
// Runs in: imapd.  Input: hostile.  Limits: kMaxSetRanges ranges as written.
// Tests: t/unit/imap_set.cc, t/fuzz/imap_set.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::imap {

class Lexer;

// lo <= hi, both in the set.
struct Run {
  std::uint32_t lo = 0;
  std::uint32_t hi = 0;
  bool operator==(const Run&) const = default;
};

// Numbers as sorted runs that neither touch nor overlap.
class UidSet {
 public:
  UidSet() = default;
  explicit UidSet(std::vector<Run> any_order);
  static UidSet single(std::uint32_t n) { return UidSet({{n, n}}); }

  bool empty() const { return runs_.empty(); }
  std::uint64_t count() const;
  bool contains(std::uint32_t n) const;
  std::uint32_t min() const { return runs_.empty() ? 0 : runs_.front().lo; }
  std::uint32_t max() const { return runs_.empty() ? 0 : runs_.back().hi; }
  const std::vector<Run>& runs() const { return runs_; }

  // Cheap when `n` is at or after the last number; else the set is sorted anew at that call.
  void add(std::uint32_t n) { add(n, n); }
  void add(std::uint32_t lo, std::uint32_t hi);
  UidSet intersect(const UidSet& other) const;
  UidSet minus(const UidSet& other) const;
  // "1:3,5"; empty for the empty set.
  std::string text() const;
  void append_text(std::string& out) const;
  bool operator==(const UidSet&) const = default;

 private:
  std::vector<Run> runs_;
};

// A set as the client wrote it; 0 stands for `*`.
struct SequenceSet {
  std::vector<Run> ranges;
  bool saved = false;  // "$" (RFC 5182): the ranges are empty

  // The set with `*` put in; ranges may be written backwards.  `largest` is the greatest number in use, 0 for
  // none: then a range with `*` keeps its other end only.
  UidSet resolve(std::uint32_t largest) const;
  // The greatest number written, 0 when only `*` occurs.
  std::uint32_t greatest() const;
  bool has_star() const;
};

// Reads "1:3,5,*" or "$"; fails the lexer on anything else.
SequenceSet parse_sequence_set(Lexer& in);
// The same from a whole string.
bool parse_sequence_set(std::string_view text, SequenceSet& out);

}  // namespace postern::imap
