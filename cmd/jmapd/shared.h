// What all connections of one jmapd share: the ways to stored and authd, remembered logins, limits an
// account.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "blob/blob_store.h"
#include "client/auth_client.h"
#include "client/search_client.h"
#include "client/sieve_client.h"
#include "client/store_client.h"
#include "cmd/jmapd/login_cache.h"
#include "query/contents.h"
#include "query/key_cache.h"
#include "service/daemon.h"

namespace postern::jmapd {

// Where stored keeps the segment files.
std::string segment_folder(const service::Config& config);

// Things of one account that are under way in this process.
struct InUse {
  std::size_t requests = 0, uploads = 0, event_sources = 0;
  bool idle() const { return requests + uploads + event_sources == 0; }
};

struct Shared {
  explicit Shared(service::Daemon& daemon);
  io::Loop& loop() { return daemon.loop(); }

  service::Daemon& daemon;
  client::AuthClient auth;
  client::StoreClient store;
  client::SieveClient sieve;
  client::SearchClient index;
  query::KeyCache sort_keys;
  LoginCache logins;
  std::shared_ptr<blob::Reader> blobs;  // shared with worker threads
  std::shared_ptr<const query::Bodies> bodies;  // the same for searches
  std::string spool;                    // folder for large uploads
  std::string origin;                   // of Access-Control-Allow-Origin; empty: none
  std::string url;                      // how clients reach us; empty: by their Host
  std::string hostname;
  std::uint64_t max_request = 0, max_upload = 0;
  bool word_search = false;  // text conditions find words instead of any part of the text
  bool draining = false;  // connections end after the answer under way
  std::unordered_map<std::uint64_t, InUse> in_use;
  std::uint64_t &requests, &method_calls, &method_errors;
};

// Counts one thing under way; full() when it is one too many.
class Slot {
 public:
  Slot(Shared& shared, std::uint64_t account, std::size_t InUse::* what, std::size_t max);
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot();
  bool full() const { return full_; }

 private:
  Shared& shared_;
  std::uint64_t account_;
  std::size_t InUse::* what_;
  bool full_;
};

}  // namespace postern::jmapd
