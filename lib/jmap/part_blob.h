// Blob ids.  A whole blob is "b" and its SHA-256 (model::format_blob).  The decoded content of a part of a
// message is "p", the SHA-256 of the message, where the part begins, how long it is, and its transfer
// encoding: the id tells all that is needed to read it, and gives nothing to who may not read the message.
// Runs in: jmapd.  Input: hostile.  Tests: t/unit/jmap_parts.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mime/transfer.h"

namespace postern::jmap {

struct BlobRef {
  std::string hash;  // 32 bytes
  bool is_part = false;
  std::uint64_t begin = 0, size = 0;  // of the part in the blob, undecoded
  mime::Encoding encoding = mime::Encoding::identity;
};

std::string format_blob_ref(const BlobRef& ref);
// Nothing unless `text` is exactly what format_blob_ref gives.
std::optional<BlobRef> parse_blob_ref(std::string_view text);

}  // namespace postern::jmap
