// The text after DATA: removes dot-stuffing and finds the end.  Only CRLF "." CRLF ends it; a dot between bare LFs or
// bare CRs is data (the smuggling attacks of 2023 live on anything else).  Pure, O(1) memory, any split of the input.
// RFC 5321 4.1.1.4, 4.5.2.  Tests: t/unit/smtp_data.cc, t/fuzz/smtp_data.cc
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace postern::smtp {

class DataReader {
 public:
  // Hands the message's bytes to `sink` (borrowed pieces, in order) and returns how much of `input` belongs to this
  // message; less than input.size() only when done().  The final CRLF before the dot belongs to the message.
  std::size_t feed(std::string_view input, const std::function<void(std::string_view)>& sink);
  bool done() const { return state_ == State::done; }

 private:
  // Where we are after the bytes so far: at a line's beginning, inside it, behind CR, behind CRLF ".", CRLF "." CR.
  enum class State { line_start, text, cr, dot, dot_cr, done };
  State state_ = State::line_start;
};

// The other way: a message as DATA sends it.  A line that begins with a dot gets another; CR and LF leave as CRLF, each one
// alone, too, so that no host can find an end that is none.  Pure, O(1) memory, any split of the input.
class DataWriter {
 public:
  // Appends what becomes of `piece` to `out`.
  void feed(std::string_view piece, std::string& out);
  // The end of the last line where it lacks one, and the dot.
  void finish(std::string& out);

 private:
  bool line_begins_ = true;
  bool cr_ = false;   // a CR whose LF may follow has left as CRLF
};

}  // namespace postern::smtp
