// New emails: a message that was parsed on its way in becomes an email of the account.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/incoming.h"
#include "cmd/jmapd/context.h"
#include "jmap/errors.h"

namespace postern::jmapd {

struct NewEmail {
  std::shared_ptr<client::Incoming> message;  // finished
  std::string blob;  // SHA-256 of an existing blob with exactly these bytes; empty: none
  std::vector<std::uint32_t> mailboxes;
  std::vector<std::string> keywords;
  std::int64_t received = 0;  // 0: now
};

struct AddedEmail {
  json::object properties;  // id, blobId, threadId, size
  std::string id;
  std::uint64_t modseq = 0;
};
io::Task<jmap::Set<AddedEmail>> add_email(Context& c, NewEmail email);

// The first error of stored about a mailbox or keyword in the client's words.
jmap::SetError set_error_of(const stored::Error& e);

}  // namespace postern::jmapd
