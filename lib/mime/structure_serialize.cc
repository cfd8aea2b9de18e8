// The stored form of a Structure.  Format 1, integers are varints, strings have a varint length before them:
//   1, size, lines, flags (1: truncated), number of parts, then each part:
//   parent + 1, bits (below), header_begin - parent's body_begin, header size, body size, lines,
//   then what the bits announce, in the order of the bits.
#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "mime/limits.h"
#include "mime/structure.h"

namespace postern::mime {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint64_t kMaxOffset = std::uint64_t{1} << 62;

enum Bits : std::uint32_t {
  kHasType = 1,
  kOpaque = 2,
  kType = 4,
  kParams = 8,
  kDisposition = 16,
  kEncoding = 32,
  kContentId = 64,
  kDescription = 128,
  kMd5 = 256,
  kLocation = 512,
  kLanguage = 1024,
  kAllBits = 2047,
};

void put_params(std::string& out, const std::vector<Param>& list) {
  base::put_varint(out, list.size());
  for (const auto& p : list) {
    base::put_bytes(out, p.name);
    base::put_bytes(out, p.value);
    base::put_u8(out, p.extended ? 1 : 0);
  }
}

bool read_params(base::Reader& in, std::vector<Param>& list) {
  std::uint64_t n = in.varint();
  if (n > kMaxParams) return false;
  for (std::uint64_t i = 0; i < n && in.ok(); ++i) {
    Param p;
    p.name = in.bytes();
    p.value = in.bytes();
    p.extended = in.u8() == 1;
    list.push_back(std::move(p));
  }
  return in.ok();
}

std::uint32_t bits_of(const Part& p) {
  std::uint32_t b = 0;
  if (p.has_type) b |= kHasType;
  if (p.opaque) b |= kOpaque;
  if (p.type != "text" || p.subtype != "plain") b |= kType;
  if (!p.params.empty()) b |= kParams;
  if (!p.disposition.empty()) b |= kDisposition;
  if (p.encoding != "7bit") b |= kEncoding;
  if (!p.content_id.empty()) b |= kContentId;
  if (!p.description.empty()) b |= kDescription;
  if (!p.md5.empty()) b |= kMd5;
  if (!p.location.empty()) b |= kLocation;
  if (!p.language.empty()) b |= kLanguage;
  return b;
}

void put_part(std::string& out, const Structure& s, const Part& p) {
  std::uint32_t b = bits_of(p);
  std::uint64_t from = p.parent == Part::kNone ? 0 : s.parts[static_cast<std::size_t>(p.parent)].body_begin;
  base::put_varint(out, static_cast<std::uint64_t>(p.parent + 1));
  base::put_varint(out, b);
  base::put_varint(out, p.header_begin - from);
  base::put_varint(out, p.header_size());
  base::put_varint(out, p.body_size());
  base::put_varint(out, p.lines);
  if (b & kType) {
    base::put_bytes(out, p.type);
    base::put_bytes(out, p.subtype);
  }
  if (b & kParams) put_params(out, p.params);
  if (b & kDisposition) {
    base::put_bytes(out, p.disposition);
    put_params(out, p.disposition_params);
  }
  if (b & kEncoding) base::put_bytes(out, p.encoding);
  if (b & kContentId) base::put_bytes(out, p.content_id);
  if (b & kDescription) base::put_bytes(out, p.description);
  if (b & kMd5) base::put_bytes(out, p.md5);
  if (b & kLocation) base::put_bytes(out, p.location);
  if (b & kLanguage) {
    base::put_varint(out, p.language.size());
    for (const auto& tag : p.language) base::put_bytes(out, tag);
  }
}

bool read_values(base::Reader& in, std::uint64_t b, Part& p) {
  p.has_type = (b & kHasType) != 0;
  p.opaque = (b & kOpaque) != 0;
  if (b & kType) {
    p.type = in.bytes();
    p.subtype = in.bytes();
    if (p.type.empty() || p.subtype.empty()) return false;
  }
  if ((b & kParams) && !read_params(in, p.params)) return false;
  if (b & kDisposition) {
    p.disposition = in.bytes();
    if (!read_params(in, p.disposition_params)) return false;
  }
  if (b & kEncoding) p.encoding = in.bytes();
  if (b & kContentId) p.content_id = in.bytes();
  if (b & kDescription) p.description = in.bytes();
  if (b & kMd5) p.md5 = in.bytes();
  if (b & kLocation) p.location = in.bytes();
  if (b & kLanguage) {
    std::uint64_t n = in.varint();
    if (n > kMaxLanguages) return false;
    for (std::uint64_t i = 0; i < n && in.ok(); ++i) p.language.emplace_back(in.bytes());
  }
  return in.ok();
}

// The offsets of `p` from sizes, within those of its parent and after its elder sibling.
bool read_offsets(base::Reader& in, const Part* parent, const Part* elder, std::uint64_t size, Part& p) {
  std::uint64_t skip = in.varint(), header = in.varint(), body = in.varint();
  p.lines = in.varint();
  if (!in.ok() || skip > kMaxOffset || header > kMaxOffset || body > kMaxOffset) return false;
  p.header_begin = (parent ? parent->body_begin : 0) + skip;
  p.body_begin = p.header_begin + header;
  p.body_end = p.body_begin + body;
  if (p.body_end > (parent ? parent->body_end : size) || p.lines > body) return false;
  return elder == nullptr || p.header_begin >= elder->body_end;
}

}  // namespace

