#include "cmd/jmapd/shared.h"

namespace postern::jmapd {

std::string segment_folder(const service::Config& config) {
  return config.segment_dir();
}

inline constexpr std::size_t kSortKeyBytes = 64u << 20;  // of all accounts

Shared::Shared(service::Daemon& d)
    : daemon(d),
      auth(d.loop(), d.config().run_path("authd.sock")),
      store(d.loop(), d.config().run_path("stored.sock"), &auth),
      sieve(d.loop(), d.config().run_path("sieved.sock")),
      index(d.loop(), d.config().run_path("search.sock")),
      sort_keys(kSortKeyBytes),
      logins(auth),
      blobs(std::make_shared<blob::Reader>(segment_folder(d.config()))),
      bodies(std::make_shared<query::SegmentBodies<blob::Location, blob::Reader>>(blobs)),
      spool(d.config().var_path("spool")),
      origin(d.config().text("http.allow_origin")),
      url(d.config().text("http.url")),
      hostname(d.config().hostname()),
      max_request(d.config().number("http.max_request_size")),
      max_upload(d.config().number("http.max_upload_size")),
      word_search(d.config().text("search.substring") == "words"),
      requests(d.counter("http_requests")),
      method_calls(d.counter("jmap_calls")),
      method_errors(d.counter("jmap_errors")) {
  while (url.ends_with('/')) url.pop_back();
}

Slot::Slot(Shared& shared, std::uint64_t account, std::size_t InUse::* what, std::size_t max)
    : shared_(shared), account_(account), what_(what), full_(shared.in_use[account].*what >= max) {
  ++(shared_.in_use[account_].*what_);
}

Slot::~Slot() {
  auto it = shared_.in_use.find(account_);
  --(it->second.*what_);
  if (it->second.idle()) shared_.in_use.erase(it);
}

}  // namespace postern::jmapd
