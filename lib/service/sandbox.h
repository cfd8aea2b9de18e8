// No process runs with more than it needs: after start-up a seccomp filter lists the system calls that remain and
// Landlock the folders.  What is not listed fails with EPERM or EACCES, it does not kill.
// Runs in: every daemon, at the end of start-up.  The filter covers all threads; Landlock those that are made later,
// so a daemon makes its threads in start() only where it must.
// Tests: t/unit/service_sandbox.cc
#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace postern::service {

struct Privileges {
  std::vector<std::string> read;    // files and folders that may be read; one that is not there yet is waited for (30 s)
  std::vector<std::string> write;   // folders that may be changed
  std::vector<std::string> execute = {};  // files and folders that may be read and executed, if they are there
  bool dial_inet = false;           // may make connections over IP; Unix sockets always
  bool run_programs = false;        // may fork and execute (master and runner only)
  bool isolated = false;            // no file may be opened, no socket made, nobody called: only what it holds and is handed
};

// Drops to `user` with its groups when we are root and `user` is not empty; sets no_new_privs.
base::Result<> become(const std::string& user);
// Never fails for a kernel without Landlock: the answer says what is in force, as "seccomp landlock".
base::Result<std::string> enter_sandbox(const Privileges& p);

}  // namespace postern::service
