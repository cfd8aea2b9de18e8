// Mail that scripts send: handed to the administrator's sendmail-compatible command through runner.
// Runs in: lmtpd, imapd.  A letter counts as sent when the command has ended with status 0.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "client/runner_client.h"
#include "io/task.h"

namespace postern::client {

// What a redirect may ask of the transfer (RFC 6009); empty: nothing.
struct Wishes {
  std::string notify = {};       // RFC 3461, NOTIFY: "NEVER", "SUCCESS,FAILURE"
  std::string ret = {};          // RFC 3461, RET: "FULL", "HDRS"
  std::string deliver_by = {};   // RFC 2852, BY: "600;R", "-5;NT"
};

struct Letter {
  std::string sender;                   // envelope; empty: <>
  std::vector<std::string> recipients;
  base::Fd text;                        // a memfd with the whole message
  Wishes wishes = {};
};

// A command whose row says `dsn` gets -N and -R, one that says `deliverby` the variable DELIVERBY; others are not told.
// Errors: Fault::temporary, a later try may succeed; code NO_MAILER, no command is configured; a letter that is to come back
// when it is late is refused where no `deliverby` is.
io::Task<base::Result<>> send_letter(RunnerClient& runner, Letter letter, std::string id);

}  // namespace postern::client
