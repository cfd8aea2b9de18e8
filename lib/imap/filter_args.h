// Arguments of FILTER and UID FILTER: draft-bosch-imap-filter-sieve-00 7.
// Runs in: imapd.  Input: hostile.  Pure.  Tests: t/unit/imap_filter_args.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>

#include "imap/lexer.h"
#include "imap/search_program.h"

namespace postern::imap {

struct FilterArgs {
  enum class Which : std::uint8_t { delivery, personal, global, script };
  Which which = Which::delivery;
  std::string text;    // the name of the script, or the script itself
  SearchArgs search;   // without RETURN
};
FilterArgs parse_filter(Lexer& in);

}  // namespace postern::imap
