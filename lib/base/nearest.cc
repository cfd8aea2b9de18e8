#include "base/nearest.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postern::base {
namespace {

constexpr std::size_t kMaxLetters = 64;
using Row = std::array<std::size_t, kMaxLetters + 1>;

// Letters to leave out, put in, write anew or exchange with the next one, to make one of the other: the restricted
// Damerau-Levenshtein distance, three rows of its table at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  auto same = [](char x, char y) { return ascii_lower(x) == ascii_lower(y); };
  Row before{}, above{}, row{};
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + !same(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view written, std::span<const std::string_view> names) {
  std::string_view best;
  if (written.size() > kMaxLetters) return best;
  std::size_t least = written.size() / 3 + 1;
  for (std::string_view name : names) {
    if (name.size() > kMaxLetters) continue;
    if (std::size_t d = distance(written, name); d < least) {
      least = d;
      best = name;
    }
  }
  return best;
}

}  // namespace postern::base
