// The one table of commands: name, the states it is legal in, and its handler, which writes the answer.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "cmd/pop3d/session.h"

namespace postern::pop3d {

using Handler = io::Task<void> (*)(Session&, std::string argument);

struct CommandRow {
  std::string_view name;
  std::uint8_t states;  // bits of State
  bool has_argument;    // one is possible
  Handler run;
};

// nullptr when there is no such command.
const CommandRow* find_command(std::string_view upper_name);

using Answer = io::Task<void>;

// cmd_login.cc
Answer run_user(Session& s, std::string argument);
Answer run_pass(Session& s, std::string argument);
Answer run_apop(Session& s, std::string argument);
Answer run_auth(Session& s, std::string argument);
Answer run_stls(Session& s, std::string argument);
// cmd_capa.cc
Answer run_capa(Session& s, std::string argument);
Answer run_utf8(Session& s, std::string argument);
Answer run_lang(Session& s, std::string argument);
// cmd_maildrop.cc
Answer run_stat(Session& s, std::string argument);
Answer run_list(Session& s, std::string argument);
Answer run_uidl(Session& s, std::string argument);
Answer run_dele(Session& s, std::string argument);
Answer run_rset(Session& s, std::string argument);
Answer run_noop(Session& s, std::string argument);
Answer run_quit(Session& s, std::string argument);
// cmd_retr.cc
Answer run_retr(Session& s, std::string argument);
Answer run_top(Session& s, std::string argument);

}  // namespace postern::pop3d
