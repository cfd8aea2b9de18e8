// Cuts the bytes of an IMAP client into commands (RFC 9051 2.2, 4.3; RFC 7888 LITERAL+).
// Runs in: imapd, one a connection.  Input: hostile, split anywhere.  Memory: one command's text, none
// between commands.  Parses nothing but line ends and literal headers; Lexer reads what comes out. Tests:
// t/unit/imap_command_reader.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "imap/limits.h"

namespace postern::imap {

struct ReaderLimits {
  std::size_t max_text = kMaxCommandBeforeLogin;  // lines and kept literals together
  std::size_t max_literals = kMaxLiteralsBeforeLogin;
  std::uint64_t max_nonsync = UINT64_MAX;  // 4096 where LITERAL- is announced
};
inline constexpr ReaderLimits kLimitsAfterLogin{kMaxCommand, kMaxLiterals, UINT64_MAX};

struct LiteralHeader {
  std::uint64_t size = 0;
  bool sync = true;     // {n}: the client waits for a continuation
  bool binary = false;  // ~{n}: may contain NUL
};

class CommandReader {
 public:
  enum class Step {
    more,     // all of the input is consumed, nothing is complete
    literal,  // a literal header came: call exactly one of keep_literal, stream_literal, drop_command
    command,  // text() is a whole command; call next() before feeding again
    dropped,  // the rest of a refused command has been read away
    too_big,  // a limit was reached in the text itself: nothing can be read after it
  };

  explicit CommandReader(ReaderLimits limits = {}) : limits_(limits) {}
  void set_limits(ReaderLimits limits) { limits_ = limits; }

  // Consumes the front of `in`, up to the first event.
  Step feed(std::string_view& in);

  // The command so far.  Lines are joined as they came; a kept literal stands as "{n}\r\n" and its bytes, a
  // streamed one as "{n*}\r\n" alone (a client can't write that: a line never contains CR).  After
  // Step::literal the text ends before the literal's header.  Valid until the next call.
  std::string_view text() const { return text_; }
  // The first word of the text where that is a legal tag, else "*".
  std::string_view tag() const;

  // --- after Step::literal
  const LiteralHeader& literal() const { return literal_; }
  // Whether keep_literal() is allowed by the limits.
  bool literal_fits() const;
  // The literal's bytes become part of the text.  REQUIRES: literal_fits().
  void keep_literal();
  // The caller takes exactly literal().size bytes from the connection itself, then feeds on.
  void stream_literal();
  // The command is refused.  True: it has ended here, since the client waits for a continuation that never
  // comes. False: bytes under way are swallowed; feed on until Step::dropped (or, past kMaxSwallow,
  // Step::too_big).
  bool drop_command();

  // Forgets the command and gives its memory back.
  void next();
  // True between commands: nothing of a command has been read.
  bool idle() const { return text_.empty() && mode_ == Mode::line; }

 private:
  enum class Mode : std::uint8_t { line, literal, swallow_line, swallow_literal };
  Step line_done();
  Step feed_line(std::string_view& in, bool& event);
  Step feed_swallow(std::string_view& in, bool& event);

  std::string text_;
  LiteralHeader literal_;
  std::uint64_t left_ = 0;  // bytes of the literal still to come
  std::uint64_t swallowed_ = 0;
  ReaderLimits limits_;
  std::uint32_t literals_ = 0;
  Mode mode_ = Mode::line;
  std::size_t line_start_ = 0;  // where the current line begins in text_
};

// Reads a literal header at the end of `line`: "{12}", "{12+}", "~{12}".  `at` is where it begins.  False:
// none there.
bool literal_at_end(std::string_view line, LiteralHeader& out, std::size_t& at);

}  // namespace postern::imap
