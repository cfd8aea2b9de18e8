#include "jmap/snippet.h"

#include <algorithm>

#include "index/tokenizer.h"
#include "jmap/limits.h"

namespace postern::jmap {
namespace {

using Phrase = SnippetTerms::Phrase;
using index::OwnedToken;
using query::Condition;
using Op = Condition::Op;

constexpr std::size_t kContext = 60;  // bytes before the first mark
constexpr std::string_view kOpen = "<mark>", kClose = "</mark>";

struct Range {
  std::size_t begin, end;
};

Phrase phrase_of(std::string_view text) {
  Phrase out;
  for (OwnedToken& t : index::tokens_of(text, kMaxSearchText))
    // The last character of a run that has pairs is in the last pair already.
    if (t.kind != index::Token::Kind::last || out.empty()) out.push_back(std::move(t.term));
  return out;
}

void gather(const query::Filter& f, std::int32_t at, SnippetTerms& out) {
  const Condition& c = f.at(at);
  if (c.negated || c.op == Op::none_of) return;
  for (std::int32_t child = c.first_child; child >= 0; child = f.at(child).next) gather(f, child, out);
  bool subject = c.op == Op::text || (c.op == Op::field && c.name == "subject");
  bool body = c.op == Op::text || c.op == Op::body;
  if (!subject && !body) return;
  Phrase p = phrase_of(c.text);
  if (p.empty()) return;
  if (subject) out.subject.push_back(p);
  if (body) out.body.push_back(std::move(p));
}

// Texts are searched for as parts of texts: the first word may begin and the last one end within a longer one.
bool stands_at(const Phrase& p, const std::vector<OwnedToken>& tokens, std::size_t at) {
  if (at + p.size() > tokens.size()) return false;
  if (p.size() == 1) return tokens[at].term.find(p[0]) != std::string::npos;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const std::string& term = tokens[at + i].term;
    bool fits = i == 0 ? term.ends_with(p[i]) : i + 1 == p.size() ? term.starts_with(p[i]) : term == p[i];
    if (!fits) return false;
  }
  return true;
}

std::vector<Range> find(const std::vector<Phrase>& phrases, std::string_view text) {
  std::vector<Range> found;
  auto tokens = index::tokens_of(text);
  for (std::size_t i = 0; i < tokens.size(); ++i)
    for (const Phrase& p : phrases)
      if (stands_at(p, tokens, i)) found.push_back({tokens[i].begin, tokens[i + p.size() - 1].end});
  std::ranges::sort(found, {}, &Range::begin);
  std::vector<Range> out;
  for (const Range& r : found) {
    if (!out.empty() && r.begin <= out.back().end) {
      out.back().end = std::max(out.back().end, r.end);
    } else {
      out.push_back(r);
    }
  }
  return out;
}

std::string_view escaped(const char& c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {&c, 1};
  }
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char& c : text) out += escaped(c);
  return out;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Text with marks, as long as it fits; a mark is whole or not there.
class Marker {
 public:
  explicit Marker(std::size_t room) : room_(room) {}
  bool plain(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      std::size_t n = 1;
      while (i + n < text.size() && continues(text[i + n])) ++n;
      std::string piece = escape(text.substr(i, n));
      if (piece.size() > room_) return false;
      put(piece);
      i += n;
    }
    return true;
  }
  bool marked(std::string_view text) {
    std::string piece = std::string(kOpen) + escape(text) + std::string(kClose);
    if (piece.size() > room_) return false;
    put(piece);
    return true;
  }
  std::string take() { return std::move(out_); }

 private:
  void put(std::string_view piece) {
    out_ += piece;
    room_ -= piece.size();
  }
  std::string out_;
  std::size_t room_;
};

std::string write(std::string_view text, const std::vector<Range>& marks, std::size_t from, std::size_t room) {
  Marker out(room);
  std::size_t at = from;
  for (const Range& m : marks) {
    if (m.begin < at) continue;
    if (!out.plain(text.substr(at, m.begin - at))) return out.take();
    at = m.begin;
    if (!out.marked(text.substr(m.begin, m.end - m.begin))) break;
    at = m.end;
  }
  out.plain(text.substr(at));
  return out.take();
}

std::string collapse(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

// Where to begin, so that the first mark has some words before it.
std::size_t begin_of(std::string_view text, std::size_t mark) {
  if (mark <= kContext) return 0;
  std::size_t at = text.find(' ', mark - kContext);
  if (at < mark) return at + 1;
  at = mark - kContext;
  while (at < mark && continues(text[at])) ++at;
  return at;
}

}  // namespace

SnippetTerms snippet_terms(const query::Filter& filter) {
  SnippetTerms out;
  if (!filter.empty()) gather(filter, filter.root(), out);
  return out;
}

std::optional<std::string> mark_all(const std::vector<Phrase>& phrases, std::string_view text) {
  auto marks = find(phrases, text);
  if (marks.empty()) return std::nullopt;
  return write(text, marks, 0, SIZE_MAX);
}

std::optional<std::string> mark_part(const std::vector<Phrase>& phrases, std::string_view text) {
  std::string collapsed = collapse(text);
  auto marks = find(phrases, collapsed);
  // One that does not fit at all is passed over.
  std::erase_if(marks, [&](const Range& m) {
    return escape(std::string_view(collapsed).substr(m.begin, m.end - m.begin)).size() + kOpen.size() + kClose.size() > kMaxSnippet / 2;
  });
  if (marks.empty()) return std::nullopt;
  std::size_t first = marks.front().begin, from = begin_of(collapsed, first);
  // Escapes before the first mark must leave room for it.
  while (from < first && escape(std::string_view(collapsed).substr(from, first - from)).size() > kMaxSnippet / 2)
    do ++from;
    while (from < first && continues(collapsed[from]));
  return write(collapsed, marks, from, kMaxSnippet);
}

}  // namespace postern::jmap
