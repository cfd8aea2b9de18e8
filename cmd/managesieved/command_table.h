// The one table of commands: name, the states it is legal in, its arguments, and its handler, which writes the answer.
#pragma once
#include <cstdint>
#include <string_view>

#include "cmd/managesieved/session.h"

namespace postern::managesieved {

using Answer = io::Task<void>;
using Handler = Answer (*)(Session&, managesieve::Words);

struct CommandRow {
  std::string_view name;
  std::uint8_t states;            // bits of State
  std::string_view arguments;     // a letter each: s string, n number; those after "?" may be missing
  std::string_view usage;         // for who got them wrong
  Handler run;                    // gets as many words of these kinds
};

// nullptr when there is no such command.
const CommandRow* find_command(std::string_view upper_name);

// cmd_login.cc
Answer run_authenticate(Session& s, managesieve::Words w);
Answer run_starttls(Session& s, managesieve::Words w);
Answer run_unauthenticate(Session& s, managesieve::Words w);
// cmd_simple.cc
Answer run_capability(Session& s, managesieve::Words w);
Answer run_logout(Session& s, managesieve::Words w);
Answer run_noop(Session& s, managesieve::Words w);
// cmd_read.cc
Answer run_listscripts(Session& s, managesieve::Words w);
Answer run_getscript(Session& s, managesieve::Words w);
Answer run_havespace(Session& s, managesieve::Words w);
// cmd_put.cc
Answer run_putscript(Session& s, managesieve::Words w);
Answer run_checkscript(Session& s, managesieve::Words w);
// cmd_change.cc
Answer run_setactive(Session& s, managesieve::Words w);
Answer run_deletescript(Session& s, managesieve::Words w);
Answer run_renamescript(Session& s, managesieve::Words w);

}  // namespace postern::managesieved
