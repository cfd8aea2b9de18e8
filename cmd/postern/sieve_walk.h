// Scripts over the mail of one mailbox, whole or the last messages of it: what each of them does with each message.
// Used by sieve run and sieve compare.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/stored_filter.h"
#include "cmd/postern/context.h"

namespace postern::cli {

struct SieveJob {
  std::string account;                       // its name
  std::string mailbox;
  std::uint64_t last = UINT64_MAX;           // of its messages
  std::vector<client::SieveScript> scripts;  // each by itself, none seeing what another did
  bool dry_run = true;
};

// One message, and what became, or would become, of it by each script.
struct SieveRow {
  std::uint32_t uid = 0;
  std::string_view head;                     // of the message: at most 64 KB of it; empty when it could not be read
  std::vector<client::Filtered> results;
};

// In the order of the mailbox; shows progress.  Errors of a message are in its results, and the others are run all the same.
base::Result<> over_mailbox(Context& c, const SieveJob& job, const std::function<void(const SieveRow&)>& each);

}  // namespace postern::cli
