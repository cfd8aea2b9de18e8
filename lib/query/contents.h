// Decides what the columns of a sheet leave open: by what is stored of the messages beside their bodies, and where that
// does not do, by the messages themselves, on a worker.  The one place where text conditions are answered: an index of
// words takes rows out of `open` before bodies are read.  Runs in: imapd, jmapd, loop thread.
// Tests: t/protocol/imap/search.t, t/protocol/jmap/queries.py
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/search_client.h"
#include "client/store_client.h"
#include "io/loop.h"
#include "io/task.h"
#include "query/evaluate.h"
#include "query/stored_content.h"

namespace postern::query {

// Bytes of messages.  Called on workers.
class Bodies {
 public:
  virtual ~Bodies() = default;
  // `location` is EmailData.location.
  virtual base::Result<std::string> read(std::string_view location, std::uint64_t offset, std::uint64_t length) const = 0;
  // In pieces, in order, until `use` answers false.
  virtual base::Result<> stream(std::string_view location, const std::function<bool(std::string_view)>& use) const = 0;
};

// Bodies over a blob::Reader; this library stands below it.
template <class Location, class Reader>
class SegmentBodies final : public Bodies {
 public:
  explicit SegmentBodies(std::shared_ptr<Reader> reader) : reader_(std::move(reader)) {}
  base::Result<std::string> read(std::string_view location, std::uint64_t offset, std::uint64_t length) const override {
    auto at = Location::parse(location);
    if (!at) return base::fail(base::Fault::corrupt, "a body's location is malformed");
    return reader_->read(*at, offset, length);
  }
  base::Result<> stream(std::string_view location, const std::function<bool(std::string_view)>& use) const override {
    auto at = Location::parse(location);
    if (!at) return base::fail(base::Fault::corrupt, "a body's location is malformed");
    return reader_->read_frames(*at, 0, use);
  }

 private:
  std::shared_ptr<Reader> reader_;
};

class KeyCache;

// How a front end reaches mail, and the mailbox that a search is in.
struct Access {
  client::StoreClient& store;
  std::shared_ptr<client::Login> login;
  io::Loop& loop;
  std::shared_ptr<const Bodies> bodies;
  std::uint32_t mailbox = 0;  // 0: rows are of the account's sheet, known by their email's id
  // Lets others have their turn; false: stop, the client is gone.
  std::function<io::Task<bool>()> pause;
  // What the spans and pointers of rows refer to: kept while a worker looks at them.
  std::shared_ptr<const void> keep;
  client::SearchClient* index = nullptr;  // null: there is none
  // For sorted_rows() and fill_columns(): where keys are kept, and the account's epoch, for which they are kept.
  KeyCache* keys = nullptr;
  std::uint64_t epoch = 0;
  std::size_t rows = 0;  // of the sheet: how many a search may have to look at
};

// The fields that can be kept to decide the filter together with the columns; none when it looks at anything else.
std::vector<FieldForm> kept_fields(const Filter& filter);

// Which of `open` match, as indexes in ascending order.  The rows are in ascending order of UID, or of email id where
// `mailbox` is 0.  A message that is gone or can't be read does not match.
io::Task<base::Result<std::vector<std::size_t>>> decide(Access access, std::shared_ptr<const Filter> filter,
                                                        std::vector<Row> open);

// Hands the stored content of these rows (in the same order as above) to `use`, with its index; rows without are left out.
io::Task<base::Result<>> for_each_content(Access access, const std::vector<Row>& rows,
                                          std::function<void(std::size_t, const StoredContent&)> use,
                                          bool with_ids = false);
// The same with the header caches alone, which are cheaper to read; rows without one that can be read are left out.
io::Task<base::Result<>> for_each_header(Access access, const std::vector<Row>& rows,
                                         std::function<void(std::size_t, const StoredContent&)> use);

}  // namespace postern::query
