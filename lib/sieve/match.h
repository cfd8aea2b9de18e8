// Comparators and match types (RFC 5228 2.7, RFC 4790, RFC 5051, RFC 5231, draft-murchison-sieve-regex).
// Input: hostile values and hostile patterns.  Pure.  :contains is linear; :matches looks at each character
// at most once for each character of the pattern; :regex is RE2's linear time.  All of it is spent from the
// budget before it is done. Tests: t/unit/sieve_match.cc
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sieve/budget.h"
#include "sieve/grammar.h"

namespace re2 {
class RE2;
}

namespace postern::sieve {

// What a wildcard took, of the value as it compares.
struct MatchedRange {
  std::size_t begin = 0, end = 0;
};

class Matcher {
 public:
  explicit Matcher(Budget& budget, const Limits& limits);
  ~Matcher();
  Matcher(const Matcher&) = delete;

  // Does `value` match `key`?  Match::list and the counts are none of its business.
  // `captures`, when not null, gets ${0} ${1} ... of a :matches or :regex that matched (RFC 5229 3.2).
  base::Result<bool> match(Match m, Comparator c, std::string_view value, std::string_view key,
                           std::vector<std::string>* captures);
  // The relation of :value and :count between two strings.
  static bool related(Match m, Comparator c, std::string_view a, std::string_view b);

 private:
  base::Result<bool> wildcards(Comparator c, std::string_view value, std::string_view key,
                               std::vector<std::string>* captures);
  base::Result<bool> regex(Comparator c, std::string_view value, std::string_view key,
                           std::vector<std::string>* captures);

  Budget& budget_;
  const Limits& limits_;
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> compiled_;
  std::string value_, key_;              // as they compare
  std::vector<MatchedRange> ranges_;
};

}  // namespace postern::sieve
