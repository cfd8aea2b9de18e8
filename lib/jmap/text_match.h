// Text conditions of filters: words and quoted phrases, all of which must occur, without case (Unicode case
// folding). RFC 8621 4.4.1.  Runs in: jmapd.  Input: hostile, both sides; linear in the text for each word.
// Tests: t/unit/jmap_filter.cc
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::jmap {

// Case-folded NFC form of valid or invalid UTF-8.
std::string fold_case(std::string_view utf8);

class TextMatch {
 public:
  // Nothing past kMaxSearchText or kMaxSearchWords.
  static std::optional<TextMatch> parse(std::string_view text);
  // `folded` came from fold_case().  Blank searches match everything.
  bool matches(std::string_view folded) const;
  // The same over several texts: each word must occur in one of them.
  bool matches_any(const std::vector<std::string>& folded) const;
  // Marks in `seen` (of words().size()) the words that occur in `folded`; true when all are marked.
  bool mark(std::string_view folded, std::vector<bool>& seen) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::string> words_;
};

}  // namespace postern::jmap
