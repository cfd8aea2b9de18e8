#include "cmd/managesieved/command_table.h"

#include <algorithm>

namespace postern::managesieved {

namespace {

constexpr std::uint8_t kBefore = static_cast<std::uint8_t>(State::before_login);
constexpr std::uint8_t kAfter = static_cast<std::uint8_t>(State::logged_in);
constexpr std::uint8_t kBoth = kBefore | kAfter;

constexpr CommandRow kCommands[] = {
    {"AUTHENTICATE", kBefore, "s?s", "AUTHENTICATE \"mechanism\" [\"initial response\"]", run_authenticate},
    {"CAPABILITY", kBoth, "", "CAPABILITY", run_capability},
    {"CHECKSCRIPT", kAfter, "s", "CHECKSCRIPT {script}", run_checkscript},
    {"DELETESCRIPT", kAfter, "s", "DELETESCRIPT \"name\"", run_deletescript},
    {"GETSCRIPT", kAfter, "s", "GETSCRIPT \"name\"", run_getscript},
    {"HAVESPACE", kAfter, "sn", "HAVESPACE \"name\" size", run_havespace},
    {"LISTSCRIPTS", kAfter, "", "LISTSCRIPTS", run_listscripts},
    {"LOGOUT", kBoth, "", "LOGOUT", run_logout},
    {"NOOP", kBoth, "?s", "NOOP [\"tag\"]", run_noop},
    {"PUTSCRIPT", kAfter, "ss", "PUTSCRIPT \"name\" {script}", run_putscript},
    {"RENAMESCRIPT", kAfter, "ss", "RENAMESCRIPT \"old\" \"new\"", run_renamescript},
    {"SETACTIVE", kAfter, "s", "SETACTIVE \"name\"", run_setactive},
    {"STARTTLS", kBefore, "", "STARTTLS", run_starttls},
    {"UNAUTHENTICATE", kAfter, "", "UNAUTHENTICATE", run_unauthenticate},
};

}  // namespace

const CommandRow* find_command(std::string_view upper_name) {
  auto it = std::ranges::find(kCommands, upper_name, &CommandRow::name);
  return it == std::end(kCommands) ? nullptr : it;
}

}  // namespace postern::managesieved
