#include "imap/command_reader.h"

#include <algorithm>

#include "base/result.h"
#include "base/text.h"

namespace postern::imap {

namespace {

// A literal header has at most 20 digits, "~", "{", "+" and "}".
constexpr std::size_t kHeaderMax = 24;

bool tag_char(char c) {
  return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
         std::string_view("(){%*\"\\+").find(c) == std::string_view::npos;
}

}  // namespace

bool literal_at_end(std::string_view line, LiteralHeader& out, std::size_t& at) {
  if (line.empty() || line.back() != '}') return false;
  std::string_view tail = line.size() > kHeaderMax ? line.substr(line.size() - kHeaderMax) : line;
  std::size_t open = tail.rfind('{');
  if (open == std::string_view::npos) return false;
  std::string_view inner = tail.substr(open + 1, tail.size() - open - 2);
  bool sync = true;
  // LITERAL- uses the same header; what it forbids is decided by size.
  if (!inner.empty() && inner.back() == '+') {
    sync = false;
    inner.remove_suffix(1);
  }
  auto n = base::parse_u64(inner);
  if (!n) return false;
  std::size_t start = line.size() - tail.size() + open;
  bool binary = start > 0 && line[start - 1] == '~';
  if (binary) --start;
  out = LiteralHeader{*n, sync, binary};
  at = start;
  return true;
}

std::string_view CommandReader::tag() const {
  std::size_t n = 0;
  while (n < text_.size() && n <= kMaxTag && tag_char(text_[n])) ++n;
  bool ends = n == text_.size() || text_[n] == ' ';
  return n == 0 || n > kMaxTag || !ends ? std::string_view("*") : std::string_view(text_).substr(0, n);
}

bool CommandReader::literal_fits() const {
  // The header that keep_literal() writes needs room as well.
  return literal_.size <= limits_.max_text && text_.size() + kHeaderMax + literal_.size <= limits_.max_text;
}

void CommandReader::keep_literal() {
  base::check(literal_fits(), "a kept literal fits");
  if (literal_.binary) text_ += '~';
  text_ += '{';
  text_ += std::to_string(literal_.size);
  text_ += "}\r\n";
  left_ = literal_.size;
  mode_ = Mode::literal;
}

void CommandReader::stream_literal() {
  if (literal_.binary) text_ += '~';
  text_ += '{';
  text_ += std::to_string(literal_.size);
  text_ += "*}\r\n";
  line_start_ = text_.size();
  mode_ = Mode::line;
}

bool CommandReader::drop_command() {
  if (literal_.sync) {
    next();
    return true;
  }
  std::string().swap(text_);
  line_start_ = 0;
  left_ = literal_.size;
  swallowed_ = literal_.size;
  mode_ = Mode::swallow_literal;
  return false;
}

void CommandReader::next() {
  std::string().swap(text_);
  literal_ = {};
  left_ = swallowed_ = 0;
  literals_ = 0;
  line_start_ = 0;
  mode_ = Mode::line;
}

CommandReader::Step CommandReader::line_done() {
  if (!text_.empty() && text_.size() > line_start_ && text_.back() == '\r') text_.pop_back();
  std::size_t at = 0;
  std::string_view line = std::string_view(text_).substr(line_start_);
  if (!literal_at_end(line, literal_, at)) return Step::command;
  if (++literals_ > limits_.max_literals) return Step::too_big;
  if (!literal_.sync && literal_.size > limits_.max_nonsync) return Step::too_big;
  text_.resize(line_start_ + at);
  return Step::literal;
}

CommandReader::Step CommandReader::feed_line(std::string_view& in, bool& event) {
  std::size_t lf = in.find('\n');
  std::string_view piece = in.substr(0, lf);
  if (text_.size() + piece.size() > limits_.max_text) {
    event = true;
    return Step::too_big;
  }
  text_ += piece;
  in.remove_prefix(std::min(in.size(), piece.size() + (lf == std::string_view::npos ? 0 : 1)));
  if (lf == std::string_view::npos) return Step::more;
  event = true;
  return line_done();
}

// Reads away what was already under way of a refused command: the literal, and lines until one ends without a
// non-synchronizing literal.  Only the end of the current line is kept.
CommandReader::Step CommandReader::feed_swallow(std::string_view& in, bool& event) {
  if (mode_ == Mode::swallow_literal) {
    std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
    in.remove_prefix(n);
    left_ -= n;
    if (left_ == 0) mode_ = Mode::swallow_line;
    if (swallowed_ > kMaxSwallow) {
      event = true;
      return Step::too_big;
    }
    return Step::more;
  }
  std::size_t lf = in.find('\n');
  std::string_view piece = in.substr(0, lf);
  swallowed_ += piece.size() + 1;
  in.remove_prefix(std::min(in.size(), piece.size() + (lf == std::string_view::npos ? 0 : 1)));
  text_.append(piece.size() > kHeaderMax + 2 ? piece.substr(piece.size() - kHeaderMax - 2) : piece);
  if (text_.size() > kHeaderMax + 2) text_.erase(0, text_.size() - kHeaderMax - 2);
  if (lf == std::string_view::npos && swallowed_ <= kMaxSwallow) return Step::more;
  if (!text_.empty() && text_.back() == '\r') text_.pop_back();
  LiteralHeader h;
  std::size_t at = 0;
  bool literal = literal_at_end(text_, h, at);
  text_.clear();
  if (literal && !h.sync && h.size <= kMaxSwallow && swallowed_ + h.size <= kMaxSwallow) {
    swallowed_ += h.size;
    left_ = h.size;
    mode_ = Mode::swallow_literal;
    return Step::more;
  }
  event = true;
  if ((literal && !h.sync) || swallowed_ > kMaxSwallow) return Step::too_big;
  next();
  return Step::dropped;
}

CommandReader::Step CommandReader::feed(std::string_view& in) {
  while (!in.empty()) {
    bool event = false;
    Step step = Step::more;
    if (mode_ == Mode::line) {
      step = feed_line(in, event);
    } else if (mode_ == Mode::literal) {
      std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
      text_.append(in.substr(0, n));
      in.remove_prefix(n);
      left_ -= n;
    } else {
      step = feed_swallow(in, event);
    }
    // An empty literal has nothing to wait for.
    if (mode_ == Mode::literal && left_ == 0) {
      mode_ = Mode::line;
      line_start_ = text_.size();
    }
    if (event) return step;
  }
  return Step::more;
}

}  // namespace postern::imap
