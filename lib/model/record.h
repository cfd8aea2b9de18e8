// From a parsed message to what is stored of it once, for ever: the wire strings and the searchable content.
// Runs in: lmtpd, imapd, jmapd, postern, wherever a message enters.  Input: the summary of a hostile message.
#pragma once
#include <cstdint>
#include <string>

namespace postern::mime {
struct Summary;
}
namespace postern::records {
class Wire;
class Content;
}  // namespace postern::records

namespace postern::model {

// Serialised records.Wire and records.Content, as AddEmails carries them.
struct EmailRecord {
  std::string wire;
  std::string content;
  std::int64_t sent = 0;   // Date, unix seconds; 0 when unknown
};

EmailRecord make_record(mime::Summary&& summary);

}  // namespace postern::model
