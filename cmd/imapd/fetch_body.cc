#include "cmd/imapd/fetch_body.h"

#include <algorithm>
#include <cstring>

#include "base/codec.h"
#include "base/log.h"
#include "base/text.h"
#include "imap/writer.h"
#include "mime/header.h"
#include "mime/summary.h"

namespace postern::imapd {

using imap::FetchItem;
using imap::Section;

namespace {

constexpr std::uint64_t kPiece = 256 * 1024;
// Bodies from this size on are handed to the stream as they are instead of being copied behind the other items.
constexpr std::size_t kMovedFrom = 8 * 1024;
// A single body up to this size is read on the loop's thread when the page cache has it: the way to a worker and back
// would cost more than the reading, and nobody waits for long.
constexpr std::uint64_t kReadHere = 64 * 1024;
// More of a header than this is not looked at.
constexpr std::uint64_t kMaxHeader = 1 << 20;

// NUL may not stand in a plain literal.
void hide_nul(std::string& bytes) {
  char* at = bytes.data();
  char* end = at + bytes.size();
  while ((at = static_cast<char*>(std::memchr(at, 0, static_cast<std::size_t>(end - at)))) != nullptr)
    *at++ = '\x80';
}

bool wanted_field(const Section& s, std::string_view name) {
  bool listed =
      std::ranges::any_of(s.fields, [name](const std::string& f) { return base::iequals(f, name); });
  return listed == (s.kind == Section::Kind::header_fields);
}

// The fields that the section asks for, as they stand, and the empty line.
std::string filter_header(std::string_view block, const Section& s) {
  std::string out;
  mime::FieldReader reader(block);
  mime::Field f;
  while (reader.next(f)) {
    if (!wanted_field(s, f.name)) continue;
    std::string_view field = block.substr(f.begin, f.end - f.begin);
    out += field;
    if (!field.ends_with('\n')) out += "\r\n";
  }
  out += "\r\n";
  return out;
}

// Can the cache answer?  What delivery put before the message is not in it.
bool cache_answers(const MessageSource& m, const Section& s) {
  if (!m.has_content || !m.content.header_complete() || s.kind != Section::Kind::header_fields ||
      !s.part.empty())
    return false;
  return std::ranges::all_of(s.fields, [&m](const std::string& f) {
    bool delivery =
        base::iequals(f, "Return-Path") || base::iequals(f, "Delivered-To") || base::iequals(f, "Received");
    return mime::cacheable_field(f) && !(m.prefix > 0 && delivery);
  });
}

Slice range(Slice::How how, std::uint64_t begin, std::uint64_t end) {
  Slice s;
  s.how = how;
  s.begin = begin;
  s.end = std::max(begin, end);
  return s;
}

mime::SectionKind kind_of(Section::Kind k) {
  switch (k) {
    case Section::Kind::whole:
      return mime::SectionKind::whole;
    case Section::Kind::text:
      return mime::SectionKind::text;
    case Section::Kind::mime:
      return mime::SectionKind::mime;
    default:
      return mime::SectionKind::header;
  }
}

Slice locate_part(const MessageSource& m, const FetchItem& item) {
  if (!m.structure) return {};
  auto r = m.structure->section(item.section.part, kind_of(item.section.kind));
  if (!r) return {};
  std::uint64_t begin = std::min(r->begin + m.prefix, m.size), end = std::min(r->end + m.prefix, m.size);
  bool fields = item.section.kind == Section::Kind::header_fields ||
                item.section.kind == Section::Kind::header_fields_not;
  if (item.kind == FetchItem::Kind::body)
    return range(fields ? Slice::How::filter : Slice::How::range, begin, end);
  const mime::Part& part = m.structure->parts[static_cast<std::size_t>(r->part)];
  Slice s = range(Slice::How::decode, begin, end);
  // The encoding of a container says nothing of its bytes.
  if (!part.is_multipart()) s.encoding = mime::encoding_of(part.encoding);
  if (s.encoding == mime::Encoding::unknown) s.how = Slice::How::unknown_encoding;
  return s;
}

// The window of a partial on a value of `size` bytes.
void clip(const FetchItem& item, std::uint64_t size, std::uint64_t& from, std::uint64_t& length) {
  from = item.partial ? std::min(item.offset, size) : 0;
  length = item.partial ? std::min(item.length, size - from) : size;
}

void put_literal(std::string& out, std::uint64_t size, bool binary) {
  if (binary) out += '~';
  out += '{';
  imap::append_number(out, size);
  out += "}\r\n";
}

std::string decode_all(std::string_view raw, mime::Encoding e) {
  return e == mime::Encoding::identity ? std::string(raw) : mime::decode_transfer(raw, e).bytes;
}

// Size of a decoded slice, and whether NUL is in it: one pass over the bytes.
struct Measured {
  std::uint64_t size = 0;
  bool nul = false;
};
base::Result<Measured> measure(blob::Reader& reader, const blob::Location& location, const Slice& s) {
  Measured out;
  mime::TransferDecoder decoder(s.encoding);
  for (std::uint64_t at = s.begin; at < s.end; at += kPiece) {
    auto raw = reader.read(location, at, std::min(kPiece, s.end - at));
    if (!raw) return base::pass(raw);
    std::string decoded;
    decoder.decode(*raw, decoded);
    if (at + kPiece >= s.end) decoder.finish(decoded);
    out.size += decoded.size();
    out.nul = out.nul || decoded.find('\0') != std::string::npos;
  }
  return out;
}

io::Task<base::Result<std::string>> read_range(Session& s, const blob::Location& location, std::uint64_t at,
                                               std::uint64_t n) {
  auto job = [bodies = s.shared.bodies, location, at, n] { return bodies->read(location, at, n); };
  co_return co_await s.shared.daemon.loop().blocking(std::move(job));
}

void failed(const MessageSource& m, const base::Error& e) {
  base::log(base::Level::error, "body unreadable", {{"uid", m.uid}, {"error", e.what}});
}

// Sends [begin, end) as a literal, piece by piece.
io::Task<bool> stream_range(Session& s, const MessageSource& m, const FetchItem& item, Slice& slice,
                            std::string& out) {
  std::uint64_t from = 0, length = 0;
  clip(item, slice.size(), from, length);
  std::uint64_t at = slice.begin + from, end = at + length;
  bool begun = false;
  while (at < end || !begun) {
    auto piece = co_await read_range(s, m.location, at, std::min(kPiece, end - at));
    if (!piece || (piece->empty() && at < end)) {
      if (!piece) failed(m, piece.error());
      if (begun) co_return false;
      slice.failed = true;
      out += "NIL";
      co_return true;
    }
    if (!begun) {
      put_literal(out, length, false);
      s.write(std::move(out));
      out.clear();
      begun = true;
    }
    at += piece->size();
    hide_nul(*piece);
    s.write(std::move(*piece));
    bool alive = co_await s.breathe();
    if (!alive) co_return false;
  }
  co_return true;
}

// A decoded part that is too large to be held: measured first, then decoded again on its way out.
io::Task<bool> stream_decoded(Session& s, const MessageSource& m, const FetchItem& item, Slice& slice,
                              std::string& out) {
  auto job = [bodies = s.shared.bodies, location = m.location, slice] {
    return measure(*bodies, location, slice);
  };
  auto measured = co_await s.shared.daemon.loop().blocking(std::move(job));
  if (!measured) {
    failed(m, measured.error());
    slice.failed = true;
    out += item.kind == FetchItem::Kind::binary_size ? "0" : "NIL";
    co_return true;
  }
  if (item.kind == FetchItem::Kind::binary_size) {
    imap::append_number(out, measured->size);
    co_return true;
  }
  std::uint64_t from = 0, length = 0;
  clip(item, measured->size, from, length);
  put_literal(out, length, measured->nul);
  mime::TransferDecoder decoder(slice.encoding);
  std::uint64_t seen = 0;
  for (std::uint64_t at = slice.begin; at < slice.end && seen < from + length; at += kPiece) {
    auto raw = co_await read_range(s, m.location, at, std::min(kPiece, slice.end - at));
    if (!raw) co_return false;
    std::string piece;
    decoder.decode(*raw, piece);
    if (at + kPiece >= slice.end) decoder.finish(piece);
    std::uint64_t lo = std::max(seen, from), hi = std::min(seen + piece.size(), from + length);
    if (lo < hi) out.append(piece, static_cast<std::size_t>(lo - seen), static_cast<std::size_t>(hi - lo));
    seen += piece.size();
    s.write(std::move(out));
    out.clear();
    bool alive = co_await s.breathe();
    if (!alive) co_return false;
  }
  co_return seen >= from + length;
}

void put_read(const FetchItem& item, Slice& slice, std::string& out) {
  if (item.kind == FetchItem::Kind::binary_size) return imap::append_number(out, slice.bytes.size());
  std::uint64_t from = 0, length = 0;
  clip(item, slice.bytes.size(), from, length);
  if (slice.clipped) {
    from = 0;
    length = slice.bytes.size();
  }
  std::string_view value =
      std::string_view(slice.bytes).substr(static_cast<std::size_t>(from), static_cast<std::size_t>(length));
  put_literal(out, length,
              item.kind == FetchItem::Kind::binary && value.find('\0') != std::string_view::npos);
  std::size_t at = out.size();
  out += value;
  if (item.kind == FetchItem::Kind::binary) return;
  for (at = out.find('\0', at); at != std::string::npos; at = out.find('\0', at)) out[at] = '\x80';
}

}  // namespace

MessageSource make_source(stored::EmailData& data, bool structure) {
  MessageSource m;
  m.uid = data.uid();
  m.size = data.size();
  if (data.has_email()) {
    m.prefix = data.email().prefix_size();
    if (m.size == 0) m.size = data.email().size();
  }
  if (!data.location().empty()) {
    auto location = blob::Location::parse(data.location());
    if (location) {
      m.location = std::move(*location);
      m.readable = true;
      m.size = m.location.size;
    }
  }
  if (!data.content().empty()) m.has_content = m.content.ParseFromString(data.content());
  if (structure && m.has_content) m.structure = mime::parse_structure(m.content.structure());
  m.wire = std::move(*data.mutable_wire());
  m.annotations.assign(std::make_move_iterator(data.mutable_annotations()->begin()),
                       std::make_move_iterator(data.mutable_annotations()->end()));
  return m;
}

std::string_view wire_field(std::string_view wire, int number) {
  base::Reader in(wire);
  while (!in.at_end()) {
    std::uint64_t tag = in.varint();
    std::string_view value = in.bytes();   // all of them are strings
    if (!in.ok() || (tag & 7) != 2) return {};
    if (tag >> 3 == static_cast<std::uint64_t>(number)) return value;
  }
  return {};
}

Slice locate(const MessageSource& m, const FetchItem& item) {
  const Section& s = item.section;
  if (item.kind != FetchItem::Kind::body || !s.part.empty()) {
    if (s.part.empty()) return range(Slice::How::decode, 0, m.size);
    return locate_part(m, item);
  }
  if (cache_answers(m, s)) {
    Slice out;
    out.how = Slice::How::text;
    out.bytes = filter_header(m.content.header(), s);
    out.read = true;
    return out;
  }
  std::uint64_t header = m.has_content ? std::min(m.size, m.prefix + m.content.header_size()) : 0;
  switch (s.kind) {
    case Section::Kind::whole:
      return range(Slice::How::range, 0, m.size);
    case Section::Kind::header:
      return range(Slice::How::range, 0, header);
    case Section::Kind::text:
      return range(Slice::How::range, header, m.size);
    case Section::Kind::mime:
      return {};
    default:
      return range(Slice::How::filter, 0, std::min(header, kMaxHeader));
  }
}

namespace {

void take_read(const SliceRead& r, base::Result<std::string> raw) {
  Slice& slice = *r.slice;
  slice.read = true;
  slice.failed = !raw;
  if (!raw) return failed(*r.message, raw.error());
  slice.bytes = slice.how == Slice::How::filter   ? filter_header(*raw, r.item->section)
                : slice.how == Slice::How::decode ? decode_all(*raw, slice.encoding)
                                                  : std::move(*raw);
}

bool read_here(Session& s, const SliceRead& r) {
  if (r.slice->size() > kReadHere) return false;
  auto raw = s.shared.bodies->read_now(r.message->location, r.slice->begin, r.slice->size());
  if (!raw || !*raw) return false;
  take_read(r, std::move(**raw));
  return true;
}

}  // namespace

io::Task<void> read_small(Session& s, std::vector<SliceRead>& reads) {
  if (reads.size() == 1 && read_here(s, reads[0])) co_return;
  // The job owns copies of all it needs: when the session ends meanwhile it goes on without it.
  struct Work {
    std::shared_ptr<const blob::Location> location;
    std::uint64_t begin, size;
    base::Result<std::string> result;
  };
  std::vector<Work> work;
  const MessageSource* last = nullptr;
  std::shared_ptr<const blob::Location> location;
  for (const SliceRead& r : reads) {
    if (r.message != last) location = std::make_shared<const blob::Location>(r.message->location);
    last = r.message;
    work.push_back({location, r.slice->begin, r.slice->size(), {}});
  }
  auto job = [bodies = s.shared.bodies, work = std::move(work)]() mutable {
    for (Work& w : work) w.result = bodies->read(*w.location, w.begin, w.size);
    return std::move(work);
  };
  work = co_await s.shared.daemon.loop().blocking(std::move(job));
  for (std::size_t i = 0; i < reads.size(); ++i) take_read(reads[i], std::move(work[i].result));
}

io::Task<bool> put_item(Session& s, const MessageSource& m, const FetchItem& item, Slice& slice,
                        std::string& out) {
  out += item.label;
  out += ' ';
  if (slice.read && !slice.failed) {
    bool whole = item.kind == FetchItem::Kind::body && !item.partial && slice.bytes.size() >= kMovedFrom;
    if (!whole) {
      put_read(item, slice, out);
      co_return true;
    }
    hide_nul(slice.bytes);
    put_literal(out, slice.bytes.size(), false);
    s.write(std::move(out));
    out.clear();
    s.write(std::move(slice.bytes));
    co_return true;
  }
  if (slice.how == Slice::How::nil || slice.failed || slice.how == Slice::How::unknown_encoding ||
      !m.readable) {
    slice.failed = slice.failed || !m.readable;
    out += item.kind == FetchItem::Kind::binary_size ? "0" : "NIL";
    co_return true;
  }
  if (slice.how == Slice::How::decode) co_return co_await stream_decoded(s, m, item, slice, out);
  co_return co_await stream_range(s, m, item, slice, out);
}

}  // namespace postern::imapd
