#include "jmap/text_match.h"

#include <unicode/ucasemap.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "jmap/limits.h"
#include "mime/charset.h"
#include "mime/words.h"

namespace postern::jmap {
namespace {

struct CaseMapClose {
  void operator()(UCaseMap* m) const noexcept { ucasemap_close(m); }
};

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Reads the phrase whose opening quote is at `at`; npos when the quote is not closed.
std::size_t read_phrase(std::string_view s, std::size_t at, std::string& out) {
  char quote = s[at];
  for (++at; at < s.size(); ++at) {
    if (s[at] == quote) return at + 1;
    if (s[at] == '\\' && at + 1 < s.size() && (s[at + 1] == '\'' || s[at + 1] == '"' || s[at + 1] == '\\'))
      ++at;
    out += s[at];
  }
  return std::string_view::npos;
}

}  // namespace

std::string fold_case(std::string_view utf8) {
  if (std::ranges::all_of(utf8, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return base::to_lower(utf8);
  auto valid = mime::to_nfc(mime::make_valid_utf8(utf8));
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<UCaseMap, CaseMapClose> map(ucasemap_open("", U_FOLD_CASE_DEFAULT, &error));
  if (U_FAILURE(error)) return base::to_lower(valid);
  std::string out(valid.size() + 16, '\0');
  for (int tries = 0; tries < 2; ++tries) {
    error = U_ZERO_ERROR;
    auto n = ucasemap_utf8FoldCase(map.get(), out.data(), static_cast<int32_t>(out.size()), valid.data(),
                                   static_cast<int32_t>(valid.size()), &error);
    out.resize(static_cast<std::size_t>(std::max(n, 0)));
    if (U_SUCCESS(error)) return out;
    if (error != U_BUFFER_OVERFLOW_ERROR) break;
  }
  return base::to_lower(valid);
}

std::optional<TextMatch> TextMatch::parse(std::string_view text) {
  if (text.size() > kMaxSearchText) return std::nullopt;
  TextMatch m;
  std::size_t i = 0;
  while (i < text.size()) {
    if (blank(text[i])) {
      ++i;
      continue;
    }
    std::string word;
    auto end = text[i] == '"' || text[i] == '\'' ? read_phrase(text, i, word) : std::string_view::npos;
    if (end == std::string_view::npos) {  // no quote, or one that is not closed: a plain word
      end = i;
      while (end < text.size() && !blank(text[end])) ++end;
      word = text.substr(i, end - i);
    }
    i = end;
    if (word.empty()) continue;
    if (m.words_.size() == kMaxSearchWords) return std::nullopt;
    m.words_.push_back(fold_case(word));
  }
  return m;
}

bool TextMatch::matches(std::string_view folded) const {
  return std::ranges::all_of(words_,
                             [&](const std::string& w) { return folded.find(w) != std::string_view::npos; });
}

bool TextMatch::matches_any(const std::vector<std::string>& folded) const {
  return std::ranges::all_of(words_, [&](const std::string& w) {
    return std::ranges::any_of(folded, [&](const std::string& t) { return t.find(w) != std::string::npos; });
  });
}

bool TextMatch::mark(std::string_view folded, std::vector<bool>& seen) const {
  bool all = true;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (!seen[i] && folded.find(words_[i]) != std::string_view::npos) seen[i] = true;
    all = all && seen[i];
  }
  return all;
}

}  // namespace postern::jmap
