#include "query/key_cache.h"

#include <algorithm>
#include <unordered_set>

#include "query/header_match.h"
#include "query/limits.h"
#include "query/thread_key.h"

namespace postern::query {

using base::Result;

void KeyColumn::put(std::uint64_t email, std::string_view key) {
  entries_.push_back({email, text_.size(), static_cast<std::uint32_t>(key.size())});
  text_ += key;
}

void KeyColumn::settle() {
  if (settled_ == entries_.size()) return;
  auto fresh = entries_.begin() + static_cast<std::ptrdiff_t>(settled_);
  std::ranges::sort(fresh, entries_.end(), {}, &Entry::email);
  // Mostly they are of newer messages than all before.
  if (settled_ > 0 && fresh->email < entries_[settled_ - 1].email) std::ranges::sort(entries_, {}, &Entry::email);
  settled_ = entries_.size();
}

std::optional<std::string_view> KeyColumn::find(std::uint64_t email) const {
  if (last_ >= settled_ || entries_[last_].email != email) {
    auto end = entries_.begin() + static_cast<std::ptrdiff_t>(settled_);
    auto it = std::ranges::lower_bound(entries_.begin(), end, email, {}, &Entry::email);
    if (it == end || it->email != email) return std::nullopt;
    last_ = static_cast<std::size_t>(it - entries_.begin());
  }
  const Entry& e = entries_[last_++];
  return std::string_view(text_).substr(e.at, e.size);
}

std::shared_ptr<KeyColumn> KeyCache::column(const KeyKind& kind) {
  auto it = std::ranges::find(order_, kind, &Entry::kind);
  if (it == order_.end()) order_.push_front({kind, std::make_shared<KeyColumn>()});
  else order_.splice(order_.begin(), order_, it);
  return order_.front().column;
}

std::size_t KeyCache::bytes() const {
  std::size_t n = 0;
  for (const Entry& e : order_) n += e.column->bytes();
  return n;
}

void KeyCache::trim() {
  if (order_.size() > kMaxColumns) order_.resize(kMaxColumns);
  for (std::size_t n = bytes(); n > budget_ && !order_.empty(); order_.pop_back()) n -= order_.back().column->bytes();
}

namespace {

// `content` may have nothing but its header.
std::string key_of(const KeyKind& kind, const StoredContent& content) {
  if (kind.field) return form_field(content.header, *kind.field, kind.collation);
  if (kind.thread) return thread_key(kind.collation, content);
  Comparator c{.key = kind.key, .collation = kind.collation};
  return text_key(c, content);
}

// Adds what the columns lack of these rows.  Another command may have added some meanwhile: each email is looked up again.
class Filling {
 public:
  Filling(const std::vector<KeyKind>& kinds, const std::vector<std::shared_ptr<KeyColumn>>& columns)
      : kinds_(kinds), columns_(columns) {}
  std::vector<Row> lacking(const std::vector<Row>& rows) const {
    std::vector<Row> out;
    for (const Row& r : rows)
      if (std::ranges::any_of(columns_, [&r](const auto& c) { return !c->find(r.email); })) out.push_back(r);
    return out;
  }
  void add(std::uint64_t email, const StoredContent& content) {
    for (std::size_t k = 0; k < kinds_.size(); ++k)
      if (!columns_[k]->find(email)) bytes_ += fresh_.emplace_back(k, email, key_of(kinds_[k], content)).key.size();
  }
  std::size_t bytes() const { return bytes_; }
  void done() {
    for (Fresh& f : fresh_)
      if (seen_.insert({f.column, f.email}).second && !columns_[f.column]->find(f.email)) columns_[f.column]->put(f.email, f.key);
    for (const auto& c : columns_) c->settle();
  }

