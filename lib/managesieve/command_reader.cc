#include "managesieve/command_reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postern::managesieve {

namespace {

bool atom_char(char c) {
  auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u < 0x7f && c != '(' && c != ')' && c != '{' && c != '"' && c != '\\';
}

// "{12+}" or "{12}" at the end of a line: how many bytes follow, for a line that is refused.
std::uint64_t literal_behind(std::string_view line) {
  std::size_t open = line.rfind('{');
  if (open == std::string_view::npos || !line.ends_with("+}")) return 0;
  return base::parse_u64(line.substr(open + 1, line.size() - open - 3)).value_or(0);
}

}  // namespace

void CommandReader::next() {
  Words().swap(words_);
  std::string().swap(line_);
  why_ = "";
  left_ = swallowed_ = 0;
  text_ = kept_ = 0;
  mode_ = Mode::line;
  inside_ = blank_due_ = bad_ = too_big_ = false;
}

bool CommandReader::refuse(const char* why) {
  why_ = why;
  bad_ = true;
  return false;
}

void CommandReader::begin_literal(std::uint64_t size) {
  inside_ = true;
  left_ = size;
  too_big_ = too_big_ || size > max_literals_ - kept_;
  if (!bad_ && !too_big_) {
    kept_ += size;
    mode_ = Mode::literal;
    return;
  }
  Words().swap(words_);
  swallowed_ += std::min(size, kMaxSwallow + 1);
  mode_ = Mode::swallow;
}

bool CommandReader::scan_quoted(std::string_view& rest) {
  std::string text;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    char c = rest[i];
    if (c == '"') {
      rest.remove_prefix(i + 1);
      if (!base::is_valid_utf8(text)) return refuse("a quoted string that is no UTF-8");
      words_.push_back({Word::Kind::string, std::move(text), 0});
      return true;
    }
    if (c == '\\' && (i + 1 == rest.size() || (rest[i + 1] != '"' && rest[i + 1] != '\\')))
      return refuse("only \" and \\ may follow \\ in a quoted string");
    if (c == '\\') c = rest[++i];
    if (c == '\0' || c == '\r') return refuse("NUL or CR in a quoted string: send a literal");
    text += c;
  }
  return refuse("a quoted string without an end");
}

bool CommandReader::scan_literal(std::string_view rest) {
  bool shape = rest.size() >= 4 && rest.ends_with("+}");
  std::string_view digits = shape ? rest.substr(1, rest.size() - 3) : std::string_view();
  bool number = !digits.empty() && digits.size() <= 20 && std::ranges::all_of(digits, base::is_digit);
  if (!number) return refuse("a literal is {NUMBER+} at the end of a line");
  words_.push_back({Word::Kind::string, {}, 0});
  begin_literal(base::parse_u64(digits).value_or(UINT64_MAX));
  return true;
}

bool CommandReader::scan_atom(std::string_view& rest) {
  std::size_t n = 0;
  while (n < rest.size() && atom_char(rest[n])) ++n;
  if (n == 0) return refuse("a character that begins no word");
  std::string_view word = rest.substr(0, n);
  rest.remove_prefix(n);
  bool digits = std::ranges::all_of(word, base::is_digit);
  auto number = digits && (word == "0" || word[0] != '0') ? base::parse_u32(word) : std::nullopt;
  if (digits && !number) return refuse("a number must be below 4294967296, without leading zeros");
  words_.push_back({number ? Word::Kind::number : Word::Kind::atom, std::string(word), number.value_or(0)});
  return true;
}

// One line of a command, to its end or to the literal at its end.  False: refused.
bool CommandReader::scan(std::string_view rest) {
  while (!rest.empty()) {
    if (words_.size() > kMaxArguments) return refuse("too many words");
    if (blank_due_) {
      if (rest[0] != ' ') return refuse("expected one blank between words");
      rest.remove_prefix(1);
      if (rest.empty()) return refuse("a blank at the end of the line");
    }
    blank_due_ = true;
    if (rest[0] == '{') return scan_literal(rest);
    if (!(rest[0] == '"' ? scan_quoted(rest) : scan_atom(rest))) return false;
  }
  return true;
}

CommandReader::Step CommandReader::line_done() {
  std::string line = std::exchange(line_, {});
  if (!line.empty() && line.back() == '\r') line.pop_back();
  bool refused = bad_ || too_big_;
  mode_ = Mode::line;
  if (refused || !scan(line)) {
    // A literal behind it is under way already.
    if (std::uint64_t n = literal_behind(line)) {
      begin_literal(n);
      return swallowed_ > kMaxSwallow ? Step::fatal : Step::more;
    }
  }
  if (mode_ != Mode::line) return swallowed_ > kMaxSwallow ? Step::fatal : Step::more;
  inside_ = false;
  return too_big_ ? Step::too_big : bad_ ? Step::bad : Step::command;
}

CommandReader::Step CommandReader::feed(std::string_view& in) {
  while (!in.empty() || (mode_ != Mode::line && left_ == 0)) {
    if (mode_ != Mode::line) {
      auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
      if (mode_ == Mode::literal) words_.back().text.append(in.substr(0, n));
      in.remove_prefix(n);
      left_ -= n;
      if (left_ == 0) mode_ = Mode::line;
      continue;
    }
    std::size_t lf = in.find('\n');
    std::string_view piece = in.substr(0, lf);
    text_ += piece.size() + (lf == std::string_view::npos ? 0 : 1);
    if (text_ > kMaxText + 2) return Step::fatal;
    line_ += piece;
    in.remove_prefix(std::min(in.size(), piece.size() + (lf == std::string_view::npos ? 0 : 1)));
    if (lf == std::string_view::npos) return Step::more;
    if (Step s = line_done(); s != Step::more) return s;
  }
  return Step::more;
}

std::string to_literal(std::string_view text) {
  std::string out = "{" + std::to_string(text.size()) + "}\r\n";
  out += text;
  return out;
}

std::string to_string(std::string_view text) {
  bool quoted = text.size() <= kMaxQuotedOut && base::is_valid_utf8(text) &&
                std::ranges::none_of(text, [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
  if (!quoted) return to_literal(text);
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace postern::managesieve
