// Bytes of messages for FETCH: sections, partials and decoded parts, read from segment files on a worker with
// bounded memory.  A large body goes to the client in pieces, each waited for; small ones are read many at a
// time. RFC 9051 6.4.5, 7.5.2.  Stored bytes are hostile input too.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "cmd/imapd/session.h"
#include "imap/fetch.h"
#include "mime/structure.h"
#include "mime/transfer.h"
#include "proto/records.pb.h"

namespace postern::imapd {

// What stored told of one message, parsed as far as its items need it.
struct MessageSource {
  std::uint32_t uid = 0;
  std::uint64_t size = 0;
  std::uint64_t prefix = 0;  // bytes that delivery put before the parsed message
  blob::Location location;
  bool readable = false;  // `location` is good
  std::shared_ptr<void> held;  // keeps its segment: a client may take its time
  bool has_content = false;
  records::Content content;
  std::optional<mime::Structure> structure;
  std::vector<stored::Annotation> annotations;
  std::string wire;  // records.Wire as it is stored: wire_field() reads it
};
// `structure`: the tree is wanted too.
MessageSource make_source(stored::EmailData& data, bool structure);

// One field of a serialised records.Wire: its texts go out as they are, so a copy for parsing would be waste.
std::string_view wire_field(std::string_view wire, int number);

// Where an item's bytes come from.
struct Slice {
  enum class How : std::uint8_t {
    nil,     // there is no such section
    text,    // `bytes` is the value
    range,   // [begin, end) of the stored message
    filter,  // the header in [begin, end), of which some fields are wanted
    decode,  // [begin, end) after its transfer encoding
    unknown_encoding,
  };
  How how = How::nil;
  std::uint64_t begin = 0, end = 0;
  mime::Encoding encoding = mime::Encoding::identity;
  std::string bytes;     // of text; of the others once they have been read
  bool read = false;     // `bytes` is filled
  bool failed = false;   // could not be read
  bool clipped = false;  // the range is that of the partial already
  std::uint64_t size() const { return end - begin; }
};
Slice locate(const MessageSource& m, const imap::FetchItem& item);

// Slices of at most this many bytes are read whole.
inline constexpr std::uint64_t kSmallSlice = 256 * 1024;

struct SliceRead {
  const MessageSource* message;
  const imap::FetchItem* item;
  Slice* slice;
};
// Reads all small slices in one job.  The pointers must stay good until it ends.
io::Task<void> read_small(Session& s, std::vector<SliceRead>& reads);
// Appends "LABEL value" to `out`; large values are sent on the way, together with what `out` held.  False:
// the connection has to end, the value broke off.
io::Task<bool> put_item(Session& s, const MessageSource& m, const imap::FetchItem& item, Slice& slice,
                        std::string& out);

}  // namespace postern::imapd
