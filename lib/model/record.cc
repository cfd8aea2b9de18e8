#include "model/record.h"

#include <vector>

#include "mime/summary.h"
#include "proto/records.pb.h"

namespace postern::model {

// All ids of one field in a record: threading looks at a few, and the record must fit an IPC message.
inline constexpr std::size_t kMaxIdBytes = 64u << 10;

template <class Add>
static void add_ids(std::vector<std::string>& ids, Add add) {
  std::size_t room = kMaxIdBytes;
  for (auto& id : ids) {
    if (id.size() > room) return;
    room -= id.size();
    add(std::move(id));
  }
}

EmailRecord make_record(mime::Summary&& s) {
  records::Wire wire;
  wire.set_envelope(std::move(s.imap_envelope));
  wire.set_bodystructure(std::move(s.imap_bodystructure));
  wire.set_body(std::move(s.imap_body));

  records::Content c;
  c.set_header(std::move(s.cached_header));
  c.set_header_complete(s.cached_header_complete);
  c.set_header_size(static_cast<std::uint32_t>(s.header_size));
  c.set_structure(std::move(s.structure));
  c.set_preview(std::move(s.preview));
  c.set_has_attachment(s.has_attachment);
  c.set_lines(s.lines);
  c.set_subject(std::move(s.subject));
  add_ids(s.message_ids, [&](std::string id) { c.add_message_id(std::move(id)); });
  add_ids(s.in_reply_to, [&](std::string id) { c.add_in_reply_to(std::move(id)); });
  add_ids(s.references, [&](std::string id) { c.add_references(std::move(id)); });
  c.set_zone_minutes(s.sent_zone);

  EmailRecord out;
  wire.SerializeToString(&out.wire);
  c.SerializeToString(&out.content);
  out.sent = s.has_sent_date ? s.sent_date : 0;
  return out;
}

}  // namespace postern::model
