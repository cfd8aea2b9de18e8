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

void MessageWriter::feed_all(std::string_view piece, std::string& out) {
  if (piece.empty()) return;
  std::size_t begun = out.size(), from = 0;
  out.reserve(begun + piece.size() + piece.size() / 64 + 16);
  if (line_begins_ && piece.front() == '.') out += '.';
  for (std::size_t lf = piece.find('\n'); lf != std::string_view::npos; lf = piece.find('\n', lf + 1)) {
    bool crlf = lf > 0 ? piece[lf - 1] == '\r' : cr_;
    bool dot = lf + 1 < piece.size() && piece[lf + 1] == '.';
    if (crlf && !dot) continue;
    out += piece.substr(from, lf - from);
    out += crlf ? "\n" : "\r\n";
    if (dot) out += '.';
    from = lf + 1;
  }
  out += piece.substr(from);
  line_begins_ = piece.back() == '\n';
  cr_ = piece.back() == '\r';
  for (std::size_t nul = out.find('\0', begun); nul != std::string::npos; nul = out.find('\0', nul + 1)) out[nul] = '\x80';
}

bool MessageWriter::feed(std::string_view piece, std::string& out) {
  if (all_) {
    feed_all(piece, out);
    return true;
  }
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
  if (cr_ && !all_) out += '\r';
  if (!line_begins_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace postern::pop3
