#include "imap/flag_list.h"

#include <array>
#include <string_view>

#include "base/text.h"
#include "imap/lexer.h"
#include "imap/limits.h"

namespace postern::imap {

namespace {

constexpr std::array<std::string_view, 5> kSystem = {"\\Answered", "\\Flagged", "\\Deleted", "\\Seen",
                                                     "\\Draft"};

bool listed(Lexer& in, std::vector<std::string>& out) {
  std::string f = parse_flag(in);
  if (!in.ok()) return false;
  for (const std::string& have : out)
    if (base::iequals(have, f)) return true;
  if (out.size() >= kMaxFlags) {
    in.fail_big("too many flags");
    return false;
  }
  out.push_back(std::move(f));
  return true;
}

}  // namespace

std::string parse_flag(Lexer& in) {
  if (!in.eat('\\')) {
    std::string_view word = in.atom();
    if (word.size() > kMaxKeyword) in.fail_big("keyword too long");
    return in.ok() ? std::string(word) : std::string();
  }
  std::string_view word = in.atom();
  for (std::string_view s : kSystem)
    if (base::iequals(s.substr(1), word)) return std::string(s);
  in.fail("unknown system flag");
  return {};
}

std::vector<std::string> parse_flag_list(Lexer& in) {
  std::vector<std::string> out;
  in.expect('(');
  if (in.eat(')')) return out;
  while (in.ok() && listed(in, out) && !in.eat(')')) in.space();
  return out;
}

std::vector<std::string> parse_store_flags(Lexer& in) {
  if (in.peek() == '(') return parse_flag_list(in);
  std::vector<std::string> out;
  while (in.ok() && listed(in, out) && in.eat(' ')) {
  }
  return out;
}

}  // namespace postern::imap
