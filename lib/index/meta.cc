#include "index/meta.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/text.h"
#include "index/limits.h"

namespace postern::index {

namespace {

constexpr char kUnsynced[] = "/unsynced";

std::string boot_id() {
  static const std::string id = [] {
    auto text = base::read_file(std::string(kBootId), 4096);
    return text ? std::string(base::trim(*text)) : std::string();
  }();
  return id;
}

}  // namespace

std::string encode(const Meta& m) {
  std::string out;
  base::put_varint(out, kFormat);
  base::put_varint(out, m.covered.epoch);
  base::put_varint(out, m.covered.modseq);
  base::put_varint(out, m.text_bytes);
  base::put_varint(out, m.dictionary);
  base::put_varint(out, m.pieces);
  base::put_varint(out, m.words);
  base::put_varint(out, m.languages.size());
  for (const auto& [language, n] : m.languages) {
    base::put_bytes(out, name_of(language));
    base::put_varint(out, n);
  }
  return out;
}

base::Result<Meta> decode_meta(std::string_view bytes) {
  auto bad = [](const char* what) { return base::fail(base::Fault::corrupt, std::string("index: ") + what, "REBUILD"); };
  base::Reader in(bytes);
  if (in.varint() != kFormat) return bad("made by another version");
  Meta m;
  m.covered = {in.varint(), in.varint()};
  m.text_bytes = in.varint();
  m.dictionary = in.varint();
  m.pieces = in.varint();
  m.words = in.varint();
  std::uint64_t languages = in.varint();
  for (std::uint64_t i = 0; i < languages && in.ok(); ++i) {
    std::string_view name = in.bytes();
    Language l = kNoLanguage;
    if (name.size() == 2) l = {name[0], name[1]};
    m.languages[l] = in.varint();
  }
  if (!in.at_end()) return bad("its metadata are malformed");
  return m;
}

std::string piece_key(const Meta& m, std::uint64_t number) {
  std::string key = "words";
  base::put_u64(key, m.dictionary);
  base::put_u64(key, number);
  return base::hex(key);
}

std::string encode(const DocumentMeta& m) {
  std::string out(name_of(m.language));
  out.resize(2, '-');
  base::put_varint(out, m.text_bytes);
  return out;
}

DocumentMeta decode_document_meta(std::string_view bytes) {
  DocumentMeta m;
  if (bytes.size() < 3) return m;
  if (bytes[0] != '-') m.language = {bytes[0], bytes[1]};
  m.text_bytes = base::Reader(bytes.substr(2)).varint();
  return m;
}

base::Result<> mark_unsynced(const std::string& folder) { return base::write_file(folder + kUnsynced, boot_id()); }

void clear_unsynced(const std::string& folder) { ::unlink((folder + kUnsynced).c_str()); }

Trust trust_in(const std::string& folder) {
  struct stat st {};
  if (::stat((folder + kUnsynced).c_str(), &st) != 0) return Trust::synced;
  auto text = base::read_file(folder + kUnsynced, 4096);
  return text && !text->empty() && *text == boot_id() ? Trust::this_boot : Trust::none;
}

}  // namespace postern::index
