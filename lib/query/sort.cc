#include "query/sort.h"

#include <algorithm>

#include "mime/address.h"
#include "mime/header.h"
#include "mime/subject.h"
#include "mime/words.h"
#include "query/hints.h"

namespace postern::query {

namespace {

using Key = Comparator::Key;

std::int64_t number(const Comparator& c, const Row& row, const Hints* hints) {
  const ThreadFlags* thread = row.flags_of_thread;
  switch (c.key) {
    case Key::received:
      return row.received;
    case Key::sent:
      return sent_date(row);
    case Key::size:
      return static_cast<std::int64_t>(row.size);
    case Key::relevance:
      return hints ? -std::int64_t{hints->relevance(row.email)} : 0;
    case Key::flag:
      return c.bit >= 0 && row.flags.has(c.bit);
    case Key::flag_all_thread:
      return c.bit >= 0 && thread && thread->all.has(c.bit);
    case Key::flag_in_thread:
      return c.bit >= 0 && thread && thread->some.has(c.bit);
    default:
      return 0;
  }
}

// RFC 5256 3 and RFC 5957 3, of the first address of a field.
std::string address(std::string_view header, std::string_view field, bool display) {
  std::string_view raw = mime::first_value(header, field);
  if (!raw.data()) return {};
  for (const mime::Address& a : mime::parse_addresses(raw).items) {
    if (a.kind == mime::Address::Kind::group_end) continue;
    // The ENVELOPE gives the name of a group as the mailbox of its first address.
    if (a.kind == mime::Address::Kind::group_begin) return a.name();
    if (!display) return a.local;
    std::string name = a.name();
    return name.empty() ? a.email() : name;
  }
  return {};
}

// The decoded one where it is at hand, else from the header.
std::string subject_of(const StoredContent& content) {
  if (!content.subject.empty()) return std::string(content.subject);
  return mime::decode_text(mime::first_value(content.header, "subject"));
}

std::string text_of(const Comparator& c, const StoredContent& content) {
  switch (c.key) {
    case Key::from:
      return address(content.header, "from", false);
    case Key::to:
      return address(content.header, "to", false);
    case Key::cc:
      return address(content.header, "cc", false);
    case Key::display_from:
      return address(content.header, "from", true);
    case Key::display_to:
      return address(content.header, "to", true);
    default:
      return mime::base_subject(subject_of(content)).text;
  }
}

}  // namespace

std::string text_key(const Comparator& c, const StoredContent& content) {
  return mime::sort_key(c.collation, text_of(c, content));
}

void Order::bind(const std::vector<std::string>& keywords) {
  for (Comparator& c : by)
    if (!c.keyword.empty()) c.bit = flag_bit(c.keyword, keywords);
}

bool Order::uses(Key key) const {
  return std::ranges::any_of(by, [key](const Comparator& c) { return c.key == key; });
}
bool Order::uses_text() const {
  return std::ranges::any_of(by, &Comparator::is_text);
}
bool Order::uses_threads() const {
  return uses(Key::flag_all_thread) || uses(Key::flag_in_thread);
}
bool Order::immutable() const {
  return !uses_threads() && !uses(Key::flag) && !uses(Key::relevance) && !uses(Key::given);
}

Sorter::Sorter(const Order& order, const Hints* hints) : order_(order), hints_(hints) {
  for (const Comparator& c : order.by) ++(c.is_text() ? texts_of_one_ : numbers_of_one_);
}

void Sorter::add(const Row& row) {
  for (const Comparator& c : order_.by)
    if (!c.is_text()) numbers_.push_back(number(c, row, hints_));
  texts_.resize(texts_.size() + texts_of_one_);
  ++count_;
}

void Sorter::set_text(std::size_t i, std::size_t k, std::string_view key) {
  texts_[i * texts_of_one_ + k] = key;
}

int Sorter::compare(std::uint32_t a, std::uint32_t b) const {
  std::size_t number = 0, text = 0;
  for (const Comparator& c : order_.by) {
    int order = 0;
    if (c.is_text()) {
      order = texts_[a * texts_of_one_ + text].compare(texts_[b * texts_of_one_ + text]);
      ++text;
    } else {
      std::int64_t x = numbers_[a * numbers_of_one_ + number], y = numbers_[b * numbers_of_one_ + number];
      order = x < y ? -1 : x > y;
      ++number;
    }
    if (order != 0) return c.descending ? -order : order;
  }
  return a < b ? -1 : 1;
}

std::vector<std::uint32_t> Sorter::sorted(std::size_t need) {
  // What the first comparator says travels with the number: most comparisons need nothing else.
  struct Item {
    std::int64_t head;
    std::uint32_t index;
  };
  std::vector<Item> items;
  items.reserve(count_);
  const Comparator* first = order_.by.empty() ? nullptr : &order_.by.front();
  for (std::uint32_t i = 0; i < count_; ++i) {
    std::int64_t head = 0;
    if (first && !first->is_text()) head = numbers_[i * numbers_of_one_];
    if (first && first->is_text()) {
      // The first seven bytes of the key.
      std::string_view key = texts_[i * texts_of_one_];
      for (std::size_t k = 0; k < 7; ++k)
        head = head << 8 | (k < key.size() ? static_cast<unsigned char>(key[k]) : 0);
    }
    items.push_back({first && first->descending ? ~head : head, i});
  }
  auto less = [this](const Item& a, const Item& b) {
    return a.head != b.head ? a.head < b.head : a.index != b.index && compare(a.index, b.index) < 0;
  };
  if (need < items.size()) {
    std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(need), items.end(), less);
  } else {
    std::ranges::sort(items, less);
  }
  std::vector<std::uint32_t> out;
  out.reserve(items.size());
  for (const Item& i : items) out.push_back(i.index);
  return out;
}

}  // namespace postern::query
