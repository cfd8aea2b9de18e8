#include "pop3/message_writer.h"

#include <algorithm>

namespace postern::pop3 {

// False when the line is more than TOP asked for.
bool MessageWriter::begin_line(char first, std::string& out) {
  if (!header_ && lines_left_ == 0) return false;
  line_begins_ = false;
  line_empty_ = true;
  if (first == '.') out += '.';
  return true;
}

void MessageWriter::end_line(std::string& out) {
  out += "\r\n";
  if (header_)
    header_ = !line_empty_;
  else if (lines_left_ != kAllLines)
    --lines_left_;
  line_begins_ = true;
  cr_ = false;
}

bool MessageWriter::feed(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (line_begins_ && !begin_line(piece.front(), out)) return false;
    // A CR before the LF belongs to the line's end; any other is text.
    if (cr_ && piece.front() != '\n') {
      out += '\r';
      line_empty_ = cr_ = false;
    }
    std::size_t end = piece.find('\n');
    bool whole = end != std::string_view::npos;
    std::string_view text = piece.substr(0, end);
    piece.remove_prefix(whole ? end + 1 : piece.size());
    if (text.ends_with('\r')) {
      cr_ = true;
      text.remove_suffix(1);
    }
    line_empty_ = line_empty_ && text.empty();
    std::size_t at = out.size();
    out += text;
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), '\0', '\x80');
    if (whole) end_line(out);
  }
  return header_ || lines_left_ > 0 || !line_begins_;
}

void MessageWriter::finish(std::string& out) {
  if (cr_) out += '\r';
  if (!line_begins_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace postern::pop3
