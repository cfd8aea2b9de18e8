// Flags and keywords in commands and answers.  RFC 9051 2.3.2.
// Runs in: imapd.  Input: hostile.  Limits: kMaxFlags, kMaxKeyword.  Tests: t/unit/imap_args.cc
#pragma once
#include <string>
#include <vector>

namespace postern::imap {

class Lexer;

// One flag: "\Seen" in its usual spelling, or a keyword as written.  \Recent and unknown \flags fail the
// lexer.
std::string parse_flag(Lexer& in);
// "(" [flag *(SP flag)] ")"
std::vector<std::string> parse_flag_list(Lexer& in);
// flag-list / (flag *(SP flag)), as STORE takes it.
std::vector<std::string> parse_store_flags(Lexer& in);

}  // namespace postern::imap
