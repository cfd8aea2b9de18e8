// In which order: the comparators of IMAP's SORT and of JMAP's Email/query, and the sorting.  Runs in: imapd, jmapd.
// RFC 5256, RFC 5957, RFC 6203, RFC 8621 4.4.2.  Memory: 8 bytes a numeric comparator and message, 16 a text comparator and
// message.  Tests: t/unit/query_sort.cc, t/unit/jmap_filter.cc
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "query/evaluate.h"
#include "query/stored_content.h"

namespace postern::query {

struct Comparator {
  enum class Key : std::uint8_t {
    received,
    sent,  // the Date field, else when it was received
    size,
    relevance,        // how well it fits fuzzy conditions (RFC 6203), the best first
    flag,             // has it: 1
    flag_all_thread,  // likewise
    flag_in_thread,
    // Texts, which take the stored content.
    from,  // local part of the first address
    to,
    cc,
    display_from,  // name of the first address, else the address
    display_to,
    subject,  // base subject (RFC 5256 2.1)
    given,    // by set_text(): `name` and `shared` tell the caller which (annotations, RFC 5257)
  };
  Key key = Key::received;
  bool descending = false;
  mime::Collation collation = mime::Collation::unicode_casemap;
  std::string keyword;  // of flags
  int bit = -1;         // after bind()
  std::string name;
  bool shared = false;
  bool is_text() const { return key >= Key::from; }
};

struct Order {
  std::vector<Comparator> by;
  // Looks keywords up; once, before sorting.
  void bind(const std::vector<std::string>& keywords);
  bool uses(Comparator::Key key) const;
  bool uses_text() const;
  bool uses_threads() const;
  // On nothing that ever changes of a message.
  bool immutable() const;
};

// When a message was sent, for sorting (RFC 5256 2.2).
inline std::int64_t sent_date(const model::SheetRow& row) { return row.sent != 0 ? row.sent : row.received; }

// What a text comparator looks at.
std::string text_key(const Comparator& c, const StoredContent& content);

// The keys of a set of messages, and the set sorted by them.
class Sorter {
 public:
  // Both must outlive this; `hints` may be null.
  explicit Sorter(const Order& order, const Hints* hints = nullptr);
  void add(const Row& row);
  // The text_key() for text comparator number `k` of the message that was added as number `i`; without one it is empty.
  // `key` must live until sorted().
  void set_text(std::size_t i, std::size_t k, std::string_view key);
  // Numbers of the messages in order; equal ones in the order in which they were added.  Only the first `need` are
  // certain to be in place.
  std::vector<std::uint32_t> sorted(std::size_t need = SIZE_MAX);

 private:
  int compare(std::uint32_t a, std::uint32_t b) const;
  const Order& order_;
  const Hints* hints_;
  std::size_t numbers_of_one_ = 0, texts_of_one_ = 0, count_ = 0;
  std::vector<std::int64_t> numbers_;
  std::vector<std::string_view> texts_;
};

}  // namespace postern::query
