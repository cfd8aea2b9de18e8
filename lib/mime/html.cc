#include "mime/html.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/html_entities.h"

namespace postern::mime {
namespace {

// Collapses blanks and line breaks as they are written.
class TextOut {
 public:
  explicit TextOut(std::size_t max) : max_(max) {}
  bool full() const { return full_; }
  void blank() { blank_ = true; }
  void line(int count) { lines_ = std::max(lines_, count); }
  void word(std::string_view s);
  std::string take() { return std::move(out_); }

 private:
  bool put(std::string_view s);
  std::string out_;
  std::size_t max_;
  int lines_ = 0;
  bool blank_ = false;
  bool full_ = false;
};

bool TextOut::put(std::string_view s) {
  auto fits = clip_utf8(s, max_ - out_.size());
  out_ += fits;
  full_ = fits.size() < s.size();
  return !full_;
}

void TextOut::word(std::string_view s) {
  if (s.empty() || full_) return;
  if (!out_.empty()) {
    std::string_view gap = lines_ >= 2 ? "\n\n" : lines_ == 1 ? "\n" : blank_ ? " " : "";
    if (!put(gap)) return;
  }
  lines_ = 0;
  blank_ = false;
  put(s);
}

bool one_of(std::string_view s, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

// Line breaks around an element: 2 for a paragraph, 1 for a block, 0 for the others.
int breaks_of(std::string_view tag) {
  if (one_of(tag,
             {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "dl", "table", "hr"}))
    return 2;
  if (one_of(tag, {"br",      "div",    "li",     "tr",      "dt",       "dd",     "section",
                   "article", "header", "footer", "address", "form",     "body",   "center",
                   "main",    "nav",    "aside",  "figure",  "fieldset", "option", "caption"}))
    return 1;
  return 0;
}

// Elements whose content is no text to be read.
bool hidden(std::string_view tag) {
  return one_of(tag, {"script", "style", "title", "template", "textarea"});
}

class Reducer {
 public:
  Reducer(std::string_view html, std::size_t max, bool attributes) : s_(html), out_(max), with_attributes_(attributes) {}
  std::string run();

 private:
  void text();
  void markup();
  void comment();
  void skip_past(char c);
  std::size_t tag_end(std::size_t from);
  void skip_element(std::string_view name);
  void attributes(std::string_view inside);
  void entity();
  void code_point(std::uint32_t c);

  std::string_view s_;
  std::size_t at_ = 0;
  TextOut out_;
  bool with_attributes_;
  std::string tag_;
  // Set when no such quote comes any more, so that unclosed ones do not cost a scan each.
  bool no_double_ = false;
  bool no_single_ = false;
};

// A run of text up to the next markup or reference.
void Reducer::text() {
  std::size_t begin = at_;
  while (at_ < s_.size()) {
    char c = s_[at_];
    if (c == '<' || c == '&') break;
    auto u = static_cast<unsigned char>(c);
    if (u <= 32 || u == 127) {
      out_.word(s_.substr(begin, at_ - begin));
      out_.blank();
      begin = ++at_;
      if (out_.full()) return;
    } else {
      ++at_;
    }
  }
  out_.word(s_.substr(begin, at_ - begin));
}

void Reducer::skip_past(char c) {
  auto end = s_.find(c, at_);
  at_ = end == std::string_view::npos ? s_.size() : end + 1;
}

void Reducer::comment() {
  at_ += 4;
  if (s_.substr(at_, 1) == ">" || s_.substr(at_, 2) == "->") return skip_past('>');
  auto end = s_.find("-->", at_);
  at_ = end == std::string_view::npos ? s_.size() : end + 3;
}

// One past the ">" of the tag whose attributes begin at `from`; a ">" within quotes does not count.
std::size_t Reducer::tag_end(std::size_t from) {
  for (std::size_t i = from; i < s_.size(); ++i) {
    char c = s_[i];
    if (c == '>') return i + 1;
    bool& none = c == '"' ? no_double_ : no_single_;
    if ((c != '"' && c != '\'') || none) continue;
    auto close = s_.find(c, i + 1);
    if (close == std::string_view::npos)
      none = true;
    else
      i = close;
  }
  return s_.size();
}

// To the end tag of an element whose content is left out, or to the end.
void Reducer::skip_element(std::string_view name) {
  while (at_ < s_.size()) {
    auto open = s_.find("</", at_);
    if (open == std::string_view::npos) break;
    at_ = open + 2;
    if (!base::iequals(s_.substr(at_, name.size()), name)) continue;
    at_ = tag_end(at_);
    return;
  }
  at_ = s_.size();
}

// What stands between a tag's name and its ">": writes the values that are shown.
void Reducer::attributes(std::string_view inside) {
  auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  auto skip_blanks = [&](std::size_t& i) {
    while (i < inside.size() && blank(inside[i])) ++i;
  };
  for (std::size_t i = 0; i < inside.size();) {
    if (!base::is_alpha(inside[i])) {
      ++i;
      continue;
    }
    std::size_t begin = i;
    while (i < inside.size() && !blank(inside[i]) && inside[i] != '=' && inside[i] != '/') ++i;
    std::string_view name = inside.substr(begin, i - begin);
    skip_blanks(i);
    if (i == inside.size() || inside[i] != '=') continue;
    skip_blanks(++i);
    bool quoted = i < inside.size() && (inside[i] == '"' || inside[i] == '\'');
    std::size_t end = quoted ? inside.find(inside[i], i + 1) : inside.find_first_of(" \t\r\n\f", i);
    if (quoted) ++i;
    std::string_view value = i < inside.size() ? inside.substr(i, end == std::string_view::npos ? end : end - i) : std::string_view();
    i = end == std::string_view::npos ? inside.size() : end + 1;
    if (!base::iequals(name, "alt") && !base::iequals(name, "title")) continue;
    out_.blank();
    out_.word(Reducer(value, SIZE_MAX, false).run());
    out_.blank();
  }
}

void Reducer::markup() {
  std::size_t i = at_ + 1;
  if (s_.substr(at_, 4) == "<!--") return comment();
  if (i < s_.size() && (s_[i] == '!' || s_[i] == '?')) return skip_past('>');
  bool closing = i < s_.size() && s_[i] == '/';
  if (closing) ++i;
  if (i >= s_.size() || !base::is_alpha(s_[i])) {
    if (closing) return skip_past('>');
    out_.word("<");
    ++at_;
    return;
  }
  std::size_t name = i;
  while (i < s_.size() && (base::is_alpha(s_[i]) || base::is_digit(s_[i]))) ++i;
  tag_ = base::to_lower(s_.substr(name, std::min<std::size_t>(i - name, 16)));
  at_ = tag_end(i);
  if (int n = breaks_of(tag_)) out_.line(n);
  if (tag_ == "td" || tag_ == "th") out_.blank();
  if (with_attributes_ && !closing) attributes(s_.substr(i, at_ - i - (s_[at_ - 1] == '>')));
  if (!closing && hidden(tag_) && s_[at_ - 1] == '>') skip_element(tag_);
}

void Reducer::code_point(std::uint32_t c) {
  // Blanks, and what senders pad preview texts with.
  if (c == 0xa0 || c <= 32 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029) return out_.blank();
  if (c == 0xad || (c >= 0x200b && c <= 0x200f) || c == 0x34f || c == 0xfeff) return;
  std::string utf8;
  detail::append_utf8(utf8, c);
  out_.word(utf8);
}

void Reducer::entity() {
  std::size_t i = at_ + 1;
  if (i < s_.size() && s_[i] == '#') {
    bool hex = ++i < s_.size() && (s_[i] == 'x' || s_[i] == 'X');
    if (hex) ++i;
    std::size_t begin = i;
    std::uint32_t c = 0;
    for (int d; i < s_.size() && (d = detail::hex_digit(s_[i])) >= 0 && (hex || d < 10); ++i)
      c = std::min<std::uint32_t>(c * (hex ? 16 : 10) + static_cast<std::uint32_t>(d), 0x110000);
    if (i > begin) {
      at_ = i < s_.size() && s_[i] == ';' ? i + 1 : i;
      if (c >= 0x80 && c < 0xa0)
        return out_.word(to_utf8(std::string(1, static_cast<char>(c)), "windows-1252").text);
      return code_point(c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c);
    }
  } else {
    std::size_t begin = i;
    while (i < s_.size() && i - begin < kMaxEntityName && (base::is_alpha(s_[i]) || base::is_digit(s_[i])))
      ++i;
    if (std::uint32_t c = html_entity(s_.substr(begin, i - begin))) {
      at_ = i < s_.size() && s_[i] == ';' ? i + 1 : i;
      return code_point(c);
    }
  }
  out_.word("&");
  ++at_;
}

std::string Reducer::run() {
  while (at_ < s_.size() && !out_.full()) {
    if (s_[at_] == '<')
      markup();
    else if (s_[at_] == '&')
      entity();
    else
      text();
  }
  return out_.take();
}

}  // namespace

static std::string reduce(std::string_view html, std::size_t max, bool attributes) {
  if (base::is_valid_utf8(html)) return Reducer(html, max, attributes).run();
  std::string valid = make_valid_utf8(html);
  return Reducer(valid, max, attributes).run();
}

std::string html_to_text(std::string_view html, std::size_t max) { return reduce(html, max, false); }
std::string html_to_searchable(std::string_view html, std::size_t max) { return reduce(html, max, true); }

}  // namespace postern::mime
