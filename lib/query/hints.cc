#include "query/hints.h"

#include <algorithm>
#include <cmath>

namespace postern::query {

IdSet::IdSet(std::vector<std::uint64_t> ids) {
  if (ids.empty()) return;
  if (ids.back() >= kMaxBits) {
    ids_ = std::move(ids);
    return;
  }
  bits_.resize(ids.back() / 64 + 1);
  for (std::uint64_t id : ids) bits_[id / 64] |= 1ull << id % 64;
}

bool IdSet::has(std::uint64_t id) const {
  if (!ids_.empty()) return std::ranges::binary_search(ids_, id);
  return id / 64 < bits_.size() && (bits_[id / 64] >> id % 64 & 1) != 0;
}

Hints::Hints(std::uint64_t covered, IdSet known, IdSet incomplete, std::vector<Leaf> leaves, std::vector<Weight> weights)
    : covered_(covered), known_(std::move(known)), incomplete_(std::move(incomplete)), leaves_(std::move(leaves)),
      weights_(std::move(weights)) {
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    auto at = static_cast<std::size_t>(leaves_[i].condition);
    if (leaf_of_.size() <= at) leaf_of_.resize(at + 1, -1);
    leaf_of_[at] = static_cast<std::int32_t>(i);
    narrows_ = narrows_ || leaves_[i].required;
  }
  for (const Weight& w : weights_) best_ = std::max(best_, w.weight);
}

bool Hints::holds(std::uint64_t email, std::uint64_t modseq) const {
  return (modseq <= covered_ || known_.has(email)) && !incomplete_.has(email);
}

Truth Hints::of(std::int32_t condition, std::uint64_t email, std::uint64_t modseq) const {
  auto at = static_cast<std::size_t>(condition);
  if (at >= leaf_of_.size() || leaf_of_[at] < 0 || !holds(email, modseq)) return Truth::unknown;
  const Leaf& leaf = leaves_[static_cast<std::size_t>(leaf_of_[at])];
  if (!leaf.ids.has(email)) return Truth::no;
  return leaf.exact && !leaf.open.has(email) ? Truth::yes : Truth::unknown;
}

bool Hints::possible(std::uint64_t email, std::uint64_t modseq) const {
  auto rules_out = [&](const Leaf& l) { return l.required && !l.ids.has(email); };
  return !holds(email, modseq) || std::ranges::none_of(leaves_, rules_out);
}

std::uint32_t Hints::relevance(std::uint64_t email) const {
  if (best_ <= 0) return 100;
  auto it = std::ranges::lower_bound(weights_, email, {}, &Weight::email);
  float weight = it != weights_.end() && it->email == email ? it->weight : 0;
  return std::clamp<std::uint32_t>(static_cast<std::uint32_t>(std::lround(100 * weight / best_)), 1, 100);
}

}  // namespace postern::query
