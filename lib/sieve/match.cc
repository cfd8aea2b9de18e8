#include "sieve/match.h"

#include <re2/re2.h>
#include <string.h>

#include <algorithm>
#include <compare>
#include <functional>

#include "base/text.h"
#include "mime/collation.h"
#include "sieve/check.h"
#include "sieve/strings.h"

namespace postern::sieve {
namespace {

mime::Collation collation(Comparator c) {
  switch (c) {
    case Comparator::octet:
      return mime::Collation::octet;
    case Comparator::numeric:
      return mime::Collation::ascii_numeric;
    case Comparator::unicode:
      return mime::Collation::unicode_casemap;
    case Comparator::casemap:
      break;
  }
  return mime::Collation::ascii_casemap;
}

bool equal(Comparator c, std::string_view a, std::string_view b) {
  if (c == Comparator::octet) return a == b;
  if (c == Comparator::casemap) return base::iequals(a, b);
  return mime::sort_key(collation(c), a) == mime::sort_key(collation(c), b);
}

// `s` as it compares, in a buffer that is kept.
void map_into(std::string& out, Comparator c, std::string_view s) {
  if (c != Comparator::casemap) {
    out = mime::sort_key(collation(c), s);
    return;
  }
  out.resize(s.size());
  std::ranges::transform(s, out.begin(), base::ascii_lower);
}

// A text as its characters compare by i;unicode-casemap, with the place of each in the text as it was.
struct Mapped {
  std::string text;
  std::vector<std::uint32_t> origin;  // one for each byte, and the end; empty: the places are the same

