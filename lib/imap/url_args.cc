#include "imap/url_args.h"

#include <algorithm>

#include "base/text.h"
#include "imap/limits.h"

namespace postern::imap {

namespace {

std::string parse_mechanism(Lexer& in) {
  std::string out = base::to_lower(in.atom());
  auto allowed = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.'; };
  if (!std::ranges::all_of(out, allowed)) in.fail("that is no mechanism");
  return out;
}

void parse_param(Lexer& in, UrlFetchArgs::One& one) {
  std::string name = base::to_upper(in.atom());
  bool* item = name == "BODYPARTSTRUCTURE" ? &one.structure
               : name == "BODY"            ? &one.body
               : name == "BINARY"          ? &one.binary
                                           : nullptr;
  if (!item) return;
  if (*item) in.fail("an item twice");
  *item = true;
  if (one.body && one.binary) in.fail("BODY and BINARY exclude each other");
}

UrlFetchArgs::One parse_wanted(Lexer& in) {
  UrlFetchArgs::One one;
  bool extended = in.eat('(');
  one.url = in.astring();
  while (extended && in.ok() && !in.eat(')')) {
    in.space();
    parse_param(in, one);
  }
  return one;
}

}  // namespace

ResetKeyArgs parse_resetkey(Lexer& in) {
  ResetKeyArgs args;
  if (in.at_end()) return args;
  in.space();
  args.mailbox_given = true;
  args.mailbox = in.astring();
  while (in.ok() && !in.at_end()) {
    in.space();
    args.mechanisms.push_back(parse_mechanism(in));
  }
  return args;
}

GenUrlAuthArgs parse_genurlauth(Lexer& in) {
  GenUrlAuthArgs args;
  while (in.ok()) {
    if (args.urls.size() >= kMaxUrls) in.fail_big("too many URLs");
    GenUrlAuthArgs::One one;
    one.url = in.astring();
    in.space();
    one.mechanism = parse_mechanism(in);
    args.urls.push_back(std::move(one));
    if (in.at_end()) break;
    in.space();
  }
  return args;
}

UrlFetchArgs parse_urlfetch(Lexer& in) {
  UrlFetchArgs args;
  while (in.ok()) {
    if (args.urls.size() >= kMaxUrls) in.fail_big("too many URLs");
    args.urls.push_back(parse_wanted(in));
    if (in.at_end()) break;
    in.space();
  }
  return args;
}

}  // namespace postern::imap
