// What SORT, THREAD and searches of header fields look at of messages, kept from one command to the next: it never changes, and
// reading all stored contents anew costs a hundred times the sorting, ten times the matching.  A column has one kind of key of one
// account's emails, whatever mailbox they are in.
// Runs in: imapd, jmapd, loop thread.  Memory: the budget; columns used longest ago go first.
// Tests: t/unit/query_key_cache.cc
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/contents.h"
#include "query/sort.h"

namespace postern::query {

struct KeyKind {
  std::uint64_t account = 0;
  std::uint64_t epoch = 0;   // of the account: another one, other emails
  bool thread = false;       // thread_key() instead of the comparator's
  std::optional<FieldForm> field;  // form_field() instead
  Comparator::Key key = Comparator::Key::subject;
  mime::Collation collation = mime::Collation::unicode_casemap;
  auto operator<=>(const KeyKind&) const = default;
};

// Keys by email.  What find() gives lives until the next put().
class KeyColumn {
 public:
  // REQUIRES: no key of this email is there.
  void put(std::uint64_t email, std::string_view key);
  // After the last put() and before find().
  void settle();
  std::optional<std::string_view> find(std::uint64_t email) const;
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return entries_.capacity() * sizeof(Entry) + text_.capacity(); }

 private:
  struct Entry {
    std::uint64_t email;
    std::uint64_t at;
    std::uint32_t size;
  };
  std::vector<Entry> entries_;  // the settled ones by email
  std::size_t settled_ = 0;
  std::string text_;
  mutable std::size_t last_ = 0;  // most look-ups go on from where the last one was
};

class KeyCache {
 public:
  explicit KeyCache(std::size_t budget) : budget_(budget) {}
  // Made when it is not there.  A holder may go on with a column that has been dropped.
  std::shared_ptr<KeyColumn> column(const KeyKind& kind);
  // Drops columns until the rest is within the budget and kMaxColumns.
  void trim();
  std::size_t bytes() const;
  std::size_t budget() const { return budget_; }

 private:
  struct Entry {
    KeyKind kind;
    std::shared_ptr<KeyColumn> column;
  };
  std::size_t budget_;
  std::list<Entry> order_;  // latest used first
};

// The columns of `kinds` with keys of all `rows` but those of messages whose content can't be read.
io::Task<base::Result<std::vector<std::shared_ptr<KeyColumn>>>> fill_columns(Access access, std::vector<KeyKind> kinds,
                                                                              const std::vector<Row>& rows);
// The columns of these fields, in their order, with keys of the `rows` whose header cache is whole; no more than the budget in one
// go.  REQUIRES: access.keys, and cache_decides() of all.
io::Task<base::Result<std::vector<std::shared_ptr<KeyColumn>>>> field_columns(Access access, mime::Collation collation,
                                                                               const std::vector<FieldForm>& fields,
                                                                               const std::vector<Row>& rows);
// For comparators on Key::given: the text_key() by place in the order and number of the row; without one it is empty.
using GivenKeys = std::map<std::pair<std::size_t, std::size_t>, std::string>;
// Sorts `rows` (see sort.h): texts come from the cache, or are given.  `hints` are for Key::relevance; may be null.
io::Task<base::Result<std::vector<std::uint32_t>>> sorted_rows(Access access, const Order& order, const std::vector<Row>& rows,
                                                               std::size_t need, const Hints* hints,
                                                               const GivenKeys& given = {});

}  // namespace postern::query
