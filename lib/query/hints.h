// What an index of words said of the text conditions of one filter.  evaluate() asks it before it looks at a message.
//
// A hint is only about emails that the index is known to hold whole: those whose row has not changed since the commit that it
// covers and has no \Deleted, and those that it was asked about by name.  Of all others it says `unknown`, so that no answer
// misses a message that is not in the index.
// Runs in: imapd, jmapd, any thread.  Immutable.  Memory: a bit an email for each condition.  Tests: t/unit/query_index.cc
#pragma once
#include <cstdint>
#include <vector>

#include "model/flags.h"
#include "query/evaluate.h"

namespace postern::query {

// A set of email ids.
class IdSet {
 public:
  IdSet() = default;
  // REQUIRES: ascending.
  explicit IdSet(std::vector<std::uint64_t> ids);
  bool has(std::uint64_t id) const;

 private:
  static constexpr std::uint64_t kMaxBits = 64u << 20;  // 8 MB; a set with larger ids is searched
  std::vector<std::uint64_t> bits_, ids_;
};

// The modseq that a row is asked about with: of one with \Deleted an index promises nothing, however old it is (index/reader.h).
inline std::uint64_t hinted_modseq(const model::Flags& flags, std::uint64_t modseq) {
  return flags.has(model::kDeleted) ? UINT64_MAX : modseq;
}

class Hints {
 public:
  struct Leaf {
    std::int32_t condition = -1;
    bool exact = false;     // who is in `ids` matches, but for who is in `open`, too; else may
    bool required = false;  // without it nothing matches
    IdSet ids, open;
  };
  // `covered`: a modseq.  `known`: emails that the index holds though their rows changed later.  `weights`: of the emails that
  // fuzzy conditions found, ascending.
  struct Weight {
    std::uint64_t email;
    float weight;
  };
  Hints(std::uint64_t covered, IdSet known, IdSet incomplete, std::vector<Leaf> leaves, std::vector<Weight> weights);

  // `unknown` where the text has to decide.  `modseq`: hinted_modseq() of the row.
  Truth of(std::int32_t condition, std::uint64_t email, std::uint64_t modseq) const;
  // False: the conditions that every match must fulfil rule it out.
  bool possible(std::uint64_t email, std::uint64_t modseq) const;
  // Some condition rules out by itself.
  bool narrows() const { return narrows_; }
  // How well an email fits the fuzzy conditions, 1 to 100; the best of all has 100.
  std::uint32_t relevance(std::uint64_t email) const;

 private:
  bool holds(std::uint64_t email, std::uint64_t modseq) const;
  std::uint64_t covered_;
  IdSet known_, incomplete_;
  std::vector<Leaf> leaves_;
  std::vector<std::int32_t> leaf_of_;  // by condition; -1: none
  std::vector<Weight> weights_;
  float best_ = 0;
  bool narrows_ = false;
};

}  // namespace postern::query
