// Pieces of composed messages.  Part of compose*.cc; not for others.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "mime/builder.h"
#include "mime/charset.h"
#include "mime/message_id.h"
#include "mime/transfer.h"
#include "sieve/compose.h"
#include "sieve/message_view.h"

namespace postern::sieve {

// `s` as valid UTF-8 without controls, at most `max` bytes.
std::string one_line(std::string_view s, std::size_t max = 900);
// A header with Date, Message-ID and what says that a script sends this.
mime::HeaderBuilder begin_header(const Letterhead& head);
// In-Reply-To and References for an answer to `message_id`; nothing when that holds no id.
void add_reply_ids(mime::HeaderBuilder& h, std::string_view message_id, std::string_view references,
                   std::string_view in_reply_to = "");
// Text with its MIME fields; encoded where it must be, and where a line could be taken for a boundary.
std::string text_part(std::string_view text, std::string_view type = "text/plain; charset=utf-8");
// The rest of a message from its MIME-Version on.  `type` with its parameters but the boundary; parts with
// their fields.
std::string multipart(std::string_view type, const Letterhead& head, const std::vector<std::string>& parts);

}  // namespace postern::sieve
