#include "model/annotation.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace postern::model {

namespace {

bool legal(char c) {
  auto u = static_cast<unsigned char>(c);
  return u >= 0x20 && u < 0x7f;
}
bool is_wild(char c) { return c == '*' || c == '%'; }

// 1*("." nz-number)
bool is_part(std::string_view part) {
  for (std::string_view number : base::split(part, '.'))
    if (number.empty() || number.size() > 9 || number.front() == '0' || !std::ranges::all_of(number, base::is_digit))
      return false;
  return true;
}

}  // namespace

std::string_view annotation_part(std::string_view entry) {
  if (entry.size() < 2 || !base::is_digit(entry[1])) return {};
  return entry.substr(1, std::min(entry.find('/', 1), entry.size()) - 1);
}

bool valid_annotation(std::string_view entry) {
  if (entry.size() < 2 || entry.size() > kMaxAnnotationName || entry.front() != '/' || entry.back() == '/') return false;
  if (entry.find("//") != std::string_view::npos || !std::ranges::all_of(entry, legal)) return false;
  if (std::ranges::any_of(entry, is_wild)) return false;
  std::string_view part = annotation_part(entry);
  // The part itself has no value.
  return part.empty() || (is_part(part) && part.size() + 1 < entry.size());
}

bool valid_annotation_pattern(std::string_view pattern) {
  return !pattern.empty() && pattern.size() <= kMaxAnnotationName && std::ranges::all_of(pattern, legal) &&
         (pattern.front() == '/' || is_wild(pattern.front())) && pattern.find("//") == std::string_view::npos;
}

bool valid_annotation_value(std::string_view entry, std::string_view value) {
  std::string_view part = annotation_part(entry);
  if (part.empty() || !entry.substr(part.size() + 1).starts_with("/flags/")) return true;
  return value == "0" || value == "1";
}

bool annotation_matches(std::string_view pattern, std::string_view entry) {
  // reached[i]: the pattern so far matches the first i bytes.
  std::vector<char> reached(entry.size() + 1, 0), next(entry.size() + 1, 0);
  reached[0] = 1;
  for (char p : pattern) {
    std::ranges::fill(next, 0);
    for (std::size_t i = 0; i <= entry.size(); ++i) {
      bool more = is_wild(p) && i > 0 && next[i - 1] && (p == '*' || entry[i - 1] != '/');
      next[i] = is_wild(p) ? reached[i] || more : i > 0 && reached[i - 1] && entry[i - 1] == p;
    }
    reached.swap(next);
  }
  return reached[entry.size()];
}

}  // namespace postern::model
