// Tokens of RFC 5228 8.1.
// Input: hostile.  Pure, one pass.  Lines may end in LF alone; in strings they become CRLF.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::sieve {

struct Token {
  enum class Kind : std::uint8_t {
    end,
    identifier,
    tag,
    number,
    string,
    open_list,
    close_list,
    open_tests,
    close_tests,
    open_block,
    close_block,
    comma,
    semicolon,
    bad,  // `text` says what is wrong
  };
  Kind kind = Kind::end;
  Kind instead = Kind::bad;  // of a bad token: what it was meant to be, so that one mistake gives one message
  std::string text;          // identifier and tag as spelled, the tag with its colon; string without quotes
  std::uint64_t number = 0;
  std::uint32_t line = 1, column = 1;
};
// "a string", "\";\"": for messages.
std::string describe(const Token& t);

class Lexer {
 public:
  // `text` must outlive the lexer.
  Lexer(std::string_view text, std::size_t max_string);
  // After the end it gives Kind::end for ever; after a bad token it goes on behind it.
  Token next();

 private:
  bool skip_blanks(Token& bad);
  void identifier(Token& t);
  void number(Token& t);
  void quoted(Token& t);
  void multi_line(Token& t);
  void put(Token& t, char c);
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  char take();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t max_string_;
  std::uint32_t line_ = 1, column_ = 1;
};

}  // namespace postern::sieve
