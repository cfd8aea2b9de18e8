#include "index/dictionary.h"

#include <algorithm>

#include "base/codec.h"
#include "index/limits.h"

namespace postern::index {

std::string encode_words(std::span<const std::string> words) {
  std::string out;
  std::string_view before;
  for (const std::string& word : words) {
    std::size_t most = std::min({before.size(), word.size(), std::size_t{255}}), shared = 0;
    while (shared < most && before[shared] == word[shared]) ++shared;
    base::put_u8(out, static_cast<std::uint8_t>(shared));
    base::put_bytes(out, std::string_view(word).substr(shared));
    before = word;
  }
  return out;
}

base::Result<> decode_words(std::string_view piece, std::string& out) {
  base::Reader in(piece);
  std::string word;
  while (!in.at_end()) {
    std::size_t shared = in.u8();
    std::string_view rest = in.bytes();
    if (!in.ok() || shared > word.size() || shared + rest.size() > kMaxTerm || rest.contains('\n'))
      return base::fail(base::Fault::corrupt, "a piece of the dictionary is malformed");
    word.resize(shared);
    word += rest;
    out += word;
    out += '\n';
  }
  return {};
}

bool WordSet::insert(std::string_view word) {
  if (size_ * 4 >= slots_.size() * 3) grow();
  std::uint64_t hash = std::max<std::uint64_t>(1, base::seeded_hash(word));
  for (std::size_t i = hash & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    if (slots_[i] == hash) return false;
    if (slots_[i] != 0) continue;
    slots_[i] = hash;
    ++size_;
    return true;
  }
}

void WordSet::grow() {
  std::vector<std::uint64_t> old(std::max<std::size_t>(1024, slots_.size() * 2));
  old.swap(slots_);
  for (std::uint64_t hash : old) {
    if (hash == 0) continue;
    std::size_t i = hash & (slots_.size() - 1);
    while (slots_[i] != 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = hash;
  }
}

}  // namespace postern::index
