#include "smtp/data.h"

#include <algorithm>

namespace postern::smtp {

std::size_t DataReader::feed(std::string_view in, const std::function<void(std::string_view)>& sink) {
  std::size_t i = 0, start = 0;   // in[start, i) is text not handed over yet
  auto hand_over = [&](std::size_t end) {
    if (end > start) sink(in.substr(start, end - start));
  };
  while (i < in.size() && state_ != State::done) {
    char c = in[i];
    switch (state_) {
      case State::line_start:
        if (c == '.') {
          hand_over(i);
          start = ++i;   // the dot is stuffing, or the end
          state_ = State::dot;
          continue;
        }
        state_ = State::text;
        [[fallthrough]];
      case State::text: {
        auto cr = in.find('\r', i);
        if (cr == std::string_view::npos) {
          i = in.size();
        } else {
          i = cr + 1;
          state_ = State::cr;
        }
        break;
      }
      case State::cr:
        if (c == '\n') {
          state_ = State::line_start;
          ++i;
        } else {
          state_ = c == '\r' ? State::cr : State::text;
          if (c == '\r') ++i;
        }
        break;
      case State::dot:
        if (c == '\r') {
          state_ = State::dot_cr;
          start = ++i;   // held back: it is data only if no LF follows
        } else {
          state_ = State::text;
        }
        break;
      case State::dot_cr:
        if (c == '\n') {
          state_ = State::done;
          start = ++i;
        } else {
          sink("\r");   // ".\rX": the CR was text
          state_ = c == '\r' ? State::cr : State::text;
          if (c == '\r') ++i;
        }
        break;
      case State::done: break;
    }
  }
  if (state_ != State::done) hand_over(i);
  return i;
}

void DataWriter::feed(std::string_view piece, std::string& out) {
  for (std::size_t at = 0; at < piece.size();) {
    if (piece[at] == '\n' && cr_) {   // its CR has left already
      cr_ = false;
      ++at;
      continue;
    }
    cr_ = false;
    std::size_t end = std::min(piece.find_first_of("\r\n", at), piece.size());
    if (line_begins_ && piece[at] == '.') out += '.';
    out += piece.substr(at, end - at);
    line_begins_ = line_begins_ && end == at;
    if (end == piece.size()) return;
    out += "\r\n";
    line_begins_ = true;
    cr_ = piece[end] == '\r';
    at = end + 1;
  }
}

void DataWriter::finish(std::string& out) {
  if (!line_begins_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace postern::smtp
