#include "pop3/message_writer.h"

#include <algorithm>

namespace postern::pop3 {

bool goes_as_it_is(std::string_view m) {
  if (!m.ends_with("\r\n") || m.front() == '.' || m.front() == '\n' || m.front() == '\0') return false;
  // One pass without a branch: the compiler makes it look at many bytes at a time.
  const char* p = m.data();
  unsigned char odd = 0;
  for (std::size_t i = 1; i + 1 < m.size(); ++i) {
    unsigned char line = p[i] == '\n', wrong = p[i - 1] != '\r', dot = p[i + 1] == '.', nul = p[i] == '\0';
    odd |= static_cast<unsigned char>(nul | (line & (wrong | dot)));
  }
  return !odd;
}

void MessageWriter::end_line() {
  bool empty = line_size_ == 0 || only_cr_;
  if (header_)
    header_ = !empty;
  else
    --lines_left_;
  line_size_ = 0;
  only_cr_ = false;
}

// How many bytes of `piece` TOP asked for.
std::size_t MessageWriter::wanted(std::string_view piece) {
  for (std::size_t at = 0; at < piece.size();) {
    if (!header_ && lines_left_ == 0 && line_size_ == 0) return at;
    std::size_t end = std::min(piece.find('\n', at), piece.size());
    only_cr_ = end == at ? only_cr_ : line_size_ == 0 && end == at + 1 && piece[at] == '\r';
    line_size_ += end - at;
    if (end == piece.size()) break;
    end_line();
    at = end + 1;
  }
  return piece.size();
}

bool MessageWriter::feed(std::string_view piece, std::string& out) {
  if (!all_) piece = piece.substr(0, wanted(piece));
  bool more = all_ || header_ || lines_left_ > 0 || line_size_ > 0;
  if (piece.empty()) return more;
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
  return more;
}

void MessageWriter::finish(std::string& out) {
  if (!line_begins_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace postern::pop3
