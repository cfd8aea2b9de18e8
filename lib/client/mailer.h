// Mail that scripts send: handed to the administrator's sendmail-compatible command through runner.
// Runs in: lmtpd, imapd.  A letter counts as sent when the command has ended with status 0.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "client/runner_client.h"
#include "io/task.h"

namespace postern::client {

struct Letter {
  std::string sender;                   // envelope; empty: <>
  std::vector<std::string> recipients;
  base::Fd text;                        // a memfd with the whole message
};

// Errors: Fault::temporary, a later try may succeed; code NO_MAILER, no command is configured.
io::Task<base::Result<>> send_letter(RunnerClient& runner, Letter letter, std::string id);

}  // namespace postern::client