std::string serialize(const Structure& s) {
  std::string out;
  out.reserve(64 + s.parts.size() * 64);
  base::put_u8(out, kFormat);
  base::put_varint(out, s.size);
  base::put_varint(out, s.lines);
  base::put_varint(out, s.truncated ? 1 : 0);
  base::put_varint(out, s.parts.size());
  for (const auto& p : s.parts) put_part(out, s, p);
  return out;
}

std::optional<Structure> parse_structure(std::string_view bytes) {
  if (bytes.size() > kMaxStoredStructure) return std::nullopt;
  base::Reader in(bytes);
  if (in.u8() != kFormat) return std::nullopt;
  Structure s;
  s.size = in.varint();
  s.lines = in.varint();
  std::uint64_t flags = in.varint(), n = in.varint();
  if (!in.ok() || flags > 1 || n == 0 || n > kMaxParts || s.size > kMaxOffset) return std::nullopt;
  s.truncated = flags == 1;
  std::vector<std::size_t> depth;
  std::vector<std::int32_t> last_child;
  for (std::uint64_t i = 0; i < n; ++i) {
    std::uint64_t parent = in.varint(), b = in.varint();
    if (!in.ok() || (parent == 0) != (i == 0) || parent > i || b > kAllBits) return std::nullopt;
    Part p;
    p.parent = static_cast<std::int32_t>(parent) - 1;
    Part* up = i == 0 ? nullptr : &s.parts[parent - 1];
    Part* elder = up && last_child[parent - 1] != Part::kNone
                      ? &s.parts[static_cast<std::size_t>(last_child[parent - 1])]
                      : nullptr;
    if (!read_offsets(in, up, elder, s.size, p) || !read_values(in, b, p)) return std::nullopt;
    depth.push_back(i == 0 ? 1 : depth[parent - 1] + 1);
    last_child.push_back(Part::kNone);
    if (depth.back() > kMaxDepth) return std::nullopt;
    if (up != nullptr) {
      if (up->type != "multipart" && (!up->is_message() || elder != nullptr)) return std::nullopt;
      p.number = ++up->child_count;
      (elder ? elder->next_sibling : up->first_child) = static_cast<std::int32_t>(i);
      last_child[parent - 1] = static_cast<std::int32_t>(i);
    }
    s.parts.push_back(std::move(p));
  }
  if (!in.at_end()) return std::nullopt;
  return s;
}

}  // namespace postern::mime
