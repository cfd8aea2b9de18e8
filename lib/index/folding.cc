#include "index/folding.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <memory>

namespace postern::index {

namespace {

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool in(const Range (&ranges)[N], char32_t c) {
  const Range* r = std::upper_bound(ranges, ranges + N, c, [](char32_t x, const Range& y) { return x < y.first; });
  return r != ranges && c <= r[-1].last;
}

// Accents, Hebrew and Arabic points, and Arabic's stretching of words.
constexpr Range kDiacritics[] = {
    {0x300, 0x36f},   {0x591, 0x5bd},   {0x5bf, 0x5bf},   {0x5c1, 0x5c2},   {0x5c4, 0x5c5},
    {0x5c7, 0x5c7},   {0x610, 0x61a},   {0x640, 0x640},   {0x64b, 0x65f},   {0x670, 0x670},
    {0x6d6, 0x6dc},   {0x6df, 0x6e4},   {0x6e7, 0x6e8},   {0x6ea, 0x6ed},   {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

// Soft hyphen, joiners, marks of direction, variation selectors.
constexpr Range kUnseen[] = {
    {0xad, 0xad},     {0x34f, 0x34f},     {0x61c, 0x61c},     {0x180b, 0x180f},   {0x200c, 0x200f},     {0x202a, 0x202e},
    {0x2060, 0x2064}, {0x2066, 0x206f},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xe0100, 0xe01ef},
};

// Thai, Lao, Burmese, Hangul, Khmer, pictures, radicals, kana, Bopomofo, ideographs.
constexpr Range kGrams[] = {
    {0xe01, 0xe3a},     {0xe40, 0xe4e},     {0xe81, 0xece},     {0xedc, 0xedf},     {0x1000, 0x103f},   {0x1050, 0x109f},
    {0x1100, 0x11ff},   {0x1780, 0x17d3},   {0x17d7, 0x17d7},   {0x17dc, 0x17dd},   {0x2600, 0x27bf},   {0x2e80, 0x2fdf},
    {0x3005, 0x3007},   {0x3021, 0x3029},   {0x3031, 0x3035},   {0x3038, 0x303c},   {0x3041, 0x309f},   {0x30a1, 0x30fa},
    {0x30fc, 0x30ff},   {0x3105, 0x312f},   {0x3131, 0x318e},   {0x31a0, 0x31bf},   {0x31f0, 0x31ff},   {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},   {0xa960, 0xa97c},   {0xac00, 0xd7fb},   {0xf900, 0xfaff},   {0x1f000, 0x1faff}, {0x20000, 0x323af},
};

}  // namespace

CharClass class_of(char32_t c) {
  if (in(kGrams, c)) return CharClass::gram;
  auto x = static_cast<UChar32>(c);
  bool mark = (U_GET_GC_MASK(x) & U_GC_M_MASK) != 0;
  return mark || u_isalnum(x) ? CharClass::word : CharClass::separator;
}

namespace {

// Letters that Unicode does not decompose, but that people write without their strokes.
std::u32string_view plain_form(char32_t c) {
  switch (c) {
    case 0xdf: case 0x1e9e: return U"ss";
    case 0xe6: return U"ae";
    case 0x153: return U"oe";
    case 0xf8: return U"o";
    case 0x142: return U"l";
    case 0x111: case 0xf0: return U"d";
    case 0x127: return U"h";
    case 0xfe: return U"th";
    case 0x3c2: return U"\u03c3";
    default: return {};
  }
}

constexpr std::size_t kLongest = 18;  // code points of the longest compatibility decomposition

struct Folded {
  char32_t from = 0x110000;
  std::uint8_t size = 0;
  std::array<FoldedChar, kLongest * 2> to;
};

void put(Folded& f, char32_t c) {
  if (in(kUnseen, c)) return;
  // The breve makes another letter of Cyrillic i; fold_char() sees to it.
  if (in(kDiacritics, c) && c != 0x306) return;
  if (f.size < f.to.size()) f.to[f.size++] = {c, class_of(c)};
}

void put_folded(Folded& f, char32_t c) {
  if (auto plain = plain_form(c); !plain.empty()) {
    for (char32_t x : plain) put(f, x);
    return;
  }
  auto folded = static_cast<char32_t>(u_foldCase(static_cast<UChar32>(c), U_FOLD_CASE_DEFAULT));
  if (auto plain = plain_form(folded); !plain.empty() && folded != c)
    put_folded(f, folded);
  else
    put(f, folded);
}

void compute(Folded& f, char32_t c) {
  f.from = c;
  f.size = 0;
  UErrorCode error = U_ZERO_ERROR;
  static const UNormalizer2* nfkd = unorm2_getNFKDInstance(&error);
  UChar32 title = u_totitle(static_cast<UChar32>(c));
  bool hangul = title >= 0xac00 && title <= 0xd7a3;  // stays whole: a syllable is what people type
  UChar units[kLongest * 2];
  error = U_ZERO_ERROR;
  std::int32_t n = nfkd && !hangul ? unorm2_getDecomposition(nfkd, title, units, kLongest * 2, &error) : -1;
  if (n < 0 || U_FAILURE(error)) return put_folded(f, static_cast<char32_t>(title));
  for (std::int32_t i = 0; i < n;) {
    UChar32 x;
    U16_NEXT(units, i, n, x);
    put_folded(f, static_cast<char32_t>(x));
  }
}

constexpr std::size_t kCache = 1024;  // texts use few different characters
constexpr char32_t kBreve = 0x306, kCyrillicI = 0x438;

}  // namespace

std::span<const FoldedChar> fold_char(char32_t c, char32_t before) {
  thread_local auto cache = std::make_unique<Folded[]>(kCache);
  thread_local Folded without;
  Folded& f = cache[c % kCache];
  if (f.from != c) compute(f, c);
  std::span<const FoldedChar> out(f.to.data(), f.size);
  auto breve = std::ranges::find(out, kBreve, &FoldedChar::c);
  if (breve == out.end()) return out;
  char32_t base = breve == out.begin() ? before : breve[-1].c;
  if (base == kCyrillicI) return out;
  without.size = 0;
  for (const FoldedChar& x : out)
    if (x.c != kBreve) without.to[without.size++] = x;
  return {without.to.data(), without.size};
}

}  // namespace postern::index
