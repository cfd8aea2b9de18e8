// The keys of a search, which SEARCH, SORT, THREAD, ESEARCH and stored filters share.  RFC 9051 6.4.4.
// Runs in: imapd.  Input: hostile.  Limits: kMaxSearchDepth, kMaxSearchKeys, kMaxSearchText.  Tests:
// t/unit/imap_search.cc
#pragma once
#include <string>

#include "imap/search_program.h"

namespace postern::imap {

// search-key *(SP search-key), to the end of the text.  Needles are in `charset`; empty: UTF-8, or windows-1252 where that
// is not well-formed.
void parse_search_keys(Lexer& in, SearchProgram& program, std::string charset);

}  // namespace postern::imap
