// In which order: the comparators of IMAP's SORT and of JMAP's Email/query, and the sorting.  Runs in: imapd, jmapd.
// RFC 5256, RFC 5957, RFC 8621 4.4.2.  Memory: 8 bytes a numeric comparator and message, a string a text comparator and
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
  Collation collation = Collation::unicode_casemap;
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

// The keys of a set of messages, and the set sorted by them.
class Sorter {
 public:
  // `order` must outlive this.
  explicit Sorter(const Order& order);
  void add(const Row& row);
  // The texts of the message that was added as number `i`; without them they are empty.
  void set_texts(std::size_t i, const StoredContent& content);
  // That of the comparator number `by` alone.  REQUIRES: is_text().
  void set_text(std::size_t i, std::size_t by, std::string_view utf8);
  // Numbers of the messages in order; equal ones in the order in which they were added.  Only the first `need` are
  // certain to be in place.
  std::vector<std::uint32_t> sorted(std::size_t need = SIZE_MAX);

 private:
  int compare(std::uint32_t a, std::uint32_t b) const;
  const Order& order_;
  std::size_t numbers_of_one_ = 0, texts_of_one_ = 0, count_ = 0;
  std::vector<std::int64_t> numbers_;
  std::vector<std::string> texts_;
};

}  // namespace postern::query
