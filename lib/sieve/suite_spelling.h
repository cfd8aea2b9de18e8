// Commands of vnd.dovecot.testsuite as suites for older versions of Pigeonhole's tool have them.
// Part of the compiler; not for others.
#pragma once
#include <optional>

#include "sieve/parser.h"

namespace postern::sieve {

// `test_config :set ...`, `:unset ...` and `:reload [EXTENSION]`, `test_mailbox :create ...` and `:delete ...`,
// `test_binary :load ...` and `:save ...` with the names that they have today.  Nothing for all else.
std::optional<Syntax> newer_spelling(const Syntax& s);

}  // namespace postern::sieve
