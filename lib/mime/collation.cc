#include "mime/collation.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"

namespace postern::mime {

namespace {

constexpr std::array<std::string_view, 4> kNames = {"i;unicode-casemap", "i;ascii-casemap", "i;octet",
                                                    "i;ascii-numeric"};

bool is_ascii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void append_utf8(std::string& out, UChar32 c) {
  char buffer[U8_MAX_LENGTH];
  std::int32_t n = 0;
  U8_APPEND_UNSAFE(buffer, n, c);
  out.append(buffer, static_cast<std::size_t>(n));
}

bool is_hangul_syllable(UChar32 c) {
  return c >= 0xac00 && c <= 0xd7a3;
}

// What case folding makes of a code point that has been titlecased and decomposed.  Only the sharp s still becomes two.
void append_folded(std::string& out, UChar32 c) {
  if (c == 0xdf || c == 0x1e9e) {
    out += "ss";
  } else {
    append_utf8(out, u_foldCase(c, U_FOLD_CASE_DEFAULT));
  }
}

// RFC 5051 2 (2): titlecase, then decompositions of any kind, code point by code point; and case folding on top.
void append_mapped(std::string& out, UChar32 c, bool fold) {
  auto put = [&](UChar32 x) { fold ? append_folded(out, x) : append_utf8(out, x); };
  c = u_totitle(c);
  UErrorCode error = U_ZERO_ERROR;
  static const UNormalizer2* nfkd = unorm2_getNFKDInstance(&error);
  UChar units[32];
  error = U_ZERO_ERROR;
  // Hangul syllables are decomposed by rule, not by a property.
  std::int32_t n = nfkd && !is_hangul_syllable(c) ? unorm2_getDecomposition(nfkd, c, units, 32, &error) : -1;
  if (n < 0 || U_FAILURE(error)) return put(c);
  for (std::int32_t i = 0; i < n;) {
    UChar32 x;
    U16_NEXT(units, i, n, x);
    put(x);
  }
}

// The mapping of what was met lately: texts use few different characters.
struct Mapped {
  UChar32 from = -1;
  std::uint8_t size = 0;
  char bytes[11];
};
constexpr std::size_t kCache = 2048;

std::string casemap(std::string_view s, bool fold) {
  if (is_ascii(s)) return fold ? base::to_lower(s) : base::to_upper(s);
  thread_local std::array<std::unique_ptr<Mapped[]>, 2> caches;
  auto& cache = caches[fold];
  if (!cache) cache = std::make_unique<Mapped[]>(kCache);
  std::string out;
  out.reserve(s.size() + s.size() / 8);
  auto size = static_cast<std::int32_t>(s.size());
  for (std::int32_t i = 0; i < size;) {
    auto byte = static_cast<unsigned char>(s[static_cast<std::size_t>(i)]);
    if (byte < 0x80) {
      out += fold ? base::ascii_lower(static_cast<char>(byte)) : base::ascii_upper(static_cast<char>(byte));
      ++i;
      continue;
    }
    std::int32_t begin = i;
    UChar32 c;
    U8_NEXT(s.data(), i, size, c);
    if (c < 0) {
      out.append(s.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(i - begin)));
      continue;
    }
    Mapped& slot = cache[static_cast<std::size_t>(c) % kCache];
    if (slot.from == c) {
      out.append(slot.bytes, slot.size);
      continue;
    }
    std::size_t before = out.size();
    append_mapped(out, c, fold);
    std::size_t n = out.size() - before;
    if (n > sizeof slot.bytes) continue;
    slot.from = c;
    slot.size = static_cast<std::uint8_t>(n);
    out.copy(slot.bytes, n, before);
  }
  return out;
}

// The number at the front as its length and its digits; what is no number is after all numbers (RFC 4790 9.1.1).
std::string numeric_key(std::string_view s) {
  std::size_t n = 0;
  while (n < s.size() && base::is_digit(s[n])) ++n;
  if (n == 0) return "\xff";
  s = s.substr(0, n);
  s.remove_prefix(std::min(s.find_first_not_of('0'), s.size() - 1));
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(s.size() >> shift & 0x7f);
  return out.append(s);
}

}  // namespace

std::optional<Collation> find_collation(std::string_view name) {
  auto it = std::ranges::find_if(kNames, [name](std::string_view n) { return base::iequals(n, name); });
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Collation>(it - kNames.begin());
}

std::string_view name_of(Collation c) {
  return kNames[static_cast<std::size_t>(c)];
}

bool has_substring(Collation c) {
  return c != Collation::ascii_numeric;
}

std::string sort_key(Collation c, std::string_view s) {
  switch (c) {
    case Collation::unicode_casemap:
      return casemap(s, false);
    case Collation::ascii_casemap:
      return base::to_upper(s);
    case Collation::ascii_numeric:
      return numeric_key(s);
    case Collation::octet:
      break;
  }
  return std::string(s);
}

std::string match_key(Collation c, std::string_view s) {
  return c == Collation::unicode_casemap ? casemap(s, true)
         : c == Collation::ascii_casemap ? base::to_lower(s)
                                         : std::string(s);
}

}  // namespace postern::mime
