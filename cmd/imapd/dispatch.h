// Joins a parser of lib/imap and a handler into one row of the command table.
#pragma once
#include "cmd/imapd/command_table.h"

namespace postern::imapd {

inline io::Task<Reply> bad_arguments(std::string why) {
  co_return bad(std::move(why));
}

// Parses, answers BAD when the arguments are wrong, else runs.
template <auto Parse, auto Run>
io::Task<Reply> command(Session& s, imap::Lexer& in) {
  auto args = Parse(in);
  if (!in.ok()) return bad_arguments(std::string(in.error()));
  return Run(s, std::move(args));
}

}  // namespace postern::imapd
