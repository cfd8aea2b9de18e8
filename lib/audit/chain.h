// Lines of an audit log and how they hang together.
//
// A line is one JSON object: "n" its number, from 1 without gaps; "prev" the SHA-256 of the line before it, without its
// line end, in hexadecimal (64 zeros for the first); "time"; "action"; then what belongs to that action.
// Files, below the folder of the log, oldest first: audit-NNNNNNNNNN.jsonl (named for their first line), audit.jsonl.
// Runs in: stored, authd (writing), postern (reading).  Input of Chain: hostile, at most kMaxLine a line.
// Tests: t/unit/audit_log.cc, t/fuzz/audit_line.cc
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/result.h"

namespace postern::audit {

using base::Result;

inline constexpr std::size_t kMaxLine = 16'384;
inline constexpr std::size_t kMaxValue = 1'000;      // bytes of one value; the rest is cut off
inline constexpr std::size_t kMaxFiles = 100'000;
inline constexpr const char* kCurrent = "audit.jsonl";

// Where a log ends: the number of its last line and that line's checksum.
struct Head {
  std::uint64_t number = 0;
  base::Digest sha256{};               // all zero at the beginning
  bool operator==(const Head&) const = default;
  // Its first eight bytes as a number, for counters.
  std::uint64_t short_hash() const;
};
std::string encode(const Head& head);                 // 40 bytes
std::optional<Head> decode_head(std::string_view bytes);

struct Event {
  std::uint64_t number = 0;
  std::string previous;                // "prev", as it stands
  std::string time, action;
  std::vector<std::pair<std::string, std::string>> fields;   // the others, in order; numbers as text
};
using Fields = std::vector<std::pair<std::string, std::string>>;

// The line behind `head`, without its end.
std::string make_line(const Head& head, std::int64_t unix_seconds, std::string_view action, const Fields& fields);
Result<Event> parse_line(std::string_view line);

// Follows a chain line by line.
class Chain {
 public:
  // Fault::corrupt says what does not fit: no event, a number that does not follow, another line before it.  After it
  // the chain goes on from this line, if it is one.
  Result<Event> next(std::string_view line);
  const Head& head() const { return head_; }

 private:
  Head head_;
};

// The files of a log, oldest first.  A missing folder is an empty log.
Result<std::vector<std::string>> files(const std::string& folder);
// All lines of all files, in order, with file and number within it.  A last line without end is given as it is.
Result<> each_line(const std::string& folder,
                   const std::function<bool(std::string_view line, const std::string& file, std::uint64_t at)>& use);

}  // namespace postern::audit
