// A message as POP3 sends it: every line ends in CRLF, one that begins with a dot gets another, a line of one dot ends
// it (RFC 1939 3).  NUL leaves as 0x80, as in IMAP's BODY[].  For TOP it stops after so many lines of the body.
// Runs in: pop3d.  Input: stored bytes, in pieces of any size.  Memory: O(1).
// Tests: t/unit/pop3_message_writer.cc, t/fuzz/pop3_message.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::pop3 {

inline constexpr std::uint64_t kAllLines = UINT64_MAX;

// Does the writer change nothing of it but to add the dot?  So it is with almost every message.
bool goes_as_it_is(std::string_view message);

class MessageWriter {
 public:
  explicit MessageWriter(std::uint64_t body_lines = kAllLines) : lines_left_(body_lines), all_(body_lines == kAllLines) {}
  // Appends what becomes of `piece` to `out`.  False: TOP has all that it asked for, the rest need not come.
  bool feed(std::string_view piece, std::string& out);
  // The last line's end where it lacks one, and the dot.
  void finish(std::string& out);

 private:
  std::size_t wanted(std::string_view piece);
  void end_line();

  std::uint64_t lines_left_;
  bool all_;
  bool header_ = true;
  // Of the line that is under way.
  std::uint64_t line_size_ = 0;
  bool only_cr_ = false;
  // Of what was written.
  bool line_begins_ = true;
  bool cr_ = false;         // the last byte was a CR
};

}  // namespace postern::pop3