  std::size_t original(std::size_t at) const { return origin.empty() ? at : origin[at]; }
};

std::size_t character_size(std::string_view s, std::size_t at) {
  auto c = static_cast<unsigned char>(s[at]);
  std::size_t most = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, n = 1;
  while (n < most && at + n < s.size() && (static_cast<unsigned char>(s[at + n]) & 0xc0) == 0x80) ++n;
  return n;
}

Mapped map(Comparator c, std::string_view s) {
  auto ascii = [](char x) { return static_cast<unsigned char>(x) < 0x80; };
  if (c != Comparator::unicode || std::ranges::all_of(s, ascii)) return {mime::sort_key(collation(c), s), {}};
  Mapped out;
  for (std::size_t at = 0; at < s.size();) {
    std::size_t n = character_size(s, at);
    out.text += mime::sort_key(collation(c), s.substr(at, n));
    out.origin.resize(out.text.size(), static_cast<std::uint32_t>(at));
    at += n;
  }
  out.origin.push_back(static_cast<std::uint32_t>(s.size()));
  return out;
}

// What stands at one place of a pattern.
struct Item {
  enum class Kind : std::uint8_t { byte, one, any } kind;
  char byte = 0;
  std::size_t size = 1;  // its bytes in the pattern
};

Item item_at(std::string_view pattern, std::size_t at) {
  char c = pattern[at];
  if (c == '*') return {Item::Kind::any};
  if (c == '?') return {Item::Kind::one};
  if (c == '\\' && at + 1 < pattern.size()) return {Item::Kind::byte, pattern[at + 1], 2};
  return {Item::Kind::byte, c};  // a backslash at the end stands for itself
}

// A pattern whose literal characters are as they compare by `c`.
std::string mapped_pattern(Comparator c, std::string_view key) {
  std::string out, literal;
  auto flush = [&] {
    for (char b : mime::sort_key(collation(c), literal)) {
      if (b == '*' || b == '?' || b == '\\') out += '\\';
      out += b;
    }
    literal.clear();
  };
  for (std::size_t at = 0; at < key.size();) {
    Item item = item_at(key, at);
    at += item.size;
    if (item.kind == Item::Kind::byte) {
      literal += item.byte;
      continue;
    }
    flush();
    out += item.kind == Item::Kind::any ? '*' : '?';
  }
  flush();
  return out;
}

// Leftmost and shortest for every "*" but the last one, which must reach the end: only the last "*" is ever
// tried again, so the work is at most value times pattern.  It is paid for as it is done.
template <class Same>
base::Result<bool> match_pattern(std::string_view pattern, std::string_view value, bool characters, Same&& same,
                                 std::vector<MatchedRange>& ranges, Budget& budget) {
  constexpr std::uint64_t kPay = 4096;
  std::size_t v = 0, p = 0;
  std::size_t star = std::string_view::npos, star_v = 0, star_ranges = 0;   // behind the last "*"
  ranges.clear();
  for (std::uint64_t looked = 0;; ++looked) {
    if (looked == kPay) {
      if (auto r = budget.work(kPay); !r) return base::pass(r);
      looked = 0;
    }
    bool more = p < pattern.size();
    Item item = more ? item_at(pattern, p) : Item{Item::Kind::byte};
    if (more && item.kind == Item::Kind::any) {
      star = ++p;
      star_v = v;
      ranges.push_back({v, v});
      star_ranges = ranges.size();
      continue;
    }
    if (v == value.size() && !more) return true;
    if (v < value.size() && more && (item.kind == Item::Kind::one || same(item.byte, value[v]))) {
      std::size_t n = item.kind == Item::Kind::one && characters ? character_size(value, v) : 1;
      if (item.kind == Item::Kind::one) ranges.push_back({v, v + n});
      v += n;
      p += item.size;
      continue;
    }
    if (star == std::string_view::npos || star_v == value.size()) return false;
    star_v += characters ? character_size(value, star_v) : 1;
    v = star_v;
    p = star;
    ranges.resize(star_ranges);
    ranges.back().end = star_v;
  }
}

}  // namespace

Matcher::Matcher(Budget& budget, const Limits& limits) : budget_(budget), limits_(limits) {}
Matcher::~Matcher() = default;

base::Result<bool> Matcher::match(Match m, Comparator c, std::string_view value, std::string_view key,
                                  std::vector<std::string>* captures) {
  if (auto r = budget_.work(value.size() + key.size() + 1); !r) return base::pass(r);
  switch (m) {
    case Match::is:
      return equal(c, value, key);
    case Match::contains:
      map_into(value_, c, value);
      map_into(key_, c, key);
      // memmem is linear whatever the needle is; string_view::find isn't.
      return key_.empty() || memmem(value_.data(), value_.size(), key_.data(), key_.size()) != nullptr;
    case Match::matches:
      return wildcards(c, value, key, captures);
    case Match::regex:
      return regex(c, value, key, captures);
    default:
      return is_value(m) && related(m, c, value, key);
  }
}

bool Matcher::related(Match m, Comparator c, std::string_view a, std::string_view b) {
  auto order = mime::sort_key(collation(c), a) <=> mime::sort_key(collation(c), b);
  switch (m) {
    case Match::value_gt:
    case Match::count_gt:
      return order > 0;
    case Match::value_ge:
    case Match::count_ge:
      return order >= 0;
    case Match::value_lt:
    case Match::count_lt:
      return order < 0;
    case Match::value_le:
    case Match::count_le:
      return order <= 0;
    case Match::value_eq:
    case Match::count_eq:
      return order == 0;
    case Match::value_ne:
    case Match::count_ne:
      return order != 0;
    default:
      return false;
  }
}

base::Result<bool> Matcher::wildcards(Comparator c, std::string_view value, std::string_view key,
                                      std::vector<std::string>* captures) {
  if (key.size() > limits_.pattern)
    return base::fail(base::Fault::limit,
                      "a pattern of more than " + std::to_string(limits_.pattern) + " bytes");
  Mapped text;
  base::Result<bool> matched = false;
  if (c == Comparator::octet) {
    matched = match_pattern(key, value, false, std::equal_to<char>(), ranges_, budget_);
  } else if (c == Comparator::casemap) {
    auto same = [](char a, char b) { return base::ascii_lower(a) == base::ascii_lower(b); };
    matched = match_pattern(key, value, true, same, ranges_, budget_);
  } else {
    text = map(c, value);
    matched = match_pattern(mapped_pattern(c, key), text.text, true, std::equal_to<char>(), ranges_, budget_);
  }
  if (!matched || !*matched) return matched;
  if (!captures) return true;
  captures->assign(1, std::string(value));
  for (const MatchedRange& r : ranges_) {
    if (captures->size() == kMatchVariables) break;
    std::size_t begin = text.original(r.begin), end = text.original(r.end);
    captures->emplace_back(value.substr(begin, end - begin));
  }
  return true;
}

namespace {

re2::RE2::Options regex_options(bool ignore_case, bool octets) {
  re2::RE2::Options o;
  o.set_posix_syntax(true);
  o.set_longest_match(true);
  o.set_perl_classes(true);
  o.set_word_boundary(true);
  o.set_one_line(true);
  o.set_dot_nl(true);
  o.set_log_errors(false);
  o.set_case_sensitive(!ignore_case);
  o.set_encoding(octets ? re2::RE2::Options::EncodingLatin1 : re2::RE2::Options::EncodingUTF8);
  o.set_max_mem(kRegexMemory);
  return o;
}

}  // namespace

std::string regex_error(std::string_view pattern, bool octets) {
  re2::RE2 re(re2::StringPiece(pattern.data(), pattern.size()), regex_options(!octets, octets));
  return re.ok() ? "" : re.error();
}

base::Result<bool> Matcher::regex(Comparator c, std::string_view value, std::string_view key,
                                  std::vector<std::string>* captures) {
  if (key.size() > limits_.pattern)
    return base::fail(base::Fault::limit,
                      "a pattern of more than " + std::to_string(limits_.pattern) + " bytes");
  bool octets = c == Comparator::octet;
  std::string id = (octets ? "o" : "c") + std::string(key);
  auto it = compiled_.find(id);
  if (it == compiled_.end()) {
    // Compiling costs time and memory of its own.
    if (auto r = budget_.memory(key.size() * 64 + 16'384); !r) return base::pass(r);
    if (auto r = budget_.work(key.size() * 256 + 4096); !r) return base::pass(r);
    auto re =
        std::make_unique<re2::RE2>(re2::StringPiece(key.data(), key.size()), regex_options(!octets, octets));
    it = compiled_.emplace(std::move(id), std::move(re)).first;
  }
  const re2::RE2& re = *it->second;
  if (!re.ok()) return false;  // made from variables: a constant one was refused when the script was compiled
  // Where RE2 has to fall back from its automaton, each character costs a step a state.
  auto states = static_cast<std::uint64_t>(std::max(re.ProgramSize(), 1));
  if (auto r = budget_.work(value.size() * (1 + states / 16)); !r) return base::pass(r);
  auto groups =
      std::min<std::size_t>(static_cast<std::size_t>(re.NumberOfCapturingGroups()) + 1, kMatchVariables);
  std::vector<re2::StringPiece> found(captures ? groups : 0);
  re2::StringPiece text(value.data(), value.size());
  if (!re.Match(text, 0, text.size(), re2::RE2::UNANCHORED, found.data(), static_cast<int>(found.size())))
    return false;
  if (captures) {
    captures->clear();
    for (const re2::StringPiece& f : found)
      captures->emplace_back(f.data() ? std::string(f.data(), f.size()) : "");
  }
  return true;
}

}  // namespace postern::sieve
