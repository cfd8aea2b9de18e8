// The words of one account, unstemmed, for IMAP's substrings: kept in pieces in the database's metadata, so that it is
// always of the same revision as the terms.  Private to lib/index.  Stored bytes are checked.
// Tests: t/unit/index_dictionary.cc, t/fuzz/index_dictionary.cc
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::index {

// `words` ascending, none with a line end in it: each as what it shares with the one before, and the rest.
std::string encode_words(std::span<const std::string> words);
// Appends them to `out`, each with a line end behind it.
base::Result<> decode_words(std::string_view piece, std::string& out);

// Which words were seen, by hash: one that collides with another of 2^64 would be left out of the dictionary.
class WordSet {
 public:
  // True when it is new.
  bool insert(std::string_view word);
  std::size_t size() const { return size_; }

 private:
  void grow();
  std::vector<std::uint64_t> slots_;  // 0: free
  std::size_t size_ = 0;
};

// How a needle's token must stand in a word.
enum class Fit { infix, prefix, suffix };
// Calls `use` with the words of `lines` ("\n" before the first and behind each) that fit, until it answers false.
template <class Use>
void each_fit(std::string_view lines, Fit fit, std::string_view token, Use&& use) {
  std::string needle;
  if (fit == Fit::prefix) needle += '\n';
  needle += token;
  if (fit == Fit::suffix) needle += '\n';
  for (std::size_t at = 0; (at = lines.find(needle, at)) != std::string_view::npos;) {
    std::size_t inside = at + (fit == Fit::prefix);
    std::size_t begin = lines.rfind('\n', inside == 0 ? 0 : inside - 1) + 1;
    std::size_t end = lines.find('\n', inside);
    if (end == std::string_view::npos || !use(lines.substr(begin, end - begin))) return;
    at = end;
  }
}

}  // namespace postern::index
