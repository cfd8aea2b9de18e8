// Is the sandbox closed?  Tries what a process that was taken over would try, after the sandbox is in force, and says of
// each attempt whether it was refused.  Every attempt is harmless where it succeeds.
// Runs in: any daemon with the switch --prove-sandbox, instead of serving; `postern privileges --check` asks for it.
// Tests: t/unit/service_sandbox.cc, t/system/test_privileges.py
#pragma once
#include <string>
#include <vector>

#include "service/sandbox.h"

namespace postern::service {

struct Attempt {
  std::string what;   // "list /"
  bool refused = false;
  std::string how;    // "Permission denied", or what happened instead
};

// REQUIRES: enter_sandbox(p) has been called in this process.
std::vector<Attempt> try_to_break_out(const Privileges& p);

}  // namespace postern::service
