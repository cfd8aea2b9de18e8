// What is searched for: one tree of conditions, made by the parsers of IMAP's SEARCH and of JMAP's Email/query.
// Runs in: imapd, jmapd.  The parsers bound its depth and size; evaluation recurses as deep as the tree is.
// Tests: t/unit/query_random.cc, and those of the parsers
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mime/collation.h"

namespace postern::query {

// Numbers lo to hi, both in it.  Lists of spans are in ascending order and do not overlap.
struct Span {
  std::uint32_t lo = 0;
  std::uint32_t hi = 0;
  bool operator==(const Span&) const = default;
};
using Spans = std::vector<Span>;
bool contains(const Spans& spans, std::uint32_t n);

inline constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

class Hints;

// A header field as conditions look at it (header_match.h makes it).
struct FieldForm {
  enum class Form : std::uint8_t {
    lines,      // as it stands in the header
    text,       // decoded, as the collation compares it
    addresses,  // the same, and its addresses without comments and quotes
  };
  std::string name;  // in lower case
  Form form = Form::text;
  auto operator<=>(const FieldForm&) const = default;
};

struct Condition {
  enum class Op : std::uint8_t {
    all_of,   // children; without any: everything
    any_of,   // children
    none_of,  // children
    // Columns of the row.
    seq,            // message number in `spans`
    uid,            // in `spans`
    mailbox,        // some mailbox of the email is in `spans`
    other_mailbox,  // some is not
    received,       // lo..hi, unix seconds
    saved,          // likewise
    age,            // lo..hi, seconds from `received` until now
    size,           // lo..hi, bytes
    modseq,         // lo..hi
    email,          // `id`; `name` until bind()
    thread,         // likewise
    recent,
    flag,            // "\\Seen", "$seen" or a keyword: `name`
    flag_in_thread,  // some email of the thread has it
    flag_all_thread, // all of them do
    // What is in the message.
    sent_day,    // lo..hi, days since 1970 as the Date field writes them
    attachment,  // has one
    field,       // some field `name` (lower case) contains `text`; with an empty text: is there
    body,        // `text` is in the body
    text,        // or in the header
  };
  // What a text condition looks at.
  enum class View : std::uint8_t {
    source,  // all fields, those of body parts too, and text parts with their markup (IMAP)
    reader,  // From, To, Cc, Bcc, Subject and what a reader sees of text parts (JMAP)
  };
  // How a text condition matches.  Messages that no index knows are matched by substring, however that is.
  enum class Match : std::uint8_t {
    substring,
    words,  // whole words side by side
    fuzzy,  // words by their stems, ranked (RFC 6203)
  };
  Op op = Op::all_of;
  bool negated = false;
  View view = View::source;
  Match match = Match::substring;
  bool addresses = false;  // of field: it holds addresses, which are looked at without comments and quotes too
  int bit = -1;            // of flags, after bind(); -1: no message has it
  std::int64_t lo = kLeast, hi = kMost;
  std::uint64_t id = 0;  // after bind(); 0: no message has it
  std::string name;
  std::string text;  // UTF-8; after bind() its match_key()
  std::string written;  // after bind(): the text as it was, where `match` is not substring
  Spans spans;
  std::int32_t first_child = -1, last_child = -1, next = -1;

  bool is_list() const { return op <= Op::none_of; }
  FieldForm::Form form() const { return addresses ? FieldForm::Form::addresses : FieldForm::Form::text; }  // of field
  bool in_range(std::int64_t n) const { return lo <= n && n <= hi; }
};

// What names stand for in one account at one moment.
struct Binding {
  std::uint64_t account = 0;
  const std::vector<std::string>& keywords;
  std::int64_t now = 0;
  mime::Collation collation = mime::Collation::unicode_casemap;
  bool words = false;  // where the filter says substring, words are meant
  std::uint32_t all_mail = 0;  // the mailbox that shows all mail: no other_mailbox is fulfilled by it
};
// The bit of a flag or keyword; -1 when no message can have it.
int flag_bit(std::string_view name, const std::vector<std::string>& keywords);

class Filter {
 public:
  using Op = Condition::Op;
  // The index of the new condition.  The one that is added with root() is where evaluation begins.
  std::int32_t add(Condition c);
  void append_child(std::int32_t parent, std::int32_t child);
  void set_root(std::int32_t index) { root_ = index; }
  std::int32_t root() const { return root_; }
  std::size_t size() const { return all_.size(); }
  Condition& at(std::int32_t i) { return all_[static_cast<std::size_t>(i)]; }
  const Condition& at(std::int32_t i) const { return all_[static_cast<std::size_t>(i)]; }
  // Makes all conditions of `other` part of this; what was its root becomes the only child of `place`, which is a list.
  void graft(std::int32_t place, const Filter& other);

  // Looks names up and prepares texts; once, before the first evaluation.
  void bind(const Binding& b);
  // This is bound as `other` was: its conditions came from there.
  void take_binding(const Filter& other);
  // What an index knows of the text conditions; null: nothing.  A bound filter's, for as long as it lives: messages never
  // change.
  void set_hints(std::shared_ptr<const Hints> hints) { hints_ = std::move(hints); }
  const Hints* hints() const { return hints_.get(); }
  std::int64_t now() const { return now_; }
  mime::Collation collation() const { return collation_; }

  // No condition at all: everything matches.
  bool empty() const { return root_ < 0; }
  bool uses(Op op) const { return used_ >> static_cast<unsigned>(op) & 1; }
  bool uses_header() const;  // some condition looks at header fields
  // What conditions on single fields and on sent days look at, in order, each once.
  std::vector<FieldForm> fields() const;
  bool uses_body() const { return uses(Op::body) || uses(Op::text); }
  bool uses_fuzzy() const;
  bool is_substring() const;  // every text condition matches by substring
  bool uses_threads() const { return uses(Op::flag_in_thread) || uses(Op::flag_all_thread); }
  // Only on what never changes of a message: dates, size, header, body.
  bool immutable() const;
  // The condition of that kind that every match must fulfil because it stands at the top; nullptr when there is none or
  // it is negated.  Narrows a search before it begins.
  std::vector<const Condition*> required(Op op) const;

 private:
  std::vector<Condition> all_;
  std::int32_t root_ = -1;
  std::uint32_t used_ = 0;
  std::int64_t now_ = 0;
  mime::Collation collation_ = mime::Collation::unicode_casemap;
  std::shared_ptr<const Hints> hints_;
};

}  // namespace postern::query
