// Emails fetched from stored, with bytes of the messages where the asked properties need them.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blob/location.h"
#include "cmd/jmapd/context.h"
#include "jmap/email_view.h"
#include "proto/records.pb.h"

namespace postern::jmapd {

struct Fetched {
  records::Email email;
  records::Content content;
  std::optional<blob::Location> at;
  std::unique_ptr<jmap::EmailView> view;
  bool unreadable = false;
};

// Owned by the method and, while it runs, by the worker's job.
struct FetchedBatch {
  jmap::EmailFields fields;
  std::vector<std::string> keywords;
  std::vector<std::unique_ptr<Fetched>> emails;  // in the order asked for
  std::shared_ptr<blob::Reader> reader;
  std::size_t budget = 0;
  bool too_large = false;
};

// The emails with these ids that JMAP shows; their order is that of `ids`, which must be without repetition.
io::Task<Method<std::shared_ptr<FetchedBatch>>> fetch_emails(Context& c,
                                                             const std::vector<std::uint64_t>& ids,
                                                             jmap::EmailFields fields);
// Loads what the views need, on a worker thread.
io::Task<Method<void>> load_views(Context& c, std::shared_ptr<FetchedBatch> batch);

}  // namespace postern::jmapd
