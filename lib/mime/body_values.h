// What JMAP asks of a message's parts: textBody, htmlBody, attachments, hasAttachment, decoded text.
// Runs in: jmapd, lmtpd, indexer.  Input: hostile.  Pure, iterative.  RFC 8621 4.1.4.
// Tests: t/unit/mime_body_values.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mime/structure.h"

namespace postern::mime {

// Indexes into Structure::parts.  JMAP does not look into message/rfc822: it is a leaf here.
struct BodyLists {
  std::vector<std::int32_t> text_body;
  std::vector<std::int32_t> html_body;
  std::vector<std::int32_t> attachments;
};
BodyLists body_lists(const Structure& s);
// An attachment that a user would call one: not an inline image of the HTML, not a signature.
bool has_attachment(const Structure& s, const BodyLists& lists);
// The part for a preview: the first text part that is no attachment, plain before HTML; Part::kNone when
// none.
std::int32_t preview_part(const Structure& s);

struct PartText {
  std::string text;                  // UTF-8, CRLF made LF
  bool is_truncated = false;         // cut at `max_bytes` of text, never within a character or an HTML tag
  bool is_encoding_problem = false;  // transfer encoding or charset was unknown or malformed
};
// `raw` is the whole body of `part` as it stands in the message.  max_bytes 0 gives an empty, truncated text
// only when there is text.  `part` must be of type text/*.
PartText decode_part_text(const Part& part, std::string_view raw, std::uint64_t max_bytes);

// The decoded size of a body, for JMAP's `size`, from its raw bytes in one pass.
std::uint64_t decoded_size(const Part& part, std::string_view raw);

}  // namespace postern::mime
