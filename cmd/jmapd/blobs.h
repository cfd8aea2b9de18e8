// Reading blobs: stored says where they are, worker threads read them.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "cmd/jmapd/shared.h"
#include "jmap/email_view.h"
#include "jmap/part_blob.h"

namespace postern::jmapd {

// Where each of the blobs lies, by place; nothing for one that is not the account's.
using Locations = std::vector<std::optional<blob::Location>>;
io::Task<base::Result<Locations>> locate(Shared& shared, client::Login& login,
                                         std::vector<std::string> hashes);

// Is the reference within its blob?
bool fits(const jmap::BlobRef& ref, const blob::Location& at);
// For one blob; any thread.
jmap::ReadBytes reader_of(std::shared_ptr<blob::Reader> reader, blob::Location at);
// Hands the decoded content over in pieces, on any thread; stops, with its error, when `use` fails.
base::Result<> read_decoded(blob::Reader& reader, const blob::Location& at, const jmap::BlobRef& ref,
                            const std::function<base::Result<>(std::string_view)>& use);

}  // namespace postern::jmapd
