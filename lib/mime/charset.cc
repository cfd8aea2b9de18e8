#include "mime/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/text.h"
#include "mime/detail.h"

namespace postern::mime {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::size_t kMaxCharsetName = 60;

// WHATWG's windows-1252: every byte is a character.
constexpr std::array<std::uint16_t, 32> kHigh1252 = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

enum class Kind { utf8, ascii, windows_1252, automatic, icu };

struct Charset {
  Kind kind = Kind::automatic;
  std::string icu_name;
};

void append_1252(std::string_view bytes, std::string& out) {
  for (char ch : bytes) {
    auto c = static_cast<unsigned char>(ch);
    detail::append_utf8(out, c >= 0x80 && c < 0xa0 ? kHigh1252[c - 0x80] : c);
  }
}

// Length of the sequence at `i`: positive when well-formed, 0 when it may become so with more bytes, negative
// when that many bytes are ill-formed (Unicode's maximal subpart).
int utf8_sequence(std::string_view s, std::size_t i) {
  auto c = static_cast<unsigned char>(s[i]);
  if (c < 0x80) return 1;
  if (c < 0xc2 || c > 0xf4) return -1;
  int need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
  unsigned lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
  unsigned hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
  for (int k = 1; k < need; ++k) {
    if (i + static_cast<std::size_t>(k) >= s.size()) return 0;
    auto n = static_cast<unsigned char>(s[i + static_cast<std::size_t>(k)]);
    if (n < lo || n > hi) return -k;
    lo = 0x80;
    hi = 0xbf;
  }
  return need;
}

// Appends `s` up to an unfinished sequence at its end and gives the place where that begins.  When
// `first_bad` is not null, stops at the first ill-formed sequence instead of replacing it.
std::size_t append_well_formed(std::string_view s, std::string& out, bool& problem, bool* first_bad) {
  std::size_t run = 0, i = 0;
  while (i < s.size()) {
    if (static_cast<unsigned char>(s[i]) < 0x80) {
      ++i;
      continue;
    }
    int n = utf8_sequence(s, i);
    if (n > 0) {
      i += static_cast<std::size_t>(n);
      continue;
    }
    out += s.substr(run, i - run);
    if (n == 0) return i;
    if (first_bad != nullptr) {
      *first_bad = true;
      return i;
    }
    problem = true;
    out += kReplacement;
    i += static_cast<std::size_t>(-n);
    run = i;
  }
  out += s.substr(run);
  return i;
}

// ICU's own name for what mail calls `name` (lower case), where the two differ or the mail's meaning is
// wider.
std::string_view alias(std::string_view name) {
  struct Row {
    std::string_view from, to;
  };
  static constexpr Row kRows[] = {
      {"cp932", "windows-31j"},
      {"ms932", "windows-31j"},
      {"x-sjis", "windows-31j"},
      {"shift_jis", "windows-31j"},
      {"shift-jis", "windows-31j"},
      {"sjis", "windows-31j"},
      {"gb2312", "gb18030"},
      {"gbk", "gb18030"},
      {"x-gbk", "gb18030"},
      {"gb_2312-80", "gb18030"},
      {"euc-cn", "gb18030"},
      {"cp936", "gb18030"},
      {"euc-kr", "windows-949"},
      {"ks_c_5601-1987", "windows-949"},
      {"ks_c_5601", "windows-949"},
      {"ksc5601", "windows-949"},
      {"cp949", "windows-949"},
      {"iso-8859-9", "windows-1254"},
      {"latin5", "windows-1254"},
      {"iso-8859-11", "windows-874"},
      {"tis-620", "windows-874"},
      {"iso-8859-8-i", "iso-8859-8"},
      {"iso-8859-8-e", "iso-8859-8"},
      {"x-mac-roman", "macintosh"},
      {"mac", "macintosh"},
      {"x-mac-cyrillic", "x-mac-cyrillic"},
      {"koi8r", "koi8-r"},
      {"win-1251", "windows-1251"},
      {"cp-1251", "windows-1251"},
      {"cp-1250", "windows-1250"},
      {"cp-850", "cp850"},
      {"iso-2022-jp-3", "iso-2022-jp-2"},
      {"iso-2022-jp-ms", "iso-2022-jp-2"},
  };
  for (const auto& r : kRows)
    if (r.from == name) return r.to;
  return name;
}

bool one_of(std::string_view s, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

// Charsets whose bytes can hide ASCII from every filter on the way, or that no mail is in.
bool refused(std::string_view canonical) {
  return one_of(canonical, {"UTF-7", "IMAP-mailbox-name", "SCSU", "BOCU-1", "CESU-8", "UTF-EBCDIC"}) ||
         canonical.starts_with("LMBCS");
}

Charset lookup(std::string_view raw) {
  raw = base::trim(raw);
  if (raw.size() > kMaxCharsetName) return {};
  std::string name = base::to_lower(raw);
  if (one_of(name, {"utf-8", "utf8", "unicode-1-1-utf-8", "utf-8-mac"})) return {Kind::utf8, {}};
  if (one_of(name, {"us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "646", "ascii7"}))
    return {Kind::ascii, {}};
  if (one_of(name, {"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "windows-1252",
                    "cp1252", "cp-1252", "win-1252", "ansi", "x-ansi"}))
    return {Kind::windows_1252, {}};
  for (char c : name)
    if (c <= 32 || c == 127 || c == ',' || c == '=' || c == '/' || static_cast<unsigned char>(c) > 127)
      return {};
  name = alias(name);
  UErrorCode error = U_ZERO_ERROR;
  if (name.empty() || ucnv_countAliases(name.c_str(), &error) == 0 || U_FAILURE(error)) return {};
  error = U_ZERO_ERROR;
  const char* canonical = ucnv_getAlias(name.c_str(), 0, &error);
  if (U_FAILURE(error) || canonical == nullptr || refused(canonical)) return {};
  return {Kind::icu, canonical};
}

struct CloseConverter {
  void operator()(UConverter* c) const noexcept { ucnv_close(c); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

void U_CALLCONV on_bad_bytes(const void* context, UConverterToUnicodeArgs* args, const char* units,
                             std::int32_t length, UConverterCallbackReason reason, UErrorCode* error) {
  if (reason <= UCNV_IRREGULAR) *static_cast<bool*>(const_cast<void*>(context)) = true;
  UCNV_TO_U_CALLBACK_SUBSTITUTE(nullptr, args, units, length, reason, error);
}

Converter open_converter(const std::string& name) {
  UErrorCode error = U_ZERO_ERROR;
  Converter c(ucnv_open(name.c_str(), &error));
  return U_SUCCESS(error) ? std::move(c) : nullptr;
}

// A few converters a thread: opening one costs more than decoding a header.
class ConverterCache {
 public:
  Converter take(const std::string& name) {
    for (auto& e : entries_)
      if (e.name == name && e.converter) return std::move(e.converter);
    return open_converter(name);
  }
  void give_back(const std::string& name, Converter c) {
    if (!c) return;
    ucnv_reset(c.get());
    auto& e = entries_[next_++ % entries_.size()];
    e.name = name;
    e.converter = std::move(c);
  }

 private:
  struct Entry {
    std::string name;
    Converter converter;
  };
  std::array<Entry, 8> entries_;
  std::size_t next_ = 0;
};

ConverterCache& cache() {
  thread_local ConverterCache c;
  return c;
}

}  // namespace

struct CharsetDecoder::Impl {
  Charset charset;
  bool problem = false, begun = false;
  Converter converter;
  std::string held;        // the unfinished UTF-8 sequence at the end of the last piece
  std::uint16_t high = 0;  // the first half of a surrogate pair

  void begin(std::string_view bytes);
  ~Impl() { cache().give_back(charset.icu_name, std::move(converter)); }
  void decode_utf8(std::string_view bytes, std::string& out, bool last);
  void decode_icu(std::string_view bytes, std::string& out, bool last);
  void append_utf16(const char16_t* from, const char16_t* to, std::string& out);
};

void CharsetDecoder::Impl::decode_utf8(std::string_view bytes, std::string& out, bool last) {
  std::string joined;
  if (!held.empty()) {
    joined = std::move(held) + std::string(bytes);
    bytes = joined;
    held.clear();
  }
  bool bad = false;
  bool strict = charset.kind == Kind::utf8;
  std::size_t used = append_well_formed(bytes, out, problem, strict ? nullptr : &bad);
  if (bad || (last && used < bytes.size() && !strict)) {
    // A text of unknown charset that is no UTF-8 is read as windows-1252 from here on.
    problem = true;
    charset.kind = Kind::windows_1252;
    return append_1252(bytes.substr(used), out);
  }
  if (used == bytes.size()) return;
  if (!last) {
    held = bytes.substr(used);
    return;
  }
  problem = true;
  out += kReplacement;
}

void CharsetDecoder::Impl::append_utf16(const char16_t* from, const char16_t* to, std::string& out) {
  for (; from < to; ++from) {
    auto u = static_cast<std::uint16_t>(*from);
    if (high != 0) {
      auto h = high;
      high = 0;
      if (u >= 0xdc00 && u <= 0xdfff) {
        detail::append_utf8(out, 0x10000u + ((h - 0xd800u) << 10) + (u - 0xdc00u));
        continue;
      }
      out += kReplacement;
    }
    if (u >= 0xd800 && u <= 0xdbff)
      high = u;
    else if (u >= 0xdc00 && u <= 0xdfff)
      out += kReplacement;
    else
      detail::append_utf8(out, u);
  }
}

// Without a byte order mark UTF-16 is big-endian (RFC 2781 4.3); ICU would take this machine's order.
void CharsetDecoder::Impl::begin(std::string_view bytes) {
  begun = true;
  bool marked = bytes[0] == '\xfe' || bytes[0] == '\xff';
  if (charset.icu_name == "UTF-16" && !marked) charset.icu_name = "UTF-16BE";
  converter = cache().take(charset.icu_name);
}

void CharsetDecoder::Impl::decode_icu(std::string_view bytes, std::string& out, bool last) {
  if (bytes.empty() && !begun) return;
  if (!begun) begin(bytes);
  if (!converter) {
    problem = true;
    return append_1252(bytes, out);
  }
  UErrorCode error = U_ZERO_ERROR;
  ucnv_setToUCallBack(converter.get(), on_bad_bytes, &problem, nullptr, nullptr, &error);
  std::array<char16_t, 2048> units;
  const char* from = bytes.data();
  const char* end = from + bytes.size();
  do {
    error = U_ZERO_ERROR;
    char16_t* to = units.data();
    const char* before = from;
    ucnv_toUnicode(converter.get(), &to, units.data() + units.size(), &from, end, nullptr, last, &error);
    append_utf16(units.data(), to, out);
    if (error != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(error)) {
      problem = true;
      if (from == before && to == units.data()) break;  // no progress: never loop on a converter's whim
    }
  } while (error == U_BUFFER_OVERFLOW_ERROR || from < end);
  if (last && high != 0) {
    high = 0;
    out += kReplacement;
  }
}

CharsetDecoder::CharsetDecoder(std::string_view charset) : impl_(std::make_unique<Impl>()) {
  impl_->charset = lookup(charset);
  if (impl_->charset.kind == Kind::automatic) impl_->problem = true;
}
CharsetDecoder::~CharsetDecoder() = default;
CharsetDecoder::CharsetDecoder(CharsetDecoder&&) noexcept = default;
CharsetDecoder& CharsetDecoder::operator=(CharsetDecoder&&) noexcept = default;
bool CharsetDecoder::problem() const {
  return impl_->problem;
}

void CharsetDecoder::decode(std::string_view bytes, std::string& out, bool last) {
  switch (impl_->charset.kind) {
    case Kind::windows_1252:
      return append_1252(bytes, out);
    case Kind::icu:
      return impl_->decode_icu(bytes, out, last);
    case Kind::ascii:
      if (!detail::is_ascii(bytes)) impl_->problem = true;
      [[fallthrough]];
    default:
      return impl_->decode_utf8(bytes, out, last);
  }
}

bool known_charset(std::string_view name) {
  return lookup(name).kind != Kind::automatic;
}

Utf8Text to_utf8(std::string_view bytes, std::string_view charset) {
  Utf8Text r;
  Charset c = lookup(charset);
  if (c.kind != Kind::icu && detail::is_ascii(bytes)) {
    r.text = bytes;
    r.problem = c.kind == Kind::automatic;
    return r;
  }
  if (c.kind == Kind::automatic || c.kind == Kind::ascii) {
    r.text = utf8_or_1252(bytes);
    r.problem = true;
    return r;
  }
  CharsetDecoder d(charset);
  r.text.reserve(bytes.size() + bytes.size() / 2);
  d.decode(bytes, r.text, true);
  r.problem = d.problem();
  return r;
}

std::string make_valid_utf8(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  bool problem = false;
  if (append_well_formed(s, out, problem, nullptr) < s.size()) out += kReplacement;
  return out;
}

std::string utf8_or_1252(std::string_view bytes) {
  if (detail::is_ascii(bytes) || base::is_valid_utf8(bytes)) return std::string(bytes);
  std::string out;
  append_1252(bytes, out);
  return out;
}

std::string_view clip_utf8(std::string_view s, std::size_t max) {
  if (s.size() <= max) return s;
  while (max > 0 && (static_cast<unsigned char>(s[max]) & 0xc0) == 0x80) --max;
  return s.substr(0, max);
}

}  // namespace postern::mime
