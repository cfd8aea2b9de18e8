// Email/set create: an Email object becomes header, body tree and a list of the blobs that belong into it.
// RFC 8621 4.6.  Runs in: jmapd.  Input: hostile.  Limits: kMaxCreateParts, kMaxCreateDepth, kMaxHeaderValue.
// Tests: t/unit/jmap_create.cc (RELIABILITY J07)
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jmap/email_patch.h"
#include "jmap/part_blob.h"
#include "mime/builder.h"

namespace postern::jmap {

// A part whose content is a blob.  The tree holds a random mark in its place, so that the message can be
// written out piece by piece around bodies that never are in memory as a whole.
struct BlobSlot {
  std::string blob_id;
  BlobRef ref;
  std::string mark;       // the content that stands for it in the tree
  bool verbatim = false;  // message/*: copied as it is, since RFC 2046 forbids base64 there
};

struct EmailDraft {
  std::vector<std::uint32_t> mailboxes;
  std::vector<std::string> keywords;
  std::optional<std::int64_t> received;
  mime::HeaderBuilder header;
  mime::OutPart body;
  std::vector<BlobSlot> blobs;
};

Set<EmailDraft> parse_email_create(const json::object& email, const MailboxNumber& mailbox);

// The built message as pieces: text, and between two texts the blob that stands there.
struct DraftPieces {
  std::vector<std::string> texts;      // one more than blobs
  std::vector<const BlobSlot*> blobs;  // into EmailDraft::blobs
};
base::Result<DraftPieces> build_pieces(const EmailDraft& draft, const mime::BuildOptions& options);

}  // namespace postern::jmap
