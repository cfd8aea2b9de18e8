// From a message and its recipients to one reply a recipient.  The clean place for Sieve: what decides where a copy
// goes stands between resolve and target().
// Promise: a 250 leaves only after stored has answered that this recipient's copy is durable.
#pragma once
#include <string>
#include <vector>

#include "client/incoming.h"
#include "cmd/lmtpd/recipients.h"
#include "cmd/lmtpd/session.h"
#include "cmd/lmtpd/trace.h"

namespace postern::lmtpd {

struct EnvelopeTo {
  std::string address;
  Recipient recipient;
};

// One reply text a recipient, in order, without line ending.
io::Task<std::vector<std::string>> deliver(Shared& shared, const Trace& trace, const TraceScan& seen,
                                           const client::Incoming& message, const std::vector<EnvelopeTo>& to);

}  // namespace postern::lmtpd
