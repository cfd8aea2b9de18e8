// Reads the values of one command's text, as CommandReader delivers it (RFC 9051 9).
// Runs in: imapd.  Input: hostile.  Linear; borrows the text; the first error sticks, after it every read
// gives an empty value at once, so that parsers are straight lines which ask ok() at the end and in loops.
// Limits: a budget of values a command (kMaxNodes).  Tests: t/unit/imap_lexer.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "imap/limits.h"

namespace postern::imap {

// A literal that stays where it is or was streamed away.
struct LiteralRef {
  std::uint64_t size = 0;
  bool binary = false;
  bool streamed = false;   // the bytes are not in the text
  std::string_view bytes;  // of a kept literal; points into the text
};

class Lexer {
 public:
  explicit Lexer(std::string_view text, std::size_t max_nodes = kMaxNodes)
      : text_(text), nodes_left_(max_nodes) {}

  // From here on a quoted string that is not UTF-8 is an error (RFC 9051 4.3), which older clients send in a SEARCH
  // with another charset.
  void expect_utf8() { utf8_ = true; }

  bool ok() const { return error_ == nullptr; }
  // Why, in words fit for a BAD response; empty while ok().
  std::string_view error() const { return error_ ? error_ : ""; }
  // True when the budget was exceeded rather than the grammar: the answer is [TOOBIG].
  bool too_big() const { return too_big_; }
  // `why` is a string literal.
  void fail(const char* why);
  void fail_big(const char* why);
  bool at_end() const { return pos_ >= text_.size(); }
  // The next byte, NUL at the end.
  char peek() const { return at_end() ? '\0' : text_[pos_]; }
  std::string_view rest() const { return text_.substr(pos_); }

  // Takes the byte when it is next.
  bool eat(char c);
  // Takes the word, without case, when it is next and no letter, digit, '-', '.' or '_' follows.
  bool eat_word(std::string_view word);
  void expect(char c);
  void space() { expect(' '); }
  void end();

  // 1*ATOM-CHAR.  Views point into the text.
  std::string_view atom();
  // 1*(ATOM-CHAR / "]"): astring without quotes.
  std::string_view astring_word();
  // Letters, digits, '-', '.', '_' : names of items, options and keys.
  std::string_view name();
  std::uint32_t number();  // fails above 2^32-1
  std::uint32_t nz_number();
  std::uint64_t number64();  // fails above 2^63-1
  std::uint64_t nz_number64();
  // quoted / literal.
  std::string string();
  std::string astring();
  // NIL or a string; `nil` tells.
  std::string nstring(bool& nil);
  // A mailbox pattern: like astring with '%' and '*' among its characters.
  std::string list_mailbox();
  LiteralRef literal();
  bool at_literal() const;
  // The bytes of a bare sequence set ("1:3,5,*") or "$".
  std::string_view set_word();

 private:
  bool node();
  std::string_view run(bool (*allowed)(char), const char* why);
  std::string quoted();

  std::string_view text_;
  std::size_t pos_ = 0;
  std::size_t nodes_left_;
  const char* error_ = nullptr;
  bool too_big_ = false;
  bool utf8_ = false;
};

}  // namespace postern::imap
