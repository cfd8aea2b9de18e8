#include "imap/filter_args.h"

#include <utility>

namespace postern::imap {

namespace {

using Which = FilterArgs::Which;
constexpr std::pair<const char*, Which> kWords[] = {
    {"DELIVERY", Which::delivery}, {"PERSONAL", Which::personal}, {"GLOBAL", Which::global}, {"SCRIPT", Which::script}};

void parse_which(Lexer& in, FilterArgs& out) {
  for (const auto& [word, which] : kWords) {
    if (!in.eat_word(word)) continue;
    out.which = which;
    if (which == Which::delivery) return;
    in.space();
    out.text = which == Which::script ? in.string() : in.astring();
    return;
  }
  in.fail("expected DELIVERY, PERSONAL, GLOBAL or SCRIPT");
}

}  // namespace

FilterArgs parse_filter(Lexer& in) {
  FilterArgs out;
  if (!in.eat_word("SIEVE")) in.fail("SIEVE is the only kind of filter");
  in.space();
  if (in.ok()) parse_which(in, out);
  in.space();
  if (in.ok()) out.search = parse_search(in);
  if (in.ok() && out.search.ret.given) in.fail("FILTER returns nothing else");
  return out;
}

}  // namespace postern::imap
