// The filter of Email/query: parsed once, evaluated over the account's sheet first, then, for the rows that
// the sheet can't decide, over stored content, and last over the message's own bytes.  RFC 8620 5.5, RFC
// 8621 4.4.1. Runs in: jmapd.  Input: hostile.  Limits: kMaxFilterDepth, kMaxFilterConditions. Tests:
// t/unit/jmap_filter.cc, t/fuzz/jmap_filter.cc
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jmap/errors.h"
#include "jmap/text_match.h"
#include "model/flags.h"
#include "model/sheet.h"

namespace postern::jmap {

enum class Truth { no, yes, unknown };

// Flags of all emails of a thread, joined.
struct ThreadFlags {
  model::Flags all{~0ull, ~0ull}, some;
};
using ThreadTable = std::unordered_map<std::uint64_t, ThreadFlags>;
ThreadTable thread_table(const model::Sheet& sheet);

// What is known of an email beyond its row.  Absent members are asked for by answering Truth::unknown.
struct ContentFacts {
  std::optional<bool> has_attachment;
  std::string_view header;                               // a header block; data() is null when there is none
  bool header_is_whole = false;                          // holds every field; else only those that are cached
  bool header_complete = false;                          // every cacheable field is in it
  const std::vector<std::string>* body_texts = nullptr;  // folded texts of the body's parts
};

struct RowFacts {
  const model::Sheet* sheet = nullptr;
  std::size_t row = 0;
  const ThreadTable* threads = nullptr;  // needed where uses_threads()
  const ContentFacts* content = nullptr;
};

class EmailFilter {
 public:
  // Maps a mailbox id of the client to a mailbox; 0 for one that does not exist.
  using MailboxOf = std::function<std::uint32_t(std::string_view id)>;
  // `filter` may be null (everything matches).  unsupportedFilter past the limits or for unknown conditions,
  // invalidArguments for wrong types.
  static Method<EmailFilter> parse(const json::value* filter, const MailboxOf& mailbox_of);
  // Looks the keywords up in the account's table; call before evaluate().
  void bind(const std::vector<std::string>& keyword_table);

  Truth evaluate(const RowFacts& facts) const;
  bool empty() const { return nodes_.empty(); }
  bool uses_threads() const { return uses_threads_; }
  // Only on what never changes: size, dates, headers, bodies.
  bool immutable() const { return immutable_; }
  // The mailbox when the filter is exactly {inMailbox}; 0 otherwise.
  std::uint32_t only_mailbox() const;

 private:
  enum class Kind : std::uint8_t {
    all_of,
    any_of,
    none_of,
    in_mailbox,
    other_than,
    before,
    after,
    min_size,
    max_size,
    all_thread,
    some_thread,
    none_thread,
    has_keyword,
    not_keyword,
    has_attachment,
    text,
    from,
    to,
    cc,
    bcc,
    subject,
    body,
    header,
  };
  struct Node {
    Kind kind = Kind::all_of;
    std::vector<std::uint32_t> children;  // operators
    std::int64_t number = 0;              // dates, sizes, booleans, mailbox
    std::vector<std::uint32_t> mailboxes;
    std::string name;  // keyword or field name
    int bit = -1;
    TextMatch match;
    bool has_match = false;
  };
  struct Reader;
  Truth test(const Node& n, const RowFacts& f) const;
  static Truth test_sheet(const Node& n, const RowFacts& f);
  static Truth test_field(const Node& n, std::string_view field, const RowFacts& f);
  static Truth test_text(const Node& n, const RowFacts& f);

  std::vector<Node> nodes_;  // the root is the last one
  bool uses_threads_ = false, immutable_ = true;
};

}  // namespace postern::jmap
