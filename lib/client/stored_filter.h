// Scripts on a message that is in a mailbox already: what IMAP events start (RFC 6785), FILTER=SIEVE
// (draft-bosch-imap-filter-sieve-00), `postern sieve run`.
//
// A message in a mailbox never changes: what a script did to it goes along with what it files elsewhere or sends, and not
// with a keep.  Where no keep is in force the message gets \Deleted; expunging is its owner's.  Answers to a sender
// (vacation, reject) are not given: he has waited long enough.  A script that fails leaves the message as it was.
// Everything happens with the rights of who runs it: what those do not allow is an error of this message.
// Runs in: imapd, postern.  Tests: t/protocol/test_imapsieve.py, t/system/test_sieve_run.py
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "client/account_store.h"
#include "client/incoming.h"
#include "client/sieve_actions.h"
#include "client/sieve_client.h"
#include "client/store_host.h"

namespace postern::client {

// Where it is, and the message whole.
struct StoredMessage {
  std::uint32_t mailbox = 0;
  std::uint32_t uid = 0;
  std::vector<std::string> flags;   // "\\Seen", "\\Deleted", keywords; sorted
  std::int64_t received = 0;        // INTERNALDATE
  const Incoming& message;
};

// What became of one message, or would become of it.
struct Filtered {
  std::vector<std::string> done;      // "filed into Archive", in order
  std::vector<std::string> refused;   // "vacation: no answers to mail that is stored already"
  std::vector<std::string> warnings;  // of the run: debug_log and the like
  std::vector<std::string> errors;    // not empty: nothing of the script happened, or not all of it; it was kept
  bool kept = true;                   // false: it got \Deleted
  bool compiled = true;               // false: the script is none that may run here; `errors` says why
};

// The header of a message without the empty line after it, or the first `most` bytes; empty when it can't be read.
std::string head_of(const Incoming& message, std::size_t most);

// The envelope as far as the message still tells it: Return-Path and Delivered-To, else `owner` to himself.
void set_envelope(sieved::Run& run, const Incoming& message, const std::string& owner);

// What a run over stored mail is told whoever starts it.
sieved::Run stored_run(const std::string& owner);

class StoredFilter {
 public:
  struct Options {
    bool dry_run = false;
    // Names of new keywords, of commits that this made.
    std::function<void(const stored::FlagsStored&)> learn = {};
  };
  // `host` answers for `store`'s account.  The references outlive this.
  StoredFilter(SieveClient& sieve, RunnerClient& runner, AccountStore& store, StoreHost& host, SieveOwner owner, Options options)
      : sieve_(sieve), store_(store), host_(host), acts_(runner, store, host, owner), owner_(std::move(owner)),
        options_(std::move(options)) {}

  // `run` holds what the caller knows: environment, envelope, whose script it is, imap_event; the rest is filled in here.
  io::Task<Filtered> filter(const StoredMessage& m, sieved::Run run, std::vector<SieveScript> stack);

 private:
  struct Plan;
  io::Task<void> carry_out(const StoredMessage& m, const sieved::Outcome& outcome, Filtered& out);
  io::Task<bool> find_places(const StoredMessage& m, const sieved::Outcome& outcome, Plan& plan, Filtered& out);
  io::Task<base::Result<>> act(const StoredMessage& m, const sieved::Action& a, Plan& plan, Filtered& out);
  io::Task<base::Result<>> file_into(const StoredMessage& m, const sieved::Action& a, std::uint32_t to, const Plan& plan);
  io::Task<base::Result<>> add_to(const StoredMessage& m, const sieved::Action& a, std::uint32_t to, const Plan& plan);
  io::Task<base::Result<>> store_flags(const StoredMessage& m, stored::StoreFlags::Mode mode, std::vector<std::string> flags);

  SieveClient& sieve_;
  AccountStore& store_;
  StoreHost& host_;
  SieveActions acts_;
  SieveOwner owner_;
  Options options_;
};

}  // namespace postern::client
