// An index as a Reader holds it.  Private to lib/index.  Its functions throw what Xapian throws.
#pragma once
#include <sys/types.h>

#include <algorithm>
#include <string>
#include <vector>

#include "index/meta.h"
#include "index/plan.h"
#include "index/reader.h"
#include "index/terms.h"
#include "index/xapian_guard.h"

namespace postern::index {

struct FolderId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FolderId&) const = default;
};

// A set of documents as bits.
class DocumentSet {
 public:
  explicit DocumentSet(Xapian::docid last) : bits_(last / 64 + 1) {}
  void remove(Xapian::docid d) { bits_[d / 64] &= ~(1ull << d % 64); }
  void add(Xapian::docid d) { bits_[d / 64] |= 1ull << d % 64; }
  bool has(std::uint64_t d) const { return d / 64 < bits_.size() && (bits_[d / 64] >> d % 64 & 1) != 0; }
  void keep_only(const DocumentSet& o) {
    for (std::size_t i = 0; i < bits_.size(); ++i) bits_[i] &= o.bits_[i];
  }
  void add_all(const DocumentSet& o) {
    for (std::size_t i = 0; i < bits_.size(); ++i) bits_[i] |= o.bits_[i];
  }
  void remove(const DocumentSet& o) {
    for (std::size_t i = 0; i < bits_.size(); ++i) bits_[i] &= ~o.bits_[i];
  }
  bool empty() const { return std::ranges::all_of(bits_, [](std::uint64_t w) { return w == 0; }); }
  Ids ids() const {
    Ids out;
    for (std::size_t i = 0; i < bits_.size(); ++i)
      for (std::uint64_t w = bits_[i]; w != 0; w &= w - 1)
        out.push_back(i * 64 + static_cast<std::uint64_t>(__builtin_ctzll(w)));
    return out;
  }

 private:
  std::vector<std::uint64_t> bits_;
};

// Documents with one of some terms, and those of them where it proves that its characters are there (terms.h).
struct Holders {
  explicit Holders(Xapian::docid last) : all(last), proven(last) {}
  DocumentSet all, proven;
  std::vector<std::string> terms;
};

struct OpenIndex {
  std::string folder;
  FolderId id;
  Xapian::Database db;
  Meta meta;
  std::vector<Language> frequent;
  Stemmers stemmers;
  // The dictionary: "\n", then a word and "\n" for each.  Pieces before `fixed` never change.
  std::string words = "\n";
  std::uint64_t words_of = 0, fixed = 0;
  std::size_t fixed_bytes = 1;
  bool words_read = false;

  base::Result<> read_meta();
  base::Result<> read_words();
  void add_postings(const std::string& term, Holders& to);
  // Of a word in these fields.
  void add_term(std::string_view word, Fields fields, Holders& to);
};

}  // namespace postern::index
