// The parts of a message that are searchable apart.
#pragma once
#include <cstdint>

namespace postern::index {

enum class Field : std::uint8_t {
  from,
  to,
  cc,
  bcc,
  subject,
  body,        // what a reader sees: text parts, HTML without markup, texts of attached messages
  attachment,  // names of attachments
  header,      // what else is in header blocks: other fields, the names of all fields, the fields of body parts
  source,      // HTML parts with their markup: what IMAP's BODY sees beside `body`
  document,    // what filter commands made of attached documents: no scan sees it, so the index alone decides
};
inline constexpr unsigned kFieldCount = 10;

// A set of fields, one bit each.
using Fields = std::uint16_t;
constexpr Fields bit(Field f) { return static_cast<Fields>(1u << static_cast<unsigned>(f)); }
inline constexpr Fields kAnyHeader = bit(Field::from) | bit(Field::to) | bit(Field::cc) | bit(Field::bcc) |
                                     bit(Field::subject) | bit(Field::header);
// IMAP's BODY and TEXT, where they look for a part of the text as RFC 9051 has it.
inline constexpr Fields kBodySource = bit(Field::body) | bit(Field::source);
inline constexpr Fields kTextSource = kAnyHeader | kBodySource;
// JMAP's `text`, and its `body`, which finds attachments' names and documents too.
inline constexpr Fields kBodyText = bit(Field::body) | bit(Field::attachment) | bit(Field::document);
inline constexpr Fields kReaderText = bit(Field::from) | bit(Field::to) | bit(Field::cc) | bit(Field::bcc) |
                                      bit(Field::subject) | kBodyText;

}  // namespace postern::index
