// Cuts the bytes of a ManageSieve client into commands and their words (RFC 5804 1.2, 4), and writes strings.
// Runs in: managesieved, one a connection.  Input: hostile, split anywhere.  Memory: one command, none between commands.
// A client's literal is "{n+}"; "{n}" is not its to send, and a command with it is refused.
// Tests: t/unit/managesieve_command_reader.cc, t/fuzz/managesieve_command.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "managesieve/limits.h"

namespace postern::managesieve {

struct Word {
  enum class Kind : std::uint8_t { atom, number, string };
  Kind kind = Kind::atom;
  std::string text;          // of a string: what it means, quotes and escapes taken away
  std::uint32_t number = 0;
};
using Words = std::vector<Word>;

class CommandReader {
 public:
  enum class Step {
    more,     // all of the input is consumed, nothing is complete
    command,  // words() are a whole command; call next() before feeding again
    bad,      // a whole command was read away that is against the grammar: why() tells it; then next()
    too_big,  // likewise, one with a string that is over the limit
    fatal,    // nothing can be read after this
  };

  // `max_literals`: bytes of the literals of one command together; what is over it is read away up to kMaxSwallow.
  explicit CommandReader(std::size_t max_literals = kMaxText) : max_literals_(max_literals) {}
  // REQUIRES: idle().
  void set_max_literals(std::size_t n) { max_literals_ = n; }

  // Consumes the front of `in`, up to the first event.
  Step feed(std::string_view& in);
  // The first word is the command's name, an atom, except where the client answers a challenge.
  Words& words() { return words_; }
  std::string_view why() const { return why_; }
  // Forgets the command and gives its memory back.
  void next();
  // True between commands: nothing of a command has been read.
  bool idle() const { return !inside_ && line_.empty(); }

 private:
  enum class Mode : std::uint8_t { line, literal, swallow };
  Step line_done();
  bool scan(std::string_view line);
  bool scan_quoted(std::string_view& rest);
  bool scan_literal(std::string_view rest);
  bool scan_atom(std::string_view& rest);
  bool refuse(const char* why);
  void begin_literal(std::uint64_t size);

  std::size_t max_literals_;
  Words words_;
  std::string line_;          // what came of the current line
  const char* why_ = "";
  std::uint64_t left_ = 0;    // bytes of a literal still to come
  std::size_t text_ = 0;      // bytes of lines so far
  std::size_t kept_ = 0;      // bytes of literals in words_
  std::uint64_t swallowed_ = 0;
  Mode mode_ = Mode::line;
  bool inside_ = false;       // of a command that goes on behind a literal
  bool blank_due_ = false;    // a word must be parted from the one before by one blank
  bool bad_ = false, too_big_ = false;
};

// A string for the client: quoted where that is legal and short, else "{n}" CRLF and its bytes.
std::string to_string(std::string_view text);
// Always a literal: a script (RFC 5804 2.9).
std::string to_literal(std::string_view text);

}  // namespace postern::managesieve
