// Does a message match a SEARCH?  Three-valued: what needs the header or the body of the message is `unknown`
// until that is at hand, so that most messages are decided from the columns of a sheet alone. Runs in: imapd.
// Substrings are exact and without case, over decoded header values and decoded text parts (RFC 9051 6.4.4).
// Tests: t/unit/imap_search.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "imap/search_program.h"

namespace postern::imap {

enum class Match : std::uint8_t { no, yes, unknown };

// What the columns of one message say.
struct SearchRow {
  std::uint32_t seq = 0;
  std::uint32_t uid = 0;
  bool recent = false;
  std::uint64_t flags_lo = 0, flags_hi = 0;
  std::uint64_t modseq = 0;
  std::uint64_t size = 0;
  std::uint64_t email = 0, thread = 0;
  std::int64_t received = 0;  // unix seconds
  std::int64_t saved = 0;
  std::int64_t sent = 0;  // of the Date header; 0 = unknown
};

// Contents of one message, for the keys that columns don't decide.
struct MessageContent {
  // Raw header fields; a field that is not in it is in the message only if `header_complete` is false and
  // may_lack() says so for its name.
  std::string_view header;
  bool header_complete = false;  // `header` is the whole block
  // Results of BodyMatcher beside SearchProgram::keys; null while the body has not been read.
  const std::vector<bool>* body_hits = nullptr;
};

// What names in a program stand for in one account.
class SearchNames {
 public:
  virtual ~SearchNames() = default;
  virtual int flag_bit(std::string_view flag) const = 0;              // -1: no message has it
  virtual std::uint64_t email(std::string_view object_id) const = 0;  // 0: no message has it
  virtual std::uint64_t thread(std::string_view object_id) const = 0;
};

struct BoundKey {
  int bit = -1;
  UidSet set;
  std::uint64_t id = 0;
};

// A program with its names and sets looked up, once a command.
class BoundSearch {
 public:
  // `program` must outlive this.  `saved` is what "$" stands for.
  BoundSearch(const SearchProgram& program, const SearchNames& names, std::uint32_t exists,
              std::uint32_t last_uid, const UidSet& saved, std::int64_t now);

  // `content` may be null: keys that need it are unknown.  With header and body_hits given the answer is
  // never unknown, but for fields that a partial header may lack.
  Match match(const SearchRow& row, const MessageContent* content) const;
  // Narrows `uids` to those that the top-level conditions on UIDs and message numbers leave possible.
  void narrow_uids(UidSet& uids) const;
  void narrow_seqs(UidSet& seqs) const;

 private:
  Match eval(std::int32_t key, const SearchRow& row, const MessageContent* content) const;
  Match eval_children(const SearchKey& key, bool any, const SearchRow& row,
                      const MessageContent* content) const;
  Match column_key(const SearchKey& key, const BoundKey& bound, const SearchRow& row, bool& done) const;
  Match content_key(std::size_t index, const SearchRow& row, const MessageContent* content) const;
  void narrow(SearchKey::Op op, UidSet& set) const;

  const SearchProgram& program_;
  std::vector<BoundKey> bound_;
  std::int64_t now_;
};

}  // namespace postern::imap
