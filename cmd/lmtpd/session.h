// One LMTP dialogue (RFC 2033) with PIPELINING, SIZE, 8BITMIME, ENHANCEDSTATUSCODES, CHUNKING, BINARYMIME, SMTPUTF8 and
// STARTTLS.  Each recipient gets its own reply after its copy is durable in stored.
// Input: an MTA that is trusted to hand over mail, not to be well-behaved.  Tests: t/protocol/lmtp, t/system
#pragma once
#include <memory>

#include "client/auth_client.h"
#include "client/runner_client.h"
#include "client/sieve_client.h"
#include "client/store_client.h"
#include "client/store_host.h"
#include "cmd/lmtpd/recipients.h"
#include "cmd/lmtpd/stack.h"
#include "io/task.h"
#include "service/daemon.h"

namespace postern::lmtpd {

// What all sessions of the process share.
struct Shared {
  explicit Shared(service::Daemon& daemon);
  // The administrator's scripts, at the start and at a reload.
  base::Result<> read_scripts();
  service::Daemon& daemon;
  client::AuthClient auth;
  client::StoreClient store;
  client::SieveClient sieve;
  client::RunnerClient runner;
  client::SieveFolders folders;
  Stack stack;
  Recipients recipients;
  std::uint64_t& delivered;
  std::uint64_t& filtered;
  std::uint64_t& refused;
};

io::Task<void> serve(Shared& shared, service::Connection& connection);

}  // namespace postern::lmtpd
