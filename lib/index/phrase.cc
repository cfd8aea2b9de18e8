#include "index/phrase.h"

#include <algorithm>
#include <array>
#include <bit>

#include "index/order.h"
#include "index/terms.h"

namespace postern::index {

namespace {

// What was read of an order, or the exception that makes the index anew.
template <class T>
T sound(base::Result<T> read) {
  if (!read) throw Xapian::DatabaseCorruptError(read.error().what);
  return std::move(*read);
}

StoredOrder order_of(const Xapian::Database& db, Xapian::docid d) {
  return sound(StoredOrder::read(db.get_document(d, Xapian::DOC_ASSUME_VALID).get_data()));
}

// The document's terms that its order may name; `use` is told of each that has a mark of `wanted`, with its number.
template <class Use>
std::vector<OrderedTerm> ordered_terms(const Xapian::Database& db, Xapian::docid d, const MarkSet& wanted, Use&& use) {
  std::vector<OrderedTerm> out;
  for (auto t = db.termlist_begin(d); t != db.termlist_end(d); ++t) {
    std::string term = *t;
    if (!letter_has_order(term[0])) continue;
    out.push_back({mark_of(term), t.get_wdf()});
    if (wanted.test(out.back().mark)) use(std::as_const(term), out.size());
  }
  return out;
}

// Does the document, which has all of these terms, have them one after the other?  `marks`: theirs.
bool has_phrase(const Xapian::Database& db, Xapian::docid d, const std::vector<std::string>& terms, std::string_view marks) {
  StoredOrder order = order_of(db, d);
  if (!order.marks().contains(marks)) return false;
  MarkSet wanted;
  for (char c : marks) wanted.set(static_cast<Mark>(c));
  std::vector<std::uint32_t> phrase(terms.size(), 0);
  auto ordered = ordered_terms(db, d, wanted, [&](const std::string& term, std::size_t number) {
    for (std::size_t i = 0; i < terms.size(); ++i)
      if (terms[i] == term) phrase[i] = static_cast<std::uint32_t>(number);
  });
  auto numbers = sound(order.numbers(ordered, wanted));
  constexpr std::string_view kTwoGaps("\0\0", 2);  // the markup begins
  numbers.resize(std::min(numbers.size(), order.marks().find(kTwoGaps)));
  return !std::ranges::search(numbers, phrase).empty();
}

class Documents final : public Xapian::PostingSource {
 public:
  explicit Documents(std::vector<Xapian::docid> all) : all_(std::move(all)) {}
  void init(const Xapian::Database&) override { at_ = SIZE_MAX; }
  Xapian::doccount get_termfreq_min() const override { return size(); }
  Xapian::doccount get_termfreq_est() const override { return size(); }
  Xapian::doccount get_termfreq_max() const override { return size(); }
  void next(double) override { ++at_; }
  void skip_to(Xapian::docid d, double) override {
    if (at_ == SIZE_MAX) at_ = 0;
    while (at_ < all_.size() && all_[at_] < d) ++at_;
  }
  bool at_end() const override { return at_ >= all_.size(); }
  Xapian::docid get_docid() const override { return all_[at_]; }

 private:
  Xapian::doccount size() const { return static_cast<Xapian::doccount>(all_.size()); }
  std::vector<Xapian::docid> all_;
  std::size_t at_ = SIZE_MAX;
};

}  // namespace

std::vector<Xapian::docid> emails_with_phrase(const Xapian::Database& db, const std::vector<std::string>& terms) {
  Xapian::Enquire enquire(db);
  enquire.set_query(Xapian::Query(Xapian::Query::OP_AND, terms.begin(), terms.end()));
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_docid_order(Xapian::Enquire::ASCENDING);
  Xapian::MSet all = enquire.get_mset(0, db.get_doccount());
  std::string marks;
  for (const std::string& t : terms) marks += static_cast<char>(mark_of(t));
  std::vector<Xapian::docid> out;
  for (auto m = all.begin(); m != all.end(); ++m)
    if (has_phrase(db, *m, terms, marks)) out.push_back(*m);
  return out;
}

Neighbours::Neighbours(const Xapian::Database& db, const Steps& steps, std::span<const std::uint64_t> documents)
    : db_(db), steps_(steps), documents_(documents) {
  for (const auto& [term, bits] : steps) width_ = std::max<std::size_t>(width_, std::bit_width(bits));
  marks_.resize(width_ * documents.size());
  for (const auto& [term, bits] : steps) {
    if (!letter_has_order(term[0])) continue;
    auto at = documents.begin();
    for (auto p = db.postlist_begin(term); p != db.postlist_end(term) && at != documents.end();) {
      at = std::lower_bound(at, documents.end(), *p);
      if (at == documents.end()) break;
      if (*p < *at) {
        p.skip_to(static_cast<Xapian::docid>(*at));
        continue;
      }
      auto of = marks_.begin() + (at - documents.begin()) * static_cast<std::ptrdiff_t>(width_);
      for (std::uint32_t rest = bits; rest != 0; rest &= rest - 1) of[std::countr_zero(rest)].set(mark_of(term));
      ++p;
    }
  }
}

bool Neighbours::may_have_all(std::size_t at, std::string_view marks, std::uint32_t wanted) const {
  std::array<std::uint32_t, 256> steps{};
  for (std::size_t m = 0; m < steps.size(); ++m)
    for (std::size_t i = 0; i < width_; ++i)
      if (marks_[at * width_ + i].test(m)) steps[m] |= 1u << i;
  std::uint32_t found = 0, before = 0;
  for (char c : marks) {
    std::uint32_t now = steps[static_cast<Mark>(c)];
    found |= before & now >> 1;
    before = now;
  }
  return (found & wanted) == wanted;
}

bool Neighbours::has_all(std::size_t at, std::uint32_t wanted) const {
  auto d = static_cast<Xapian::docid>(documents_[at]);
  StoredOrder order = order_of(db_, d);
  if (!may_have_all(at, order.marks(), wanted)) return false;
  MarkSet marks;
  for (std::size_t i = 0; i < width_; ++i) marks |= marks_[at * width_ + i];
  std::vector<std::uint32_t> steps;  // by number
  auto ordered = ordered_terms(db_, d, marks, [&](const std::string& term, std::size_t number) {
    auto step = std::ranges::lower_bound(steps_, term, {}, [](const auto& s) -> const std::string& { return s.first; });
    if (step == steps_.end() || step->first != term) return;
    steps.resize(number + 1, 0);
    steps[number] = step->second;
  });
  std::uint32_t found = 0, before = 0;
  for (std::uint32_t number : sound(order.numbers(ordered, marks))) {
    std::uint32_t now = number < steps.size() ? steps[number] : 0;
    found |= before & now >> 1;
    before = now;
  }
  return (found & wanted) == wanted;
}

Xapian::Query only(std::vector<Xapian::docid> documents) {
  if (documents.empty()) return Xapian::Query::MatchNothing;
  return Xapian::Query((new Documents(std::move(documents)))->release());
}

}  // namespace postern::index
