// parse_params: `value *(";" name "=" value)` with RFC 2231 continuations.
#include <algorithm>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/header.h"
#include "mime/limits.h"

namespace postern::mime {
namespace {

// A parameter as it stands in the field, before continuations are joined.
struct Piece {
  std::string name;      // lower case, without marks
  std::string value;     // unquoted bytes
  int number = -1;       // of name*N
  bool encoded = false;  // name* or name*N*
};

bool token_char(char c) {
  auto u = static_cast<unsigned char>(c);
  if (u <= 32 || u >= 127) return false;
  return std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

std::size_t read_token(std::string_view s, std::size_t at, std::string& out) {
  std::size_t begin = at;
  while (at < s.size() && token_char(s[at])) ++at;
  out = base::to_lower(s.substr(begin, std::min(at - begin, kMaxFieldKept)));
  return at;
}

// "filename*12*" to its parts.  A name whose marks are malformed is kept as it is.
void split_marks(Piece& p) {
  auto star = p.name.find('*');
  if (star == std::string::npos || star == 0) return;
  std::string_view marks = std::string_view(p.name).substr(star + 1);
  bool encoded = marks.empty() || marks.back() == '*';
  if (!marks.empty() && encoded) marks.remove_suffix(1);
  int number = -1;
  if (!marks.empty()) {
    auto n = base::parse_u32(marks);
    if (!n || *n > 9999 || (marks.size() > 1 && marks[0] == '0')) return;
    number = static_cast<int>(*n);
  }
  p.number = number;
  p.encoded = encoded;
  p.name.resize(star);
}

// An unquoted value.  Senders leave the quotes off names with blanks in them: words that can't start another
// parameter belong to the value.
std::size_t read_bare(std::string_view s, std::size_t at, std::string& out) {
  std::size_t ahead = 0;  // place of the next ";" or "=", searched once for all words before it
  for (;;) {
    std::size_t begin = at;
    while (at < s.size() && s[at] != ';' && !detail::is_lwsp(s[at]) && s[at] != '(') ++at;
    detail::append_capped(out, s.substr(begin, at - begin), kMaxParamValue);
    std::size_t next = skip_cfws(s, at);
    if (next >= s.size() || s[next] == ';') return next;
    if (ahead <= next) ahead = std::min(s.find_first_of(";=", next), s.size());
    if (ahead < s.size() && s[ahead] == '=') return next;
    detail::append_capped(out, " ", kMaxParamValue);
    at = next;
  }
}

// Reads one `name=value` at `at`; an empty name means there was none.
std::size_t read_param(std::string_view s, std::size_t at, Piece& p) {
  at = read_token(s, at, p.name);
  at = skip_cfws(s, at);
  if (p.name.empty() || at >= s.size() || s[at] != '=') {
    p.name.clear();
    return std::min(s.find(';', at), s.size());
  }
  at = skip_cfws(s, at + 1);
  if (at < s.size() && s[at] == '"')
    at = detail::read_quoted(s, at, p.value, kMaxParamValue);
  else
    at = read_bare(s, at, p.value);
  split_marks(p);
  return at;
}

void append_percent(std::string_view s, std::string& out) {
  for (std::size_t i = 0; i < s.size(); ++i) {
    int hi = -1, lo = -1;
    if (s[i] == '%' && i + 2 < s.size() && (hi = detail::hex_digit(s[i + 1])) >= 0 &&
        (lo = detail::hex_digit(s[i + 2])) >= 0) {
      out += static_cast<char>(hi << 4 | lo);
      i += 2;
    } else {
      out += s[i];
    }
  }
}

// Takes charset'language' off the front of `v`.
std::string take_charset(std::string_view& v) {
  auto first = v.find('\'');
  if (first == std::string_view::npos) return {};
  auto second = v.find('\'', first + 1);
  if (second == std::string_view::npos) return {};
  std::string charset(v.substr(0, first));
  v.remove_prefix(second + 1);
  return charset;
}

void finish_value(Param& p, std::string bytes, std::string_view charset) {
  p.value = detail::is_ascii(bytes) && charset.empty() ? std::move(bytes) : to_utf8(bytes, charset).text;
  detail::blank_controls(p.value);
}

// The pieces of one name, all numbered, sorted by number, joined while none is missing.
Param join(std::string name, std::vector<const Piece*>& pieces) {
  std::sort(pieces.begin(), pieces.end(),
            [](auto* a, auto* b) { return a->number != b->number ? a->number < b->number : a < b; });
  Param out{std::move(name), {}, false};
  std::string bytes, charset;
  int want = pieces.front()->number;
  for (const Piece* p : pieces) {
    if (p->number < want) continue;  // a duplicate: the first one stays
    if (p->number > want) break;
    std::string_view v = p->value;
    if (p->encoded) {
      if (want == pieces.front()->number) charset = take_charset(v);
      out.extended = true;
      if (bytes.size() + v.size() <= kMaxParamValue) append_percent(v, bytes);
    } else {
      detail::append_capped(bytes, v, kMaxParamValue);
    }
    ++want;
  }
  finish_value(out, std::move(bytes), charset);
  return out;
}

// The best of all pieces of one name: name*, then name*0 and its followers, then name.
Param choose(const std::vector<Piece>& all, const std::string& name) {
  const Piece* plain = nullptr;
  const Piece* extended = nullptr;
  std::vector<const Piece*> numbered;
  for (const auto& p : all) {
    if (p.name != name) continue;
    if (p.number >= 0)
      numbered.push_back(&p);
    else if (p.encoded)
      extended = extended ? extended : &p;
    else
      plain = plain ? plain : &p;
  }
  Param out{name, {}, false};
  if (extended != nullptr) {
    std::string_view v = extended->value;
    std::string charset = take_charset(v), bytes;
    append_percent(v, bytes);
    out.extended = true;
    finish_value(out, std::move(bytes), charset);
  } else if (!numbered.empty()) {
    return join(name, numbered);
  } else {
    finish_value(out, plain->value, {});
  }
  return out;
}

void join_all(std::vector<Piece>& pieces, std::vector<Param>& out) {
  for (auto& p : pieces) {
    if (std::any_of(out.begin(), out.end(), [&](const Param& o) { return o.name == p.name; })) continue;
    out.push_back(choose(pieces, p.name));
  }
}

}  // namespace

ParamValue parse_params(std::string_view raw) {
  ParamValue out;
  std::size_t at = read_token(raw, skip_cfws(raw, 0), out.value);
  at = skip_cfws(raw, at);
  if (at < raw.size() && raw[at] == '/') at = read_token(raw, skip_cfws(raw, at + 1), out.subtype);
  std::vector<Piece> pieces;
  at = std::min(raw.find(';', at), raw.size());
  while (at < raw.size()) {
    at = skip_cfws(raw, at);
    if (at < raw.size() && raw[at] == ';') {
      ++at;
      continue;
    }
    if (at >= raw.size()) break;
    if (pieces.size() == kMaxParams) {
      out.truncated = true;
      break;
    }
    Piece p;
    at = read_param(raw, at, p);
    if (p.name.empty()) continue;
    pieces.push_back(std::move(p));
  }
  out.params.reserve(pieces.size());
  join_all(pieces, out.params);
  return out;
}

}  // namespace postern::mime