 private:
  struct Fresh {
    std::size_t column;
    std::uint64_t email;
    std::string key;
  };
  struct Hash {
    std::size_t operator()(const std::pair<std::size_t, std::uint64_t>& p) const { return p.second * 31 + p.first; }
  };
  const std::vector<KeyKind>& kinds_;
  const std::vector<std::shared_ptr<KeyColumn>>& columns_;
  std::vector<Fresh> fresh_;
  std::size_t bytes_ = 0;
  std::unordered_set<std::pair<std::size_t, std::uint64_t>, Hash> seen_;
};

std::vector<std::shared_ptr<KeyColumn>> columns_of(const Access& access, std::vector<KeyKind>& kinds) {
  std::vector<std::shared_ptr<KeyColumn>> out;
  for (KeyKind& kind : kinds) {
    kind.account = access.login->account();
    kind.epoch = access.epoch;
    out.push_back(access.keys->column(kind));
  }
  return out;
}

// Adds what the header caches have, which is nearly all, up to `most` bytes.  The rows of which there is more to read.
io::Task<Result<std::vector<Row>>> add_from_headers(Access access, Filling& filling, std::vector<Row> lacking, std::size_t most) {
  std::vector<bool> had(lacking.size());
  auto use = [&](std::size_t i, const StoredContent& c) {
    had[i] = c.header_complete && filling.bytes() < most;
    if (had[i]) filling.add(lacking[i].email, c);
  };
  auto got = co_await for_each_header(std::move(access), lacking, use);
  if (!got) co_return base::pass(got);
  std::vector<Row> rest;
  for (std::size_t i = 0; i < lacking.size(); ++i)
    if (!had[i]) rest.push_back(lacking[i]);
  co_return rest;
}

}  // namespace

io::Task<Result<std::vector<std::shared_ptr<KeyColumn>>>> field_columns(Access access, mime::Collation collation,
                                                                        const std::vector<FieldForm>& fields,
                                                                        const std::vector<Row>& rows) {
  std::vector<KeyKind> kinds;
  for (const FieldForm& f : fields) kinds.push_back({.field = f, .collation = collation});
  auto columns = columns_of(access, kinds);
  Filling filling(kinds, columns);
  std::vector<Row> lacking = filling.lacking(rows);
  if (lacking.empty()) co_return columns;
  auto rest = co_await add_from_headers(access, filling, std::move(lacking), access.keys->budget());
  if (!rest) co_return base::pass(rest);
  filling.done();
  access.keys->trim();
  co_return columns;
}

io::Task<Result<std::vector<std::shared_ptr<KeyColumn>>>> fill_columns(Access access, std::vector<KeyKind> kinds,
                                                                       const std::vector<Row>& rows) {
  auto columns = columns_of(access, kinds);
  Filling filling(kinds, columns);
  std::vector<Row> lacking = filling.lacking(rows);
  if (lacking.empty()) co_return columns;
  bool threads = std::ranges::any_of(kinds, &KeyKind::thread);
  if (!threads) {
    auto rest = co_await add_from_headers(access, filling, std::move(lacking), SIZE_MAX);
    if (!rest) co_return base::pass(rest);
    lacking = std::move(*rest);
  }
  auto use = [&](std::size_t i, const StoredContent& c) { filling.add(lacking[i].email, c); };
  auto got = co_await for_each_content(access, lacking, use, threads);
  if (!got) co_return base::pass(got);
  filling.done();
  access.keys->trim();
  co_return columns;
}

io::Task<Result<std::vector<std::uint32_t>>> sorted_rows(Access access, const Order& order, const std::vector<Row>& rows,
                                                         std::size_t need, const Hints* hints, const GivenKeys& given) {
  Sorter sorter(order, hints);
  for (const Row& r : rows) sorter.add(r);
  // Texts have numbers of their own in the sorter, whatever stands between them.
  std::vector<KeyKind> kinds;
  std::vector<std::size_t> column_text, given_text(order.by.size());
  std::size_t text = 0;
  for (std::size_t c = 0; c < order.by.size(); ++c) {
    if (!order.by[c].is_text()) continue;
    given_text[c] = text;
    if (order.by[c].key != Comparator::Key::given) {
      kinds.push_back({.key = order.by[c].key, .collation = order.by[c].collation});
      column_text.push_back(text);
    }
    ++text;
  }
  for (const auto& [at, key] : given) sorter.set_text(at.second, given_text[at.first], key);
  if (kinds.empty()) co_return sorter.sorted(need);
  auto columns = co_await fill_columns(access, std::move(kinds), rows);
  if (!columns) co_return base::pass(columns);
  for (std::size_t k = 0; k < columns->size(); ++k)
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (auto key = (*columns)[k]->find(rows[i].email)) sorter.set_text(i, column_text[k], *key);
  co_return sorter.sorted(need);
}

}  // namespace postern::query
