// Cuts the BODY of one part out of a whole message's, as FETCH sends it (RFC 9051 7.5.2) and the store keeps it.
// Runs in: imapd.  Input: what mime::body() once made and the disk gave back: hostile.  Pure, linear.
// Tests: t/unit/imap_body_text.cc
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace postern::imap {

// `part` as in a section: {1, 2} for "1.2"; empty: all of it.  A view into `body`; empty when there is no such part.
std::string_view body_of_part(std::string_view body, std::span<const std::uint32_t> part);
// The message inside of a message/rfc822 part; empty when it is none.
std::string_view body_of_message(std::string_view part);
// Of a part without parts: the same when its transfer encoding has been taken away, and what it has left are so many
// bytes and lines.  Anything else comes back as it is.
std::string without_encoding(std::string_view part, std::uint64_t size, std::uint64_t lines);

}  // namespace postern::imap
