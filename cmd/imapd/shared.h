// What all sessions of one imapd process share: settings, the clients of stored and authd, accounts in use.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "blob/blob_store.h"
#include "client/auth_client.h"
#include "client/runner_client.h"
#include "client/search_client.h"
#include "client/sieve_client.h"
#include "client/store_client.h"
#include "cmd/imapd/event_rules.h"
#include "cmd/imapd/view.h"
#include "proto/authd.pb.h"
#include "query/contents.h"
#include "query/key_cache.h"
#include "service/daemon.h"

namespace postern::imapd {

struct Settings {
  std::uint64_t max_request = 0;  // bytes of one APPEND
  std::uint64_t timeout_ms = 0;   // logged in
  std::uint64_t login_timeout_ms = 0;
  std::uint64_t login_failures = 0;
  std::uint64_t per_account = 0;
  std::uint64_t commands_per_minute = 0;  // of an account
  std::uint64_t message_limit = 0;        // RFC 9738: of one command
  std::uint64_t save_limit = 0;           // likewise, of COPY and APPEND
  std::uint64_t progress_ms = 0;
  bool word_search = false;     // SEARCH finds words instead of any part of the text
  bool small_literals = false;  // LITERAL- instead of LITERAL+
  std::string id;               // the answer to ID, without "* ID "
  std::string jmap_session;     // URL; empty: there is none
  std::vector<std::string> off;  // capabilities that are not offered, upper case
  std::vector<std::string> submit_users;  // who may use URLs for submit+NAME (RFC 4467 3)
  bool utf8_only = false;                 // UTF8=ONLY (RFC 6855 6)
  std::string hostname;
  std::string spool_dir;
  std::string sieve_url;         // of IMAPSIEVE (RFC 6785); empty: users have no scripts here
  // Namespaces of what others share, without the separator; empty: there is none.
  std::string other_users, shared;
};

// An account that at least one session is logged in to.
struct Account {
  explicit Account(std::uint64_t i) : id(i) {}
  std::uint64_t id;
  std::uint64_t epoch = 0;  // as of the last look at its mailboxes; what is selected was found by one
  std::uint64_t commands_through_ms = 0;  // see Session::wait_for_turn()
  // Where the mailboxes of a large account were when they were last listed: name to ids from the top down.  A
  // hint, checked at each use.
  std::unordered_map<std::string, std::vector<std::uint32_t>> places;
  // Mailboxes that were found to name no script (imapsieve.h), and until when (monotonic ms) that is believed.
  std::unordered_map<std::uint32_t, std::uint64_t> scriptless;
  std::vector<std::string> keywords;  // bit 8+i of the flags is keywords[i]; only grows
  // Names from stored, the first of which has number `known`.
  template <class Names>
  void learn(std::size_t known, const Names& names) {
    for (const auto& n : names)
      if (known++ == keywords.size()) keywords.push_back(n);
  }
};

inline constexpr char kByAccount = 'u';   // in the tally

struct Shared {
  explicit Shared(service::Daemon& d);
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  void read_settings();
  // The administrator's scripts; an error leaves the old ones.
  base::Result<> read_scripts() { return event_rules.read(daemon.config()); }
  std::shared_ptr<Account> account(std::uint64_t id);

  service::Daemon& daemon;
  Settings settings;
  EventRules event_rules;
  client::AuthClient auth;
  client::StoreClient store;
  client::SieveClient sieve;
  client::RunnerClient runner;
  std::shared_ptr<blob::Reader> bodies;  // used on workers
  std::shared_ptr<const query::Bodies> search_bodies;  // the same for searches
  client::SearchClient index;
  query::KeyCache sort_keys;
  Views views;
  std::unordered_map<std::uint64_t, std::weak_ptr<Account>> accounts;
  // What the directory said of accounts and groups by number, and until when (monotonic ms) that is believed.
  struct Person {
    authd::Entry entry;
    std::uint64_t until = 0;
  };
  std::unordered_map<std::uint64_t, Person> people;
  // What authd lets us offer, by (secure, loopback, TLS), and until when (monotonic ms) that is believed.
  struct Offer {
    authd::Mechanisms mechanisms;
    std::uint64_t until = 0;
  };
  Offer offers[8];
  std::uint64_t& logins;
  std::uint64_t& commands;
};

}  // namespace postern::imapd
