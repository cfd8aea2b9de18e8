// What the parts of indexer share.  Loop thread.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "blob/blob_store.h"
#include "client/auth_client.h"
#include "client/runner_client.h"
#include "client/store_client.h"
#include "cmd/indexer/schedule.h"
#include "cmd/indexer/suspects.h"
#include "cmd/indexer/watchdog.h"
#include "cmd/indexer/writers.h"
#include "index/language.h"
#include "io/sync.h"
#include "service/daemon.h"

namespace postern::indexer {

struct Account {
  std::uint64_t id = 0;
  std::shared_ptr<client::Login> login;
  std::unique_ptr<client::Watch> watch;
  Turn turn;
  index::Language language = index::kNoLanguage;  // of texts that do not say theirs: the account's, else the server's
  std::uint64_t of_emails = 0;  // in the account, as it was last listed
  std::uint64_t failures = 0;   // one after the other
  std::string error;            // of the last one
  bool rebuild = false, optimize = false;  // asked for
  bool goes_on = false;               // a slice was done, others follow
  std::uint64_t runs = 0;             // ended, well or not
  std::uint64_t done = 0, to_do = 0;  // messages of the run under way

  void ask(std::uint64_t now) {
    turn.asked = true;
    turn.asked_at = now;
  }
};

struct Shared {
  Shared(service::Daemon& d, Suspects suspects);
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  void read_settings();

  service::Daemon& daemon;
  io::Loop& loop;
  Pace pace;
  std::uint64_t sync_interval_ms = 0, alarm_ms = 0;
  index::Language language;  // of texts that do not say theirs, in accounts that do not say either
  client::AuthClient auth;
  client::StoreClient store;
  std::shared_ptr<client::Login> login;  // of all accounts; none until authd has answered
  std::shared_ptr<blob::Reader> bodies;  // used on workers
  std::shared_ptr<Suspects> suspects;    // likewise
  std::shared_ptr<Watchdog> watchdog;
  std::shared_ptr<const std::set<std::string>> documents;  // types of attached documents that runner makes text of
  client::RunnerClient runner;
  Writers writers;
  std::map<std::uint64_t, std::shared_ptr<Account>> accounts;
  std::set<std::uint64_t> unknown;  // accounts that somebody has opened and nobody has told us of
  io::Notifier unknown_came;
  io::Notifier changed;             // somebody's turn may have come
  bool stopping = false;
  io::Event stopped;                // nothing works on an index any more
  std::uint64_t last_progress = 0;  // monotonic ms
  std::uint64_t& indexed;
  std::uint64_t& removed;
  std::uint64_t& set_aside;
  std::uint64_t& rebuilt;
  std::uint64_t& commits;
  std::uint64_t& failed;
};

}  // namespace postern::indexer
