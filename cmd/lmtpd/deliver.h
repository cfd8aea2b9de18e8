// From a message and its recipients to one reply a recipient: what scripts decide (filter.h) stands between the copies
// and their storing.
// Promise: a 250 leaves only after stored has answered that all is durable that this recipient's copy comes to, and what
// a script has put in the place of storing has been handed over.
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
