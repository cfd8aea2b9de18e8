#include "imap/lexer.h"

#include <array>

#include "base/text.h"

namespace postern::imap {

namespace {

enum : std::uint8_t { kAtom = 1, kNameChar = 2 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> t{};
  for (int c = 0x21; c < 0x7f; ++c) t[static_cast<std::size_t>(c)] = kAtom;
  for (char c : std::string_view("(){%*\"\\]")) t[static_cast<unsigned char>(c)] = 0;
  for (int c = '0'; c <= '9'; ++c) t[static_cast<std::size_t>(c)] |= kNameChar;
  for (int c = 'A'; c <= 'Z'; ++c)
    t[static_cast<std::size_t>(c)] |= kNameChar, t[static_cast<std::size_t>(c) + 32] |= kNameChar;
  for (char c : std::string_view("-._")) t[static_cast<unsigned char>(c)] |= kNameChar;
  return t;
}
constexpr auto kClass = make_classes();

bool atom_char(char c) {
  return kClass[static_cast<unsigned char>(c)] & kAtom;
}
bool name_char(char c) {
  return kClass[static_cast<unsigned char>(c)] & kNameChar;
}
bool astring_char(char c) {
  return atom_char(c) || c == ']';
}
bool list_char(char c) {
  return astring_char(c) || c == '%' || c == '*' || static_cast<unsigned char>(c) >= 0x80;
}
bool set_char(char c) {
  return base::is_digit(c) || c == ':' || c == ',' || c == '*' || c == '$';
}

}  // namespace

void Lexer::fail(const char* why) {
  if (!error_) error_ = why;
  pos_ = text_.size();
}

void Lexer::fail_big(const char* why) {
  if (!error_) too_big_ = true;
  fail(why);
}

bool Lexer::node() {
  if (error_) return false;
  if (nodes_left_ == 0) {
    fail_big("too many arguments");
    return false;
  }
  --nodes_left_;
  return true;
}

bool Lexer::eat(char c) {
  if (at_end() || text_[pos_] != c) return false;
  if (c == '(' && !node()) return false;
  ++pos_;
  return true;
}

bool Lexer::eat_word(std::string_view word) {
  std::string_view r = rest();
  if (!base::istarts_with(r, word)) return false;
  if (r.size() > word.size() && name_char(r[word.size()])) return false;
  if (!node()) return false;
  pos_ += word.size();
  return true;
}

void Lexer::expect(char c) {
  if (eat(c) || error_) return;
  fail(c == ' '   ? "a space is missing"
       : c == '(' ? "an opening parenthesis is missing"
       : c == ')' ? "a closing parenthesis is missing"
       : c == ']' ? "a closing bracket is missing"
                  : "unexpected character");
}

void Lexer::end() {
  // Some clients leave blanks before the line end.
  while (ok() && eat(' ')) {
  }
  if (ok() && !at_end()) fail("too many arguments");
}

std::string_view Lexer::run(bool (*allowed)(char), const char* why) {
  if (!node()) return {};
  std::size_t start = pos_;
  while (pos_ < text_.size() && allowed(text_[pos_])) ++pos_;
  if (pos_ == start) {
    fail(why);
    return {};
  }
  return text_.substr(start, pos_ - start);
}

std::string_view Lexer::atom() {
  return run(atom_char, "an atom is missing");
}
std::string_view Lexer::astring_word() {
  return run(astring_char, "a string is missing");
}
std::string_view Lexer::name() {
  return run(name_char, "a name is missing");
}
std::string_view Lexer::set_word() {
  return run(set_char, "a set of numbers is missing");
}

std::uint64_t Lexer::number64() {
  std::string_view digits = run(base::is_digit, "a number is missing");
  if (digits.empty()) return 0;
  auto n = base::parse_u64(digits);
  if (n && *n <= INT64_MAX) return *n;
  fail("number out of range");
  return 0;
}

std::uint64_t Lexer::nz_number64() {
  std::uint64_t n = number64();
  if (n == 0) fail("zero is not allowed here");
  return n;
}

std::uint32_t Lexer::number() {
  std::uint64_t n = number64();
  if (n <= UINT32_MAX) return static_cast<std::uint32_t>(n);
  fail("number out of range");
  return 0;
}

std::uint32_t Lexer::nz_number() {
  std::uint32_t n = number();
  if (n == 0) fail("zero is not allowed here");
  return n;
}

std::string Lexer::quoted() {
  std::string out;
  ++pos_;
  while (pos_ < text_.size()) {
    std::size_t stop = text_.find_first_of(std::string_view("\"\\\r\n\0", 5), pos_);
    if (stop == std::string_view::npos) break;
    out.append(text_.substr(pos_, stop - pos_));
    pos_ = stop + 1;
    if (text_[stop] == '"') {
      if (!utf8_ || base::is_valid_utf8(out)) return out;
      fail("a quoted string is not UTF-8");
      return {};
    }
    if (text_[stop] != '\\') {
      fail("control character in a quoted string");
      return {};
    }
    if (at_end() || (text_[pos_] != '"' && text_[pos_] != '\\')) {
      fail("bad escape in a quoted string");
      return {};
    }
    out += text_[pos_++];
  }
  fail("a quoted string does not end");
  return {};
}

bool Lexer::at_literal() const {
  char c = peek();
  return c == '{' || (c == '~' && pos_ + 1 < text_.size() && text_[pos_ + 1] == '{');
}

LiteralRef Lexer::literal() {
  LiteralRef ref;
  if (!node()) return ref;
  ref.binary = eat('~');
  expect('{');
  if (!ok()) return ref;
  std::size_t start = pos_;
  while (pos_ < text_.size() && base::is_digit(text_[pos_])) ++pos_;
  auto n = base::parse_u64(text_.substr(start, pos_ - start));
  ref.streamed = eat('*');
  // CommandReader wrote the header, so anything else is a brace that the client put into a line.
  if (!n || !rest().starts_with("}\r\n")) {
    fail("bad literal");
    return {};
  }
  pos_ += 3;
  ref.size = *n;
  if (ref.streamed) return ref;
  if (*n > text_.size() - pos_) {
    fail("bad literal");
    return {};
  }
  ref.bytes = text_.substr(pos_, static_cast<std::size_t>(*n));
  pos_ += ref.bytes.size();
  return ref;
}

std::string Lexer::string() {
  if (peek() == '"') {
    if (!node()) return {};
    return quoted();
  }
  if (!at_literal()) {
    fail("a string is missing");
    return {};
  }
  LiteralRef ref = literal();
  if (ref.streamed || (ref.bytes.find('\0') != std::string_view::npos && !ref.binary)) {
    fail("a literal is not allowed to contain NUL");
    return {};
  }
  return std::string(ref.bytes);
}

std::string Lexer::astring() {
  if (peek() == '"' || at_literal()) return string();
  return std::string(astring_word());
}

std::string Lexer::nstring(bool& nil) {
  nil = eat_word("NIL");
  return nil ? std::string() : string();
}

std::string Lexer::list_mailbox() {
  if (peek() == '"' || at_literal()) return string();
  return std::string(run(list_char, "a mailbox pattern is missing"));
}

}  // namespace postern::imap
