#include "sieve/lexer.h"

#include "base/text.h"

namespace postern::sieve {
namespace {

using Kind = Token::Kind;

bool begins_identifier(char c) {
  return base::is_alpha(c) || c == '_';
}
bool in_identifier(char c) {
  return begins_identifier(c) || base::is_digit(c);
}

Kind separator(char c) {
  switch (c) {
    case '[':
      return Kind::open_list;
    case ']':
      return Kind::close_list;
    case '(':
      return Kind::open_tests;
    case ')':
      return Kind::close_tests;
    case '{':
      return Kind::open_block;
    case '}':
      return Kind::close_block;
    case ',':
      return Kind::comma;
    case ';':
      return Kind::semicolon;
    default:
      return Kind::bad;
  }
}

void make_bad(Token& t, std::string what, Kind instead = Kind::bad) {
  t.kind = Kind::bad;
  t.instead = instead;
  t.text = std::move(what);
}

constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 62;

}  // namespace

std::string describe(const Token& t) {
  switch (t.kind) {
    case Kind::end:
      return "the end of the script";
    case Kind::identifier:
    case Kind::tag:
      return "\"" + base::printable(t.text, 64) + "\"";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::bad:
      return t.text;
    default:
      break;
  }
  constexpr std::string_view kSigns = "[](){},;";
  return std::string("\"") +
         kSigns[static_cast<std::size_t>(t.kind) - static_cast<std::size_t>(Kind::open_list)] + "\"";
}

Lexer::Lexer(std::string_view text, std::size_t max_string) : text_(text), max_string_(max_string) {
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark of an editor
}

char Lexer::take() {
  char c = text_[at_++];
  if (c == '\n') {
    ++line_;
    column_ = 1;
  } else {
    ++column_;
  }
  return c;
}

// White space and comments.  False, with `bad` filled, when a comment doesn't end.
bool Lexer::skip_blanks(Token& bad) {
  while (at_ < text_.size()) {
    char c = peek();
    if (c == ' ' || c == '\t' || c == '\n' || (c == '\r' && peek(1) == '\n')) {
      take();
    } else if (c == '#') {
      while (at_ < text_.size() && peek() != '\n') take();
    } else if (c == '/' && peek(1) == '*') {
      bad.line = line_;
      bad.column = column_;
      std::size_t end = text_.find("*/", at_ + 2);
      std::size_t to = end == text_.npos ? text_.size() : end + 2;
      while (at_ < to) take();
      if (end == text_.npos) {
        make_bad(bad, "a comment that doesn't end");
        return false;
      }
    } else {
      break;
    }
  }
  return true;
}

Token Lexer::next() {
  Token t;
  if (!skip_blanks(t)) return t;
  t.line = line_;
  t.column = column_;
  if (at_ >= text_.size()) return t;
  char c = peek();
  if (begins_identifier(c)) {
    identifier(t);
  } else if (base::is_digit(c)) {
    number(t);
  } else if (c == '"') {
    quoted(t);
  } else if (c == ':' && begins_identifier(peek(1))) {
    identifier(t);
    t.kind = Kind::tag;
  } else {
    t.kind = separator(c);
    if (t.kind == Kind::bad)
      make_bad(t, "the character \"" + base::printable(std::string_view(&c, 1)) + "\"");
    take();
  }
  return t;
}

void Lexer::identifier(Token& t) {
  t.kind = Kind::identifier;
  do t.text += take();
  while (in_identifier(peek()));
  if (base::iequals(t.text, "text") && peek() == ':') multi_line(t);
}

void Lexer::number(Token& t) {
  t.kind = Kind::number;
  bool too_large = false;
  auto scale = [&](std::uint64_t by, std::uint64_t plus) {
    too_large = too_large || t.number > (kMaxNumber - plus) / by;
    if (!too_large) t.number = t.number * by + plus;
  };
  while (base::is_digit(peek())) scale(10, static_cast<std::uint64_t>(take() - '0'));
  switch (base::ascii_upper(peek())) {
    case 'K':
      take();
      scale(std::uint64_t{1} << 10, 0);
      break;
    case 'M':
      take();
      scale(std::uint64_t{1} << 20, 0);
      break;
    case 'G':
      take();
      scale(std::uint64_t{1} << 30, 0);
      break;
    default:
      break;
  }
  if (in_identifier(peek())) {
    while (in_identifier(peek())) take();
    return make_bad(t, "a number with letters after it", Kind::number);
  }
  if (too_large) make_bad(t, "a number that is too large", Kind::number);
}

void Lexer::put(Token& t, char c) {
  if (c == '\r' && peek() == '\n') return;
  if (c == '\n') t.text += '\r';
  t.text += c;
}

void Lexer::quoted(Token& t) {
  take();
  bool nul = false;
  while (true) {
    if (at_ >= text_.size()) return make_bad(t, "a string without its closing quote");
    char c = take();
    if (c == '"') break;
    if (c == '\\' && at_ < text_.size()) c = take();
    nul = nul || c == '\0';
    put(t, c);
  }
  t.kind = Kind::string;
  if (nul) return make_bad(t, "a string with a NUL in it", Kind::string);
  if (t.text.size() > max_string_)
    make_bad(t, "a string of more than " + std::to_string(max_string_) + " bytes", Kind::string);
}

// "text:" is consumed but for its colon.
void Lexer::multi_line(Token& t) {
  take();
  while (peek() == ' ' || peek() == '\t') take();
  if (peek() == '#')
    while (at_ < text_.size() && peek() != '\n') take();
  if (peek() == '\r') take();
  t.text.clear();
  if (peek() != '\n') return make_bad(t, "\"text:\" without a line end after it");
  take();
  while (true) {
    if (at_ >= text_.size()) return make_bad(t, "a \"text:\" string without its closing \".\" line");
    std::size_t end = text_.find('\n', at_);
    std::string_view line = text_.substr(at_, end == text_.npos ? text_.npos : end - at_);
    at_ = end == text_.npos ? text_.size() : end + 1;
    ++line_;
    column_ = 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == ".") break;
    if (end == text_.npos) return make_bad(t, "a \"text:\" string without its closing \".\" line");
    if (line.starts_with("..")) line.remove_prefix(1);
    t.text.append(line).append("\r\n");
  }
  t.kind = Kind::string;
  if (t.text.find('\0') != t.text.npos) return make_bad(t, "a string with a NUL in it", Kind::string);
  if (t.text.size() > max_string_)
    make_bad(t, "a string of more than " + std::to_string(max_string_) + " bytes", Kind::string);
}

}  // namespace postern::sieve
