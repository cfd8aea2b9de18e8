// What an index knows of itself, in one entry of its metadata; and what stands beside the database in its folder.  Private to
// lib/index.  Tests: t/unit/index_reader.cc
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "index/language.h"
#include "index/reader.h"

namespace postern::index {

// Raise it with every change of terms.h, order.h, tokenizer.h, language.h, extract.h or the entries below: an older index is made anew.
inline constexpr std::uint64_t kFormat = 5;
inline constexpr char kMetaKey[] = "postern";

struct Meta {
  Coverage covered;
  std::uint64_t text_bytes = 0;
  std::map<Language, std::uint64_t> languages;  // messages by language
  std::uint64_t dictionary = 1;                 // rises when all pieces were made anew
  std::uint64_t pieces = 0;                     // all but the last never change
  std::uint64_t words = 0;
};
std::string encode(const Meta& m);
// Code REBUILD for another format or anything else.
base::Result<Meta> decode_meta(std::string_view bytes);
std::string piece_key(const Meta& m, std::uint64_t number);

// Kept in a document's value 0: what leaves the sums of Meta with it.
struct DocumentMeta {
  Language language = kNoLanguage;
  std::uint64_t text_bytes = 0;
};
inline constexpr unsigned kMetaSlot = 0;
std::string encode(const DocumentMeta& m);
DocumentMeta decode_document_meta(std::string_view bytes);

// A file in the folder says that since this boot of the machine the database has bytes that may not be on disk.  Found after
// another boot, it means that the database can't be trusted.
enum class Trust { synced, this_boot, none };
Trust trust_in(const std::string& folder);
base::Result<> mark_unsynced(const std::string& folder);  // durable when it returns
void clear_unsynced(const std::string& folder);

}  // namespace postern::index
