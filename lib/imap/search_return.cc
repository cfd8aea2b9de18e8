#include "imap/search_return.h"

#include "imap/lexer.h"

namespace postern::imap {

namespace {

void parse_partial(Lexer& in, SearchReturn& out) {
  if (out.partial.given) in.fail("PARTIAL twice");
  out.partial = parse_partial_range(in);
}

void parse_update(Lexer& in, SearchReturn& out) {
  out.update = true;
  if (!in.rest().starts_with(" (")) return;
  in.space();
  out.update_items = parse_fetch_list(in);
}

void parse_option(Lexer& in, SearchReturn& out) {
  if (in.eat_word("MIN")) {
    out.min = true;
  } else if (in.eat_word("MAX")) {
    out.max = true;
  } else if (in.eat_word("ALL")) {
    out.all = true;
  } else if (in.eat_word("COUNT")) {
    out.count = true;
  } else if (in.eat_word("SAVE")) {
    out.save = true;
  } else if (in.eat_word("RELEVANCY")) {
    out.relevancy = true;
  } else if (in.eat_word("CONTEXT")) {
    out.context = true;
  } else if (in.eat_word("UPDATE")) {
    parse_update(in, out);
  } else if (in.eat_word("PARTIAL")) {
    parse_partial(in, out);
  } else {
    in.fail("unknown return option");
  }
}

}  // namespace

SearchReturn parse_search_return(Lexer& in) {
  SearchReturn out;
  if (!in.eat_word("RETURN")) return out;
  out.given = true;
  in.space();
  in.expect('(');
  if (in.eat(')')) {
    out.all = true;
  } else {
    while (in.ok()) {
      parse_option(in, out);
      if (in.eat(')')) break;
      in.space();
    }
  }
  // RFC 5267 4.4.
  if (out.partial.given && out.all) in.fail("PARTIAL and ALL exclude each other");
  in.space();
  return out;
}

}  // namespace postern::imap
