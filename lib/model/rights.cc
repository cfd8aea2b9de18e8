#include "model/rights.h"

namespace postern::model {

namespace {

constexpr std::string_view kLetters = "lrswipkxte";  // bit n is kLetters[n]; `a` and `n` come last

}  // namespace

std::string format_rights(Rights r) {
  std::string out;
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    if (r & (1u << i)) out += kLetters[i];
  if (r & (kCreate | kDeleteMailbox)) out += 'c';
  if (r & (kDeleteMessages | kExpunge)) out += 'd';
  if (r & kAdminister) out += 'a';
  if (r & kAnnotate) out += 'n';
  return out;
}

std::optional<Rights> parse_rights(std::string_view letters) {
  Rights out = 0;
  for (char c : letters) {
    if (c == 'a') {
      out |= kAdminister;
    } else if (c == 'n') {
      out |= kAnnotate;
    } else if (c == 'c') {
      out |= kCreate | kDeleteMailbox;
    } else if (c == 'd') {
      out |= kDeleteMessages | kExpunge;
    } else if (std::size_t i = kLetters.find(c); i != std::string_view::npos) {
      out |= 1u << i;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace postern::model
