#include "index/phrase.h"

#include <algorithm>
#include <map>

#include "base/codec.h"
#include "index/limits.h"
#include "index/terms.h"

namespace postern::index {

std::string encode_order(std::span<const std::uint32_t> order) {
  std::string out;
  if (order.empty()) return out;
  std::uint32_t most = std::ranges::max(order);
  base::put_varint(out, order.size());
  for (unsigned shift = 0; shift == 0 || (shift < 32 && most >> shift != 0); shift += 8)
    for (std::uint32_t n : order) out += static_cast<char>(n >> shift & 0xff);
  return out;
}

std::vector<std::uint32_t> decode_order(std::string_view bytes) {
  base::Reader in(bytes);
  std::uint64_t n = in.varint();
  std::string_view planes = in.rest();
  if (!in.ok() || n == 0 || planes.empty() || planes.size() % n != 0 || planes.size() / n > 4) return {};
  std::vector<std::uint32_t> out(n, 0);
  for (std::size_t i = 0; i < planes.size(); ++i)
    out[i % n] |= static_cast<std::uint32_t>(static_cast<unsigned char>(planes[i])) << (i / n * 8);
  return out;
}

namespace {

// What numbers the terms of a phrase have in this document; empty when one is not there.
std::vector<std::uint32_t> numbers_of(const Xapian::Database& db, Xapian::docid d, const std::vector<std::string>& terms) {
  std::map<std::string_view, std::uint32_t> wanted;
  for (const std::string& t : terms) wanted.emplace(t, 0);
  auto next = wanted.begin();
  std::uint32_t number = 0;
  for (auto t = db.termlist_begin(d); t != db.termlist_end(d) && next != wanted.end(); ++t) {
    std::string term = *t;
    if (!letter_has_order(term[0])) continue;
    ++number;
    if (term > next->first) return {};
    if (term == next->first) (next++)->second = number;
  }
  std::vector<std::uint32_t> out;
  if (next != wanted.end()) return out;
  for (const std::string& t : terms) out.push_back(wanted[t]);
  return out;
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
  std::vector<Xapian::docid> out;
  for (auto m = all.begin(); m != all.end(); ++m) {
    auto phrase = numbers_of(db, *m, terms);
    auto order = decode_order(m.get_document().get_data());
    order.erase(std::ranges::adjacent_find(order, [](auto a, auto b) { return a == 0 && b == 0; }), order.end());  // markup
    if (!phrase.empty() && std::ranges::search(order, phrase).begin() != order.end()) out.push_back(*m);
  }
  return out;
}

std::uint32_t neighbours_in(const Xapian::Database& db, Xapian::docid d, const Steps& steps) {
  std::vector<std::uint32_t> of_number{0};
  auto next = steps.begin();
  for (auto t = db.termlist_begin(d); t != db.termlist_end(d) && next != steps.end(); ++t) {
    std::string term = *t;
    if (!letter_has_order(term[0])) continue;
    next = std::lower_bound(next, steps.end(), term, [](const auto& step, const std::string& s) { return step.first < s; });
    of_number.push_back(next != steps.end() && next->first == term ? next->second : 0);
  }
  std::uint32_t out = 0, before = 0;
  for (std::uint32_t number : decode_order(db.get_document(d, Xapian::DOC_ASSUME_VALID).get_data())) {
    std::uint32_t now = number < of_number.size() ? of_number[number] : 0;
    out |= before & now >> 1;
    before = now;
  }
  return out;
}

Xapian::Query only(std::vector<Xapian::docid> documents) {
  if (documents.empty()) return Xapian::Query::MatchNothing;
  return Xapian::Query((new Documents(std::move(documents)))->release());
}

}  // namespace postern::index
