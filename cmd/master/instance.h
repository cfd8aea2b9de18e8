// What makes this process the master of its run directory: the lock, the pid file, life in the background.
// Tests: t/system/test_master.py
#pragma once
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "service/config.h"

namespace postern::master {

// Opens /dev/null on descriptors 0 to 2 where they are closed: sockets must not land there.
void fill_standard_fds();

// run/master.pid, locked as long as it lives.  The lock is what counts; a pid left by a killed master means
// nothing.
class RunLock {
 public:
  // Makes the run directory when it is missing.  Fault::temporary, code "RUNNING", when another master has
  // it.
  static base::Result<RunLock> take(const std::string& run_dir);
  // Truncates the file: who reads it finds no pid.
  void release();

 private:
  base::Fd fd_;
};

// The parent's side of going to the background: it waits for the child's word, so that errors reach the
// terminal and the shell's exit status is right.
class Background {
 public:
  // Forks; the parent exits here with the child's verdict.  Call before there are threads or a loop.
  base::Result<> enter();
  // The child's word that all is well; standard error goes to `log_file`, or nowhere.
  void settled(const std::string& log_file);

 private:
  base::Fd word_;
};

// Points descriptor 2 at `log_file` ("" for /dev/null): what daemons and the C library print there goes to
// the log.
void point_stderr(const std::string& log_file);

}  // namespace postern::master
