#include "cmd/pop3d/command_table.h"

#include <algorithm>

namespace postern::pop3d {

namespace {

constexpr std::uint8_t kBefore = static_cast<std::uint8_t>(State::authorization);
constexpr std::uint8_t kAfter = static_cast<std::uint8_t>(State::transaction);
constexpr std::uint8_t kBoth = kBefore | kAfter;

constexpr CommandRow kCommands[] = {
    {"APOP", kBefore, true, run_apop},
    {"AUTH", kBefore, true, run_auth},  {"CAPA", kBoth, false, run_capa},  {"DELE", kAfter, true, run_dele},
    {"LANG", kBoth, true, run_lang},    {"LIST", kAfter, true, run_list},  {"NOOP", kAfter, false, run_noop},
    {"PASS", kBefore, true, run_pass},  {"QUIT", kBoth, false, run_quit},  {"RETR", kAfter, true, run_retr},
    {"RSET", kAfter, false, run_rset},  {"STAT", kAfter, false, run_stat}, {"STLS", kBefore, false, run_stls},
    {"TOP", kAfter, true, run_top},     {"UIDL", kAfter, true, run_uidl},  {"USER", kBefore, true, run_user},
    {"UTF8", kBefore, false, run_utf8},
};

}  // namespace

const CommandRow* find_command(std::string_view upper_name) {
  auto it = std::ranges::find(kCommands, upper_name, &CommandRow::name);
  return it == std::end(kCommands) ? nullptr : &*it;
}

}  // namespace postern::pop3d
