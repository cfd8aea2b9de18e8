// One call of a verb on its way through the store: what was asked, by whom, and what came out so far.
// Runs in: stored.  Made by cmd/stored for each request, driven by Store::step().
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/codec.h"
#include "base/file.h"
#include "base/result.h"
#include "kv/engine.h"
#include "proto/stored.pb.h"
#include "store/access.h"

namespace postern::store {

using base::Result;

struct Verb;

// A body that is in its segment already, though perhaps not yet durable and not yet in the index.
struct Prepared {
  std::string location;       // blob::Location, serialized
  base::Digest sha256{};
  std::uint64_t size = 0;
  bool known = false;         // the index has it: nothing was written
  std::uint64_t put = 0;      // the blob writer's number of it; 0: durable long ago
};

struct Changed {
  std::uint64_t account = 0;
  std::uint64_t modseq = 0;
};

struct Call {
  // What was asked.  `request.ticket` is not looked at.
  stored::Request request;
  Principal who;
  std::vector<Result<Principal>> targets;  // of AddEmails and Watch: what each entry's ticket says, in order
  base::Fd body;                           // the descriptor that came with the frame
  std::vector<Result<Prepared>>
      bodies;  // Store::prepare() fills it: one a target (AddEmails) or one (PutBlob)
  std::uint64_t put = 0;  // the latest of them: step() runs when the blob writer says that it is durable

  const Verb* verb = nullptr;  // Store::step() finds it

  // What came out of the last step.
  enum class State {
    done,    // `reply` (with `fd`) ends the call
    item,    // `reply` is an item of the stream; step again
    again    // nothing to send yet; step again, after others had their turn
  };
  State state = State::again;
  stored::Reply reply;
  std::vector<base::Fd> fds;  // to be sent with the reply
  kv::Receipt receipt;        // the reply may leave when this is durable
  std::vector<Changed> changed;   // commits of this step, for watchers; also after that flush
  std::vector<Changed> watched;   // Watch: the accounts asked for that may be watched, and where they stand
  std::vector<Changed> revoked;   // Revoke: (principal, generation)
  std::string audited;        // for the audit log, once the call has succeeded: what was deleted
  bool checkpoint = false;  // Checkpoint: the caller runs Engine::checkpoint() on a worker, then replies

  // Between the steps of one call.
  std::uint64_t cursor = 0;
  std::string resume;         // likewise, where a scan goes on by key
  std::uint32_t target = 0;   // a mailbox that the first step made
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  // UID ranges, in order, without overlap
  bool started = false;
  std::uint64_t began = 0;       // the account's modseq at the first step
  std::shared_ptr<void> work;    // what else a long verb keeps
  // Run by the caller on a worker before the next step, then cleared.  It touches nothing of the store but the
  // blob writer and what `work` holds.
  std::function<void()> offload;
  std::uint64_t pause_ms = 0;    // with State::again: the next step has no hurry
  std::shared_ptr<void> bodies_held;  // the segments that `bodies` name stay while this lives
};

inline stored::Error& set_error(stored::Reply& reply, const base::Error& e) {
  auto& out = *reply.mutable_error();
  if (!e.code.empty() && e.code != "PANIC" && e.code != "STALE")
    out.set_code(e.code);
  else
    out.set_code(e.fault == base::Fault::corrupt ? "CORRUPT"
                 : e.fault == base::Fault::limit ? "LIMIT"
                                                 : "UNAVAILABLE");
  out.set_what(e.what);
  out.set_temporary(e.fault == base::Fault::temporary);
  return out;
}

}  // namespace postern::store
