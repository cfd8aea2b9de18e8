// What a search is to return.  RFC 4731 (ESEARCH), RFC 5182 (SAVE), RFC 9394 (PARTIAL), RFC 5267 (CONTEXT, UPDATE), RFC
// 5465 7 (UPDATE with attributes), RFC 6203 (RELEVANCY).  Runs in: imapd.  Input: hostile.  Tests: t/unit/imap_search.cc
#pragma once
#include <cstdint>

#include "imap/fetch.h"

namespace postern::imap {

struct SearchReturn {
  bool given = false;  // RETURN was there: ESEARCH is the answer
  bool min = false, max = false, all = false, count = false, save = false;
  bool relevancy = false;  // scores (RFC 6203)
  PartialRange partial;    // the part of the answer that is asked for
  bool context = false;
  bool update = false;
  FetchArgs update_items;  // what to tell of messages that enter the result; without items nothing
  // Something besides SAVE, CONTEXT and UPDATE is to be returned.
  bool asks_for_data() const { return min || max || all || count || partial.given || relevancy; }
};

// "RETURN (...)" where it stands next, with the space after it.
SearchReturn parse_search_return(Lexer& in);

}  // namespace postern::imap
