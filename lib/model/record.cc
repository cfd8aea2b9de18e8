#include "model/record.h"

#include "mime/summary.h"
#include "proto/records.pb.h"

namespace postern::model {

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
  for (auto& id : s.message_ids) c.add_message_id(std::move(id));
  for (auto& id : s.in_reply_to) c.add_in_reply_to(std::move(id));
  for (auto& id : s.references) c.add_references(std::move(id));
  c.set_zone_minutes(s.sent_zone);

  EmailRecord out;
  wire.SerializeToString(&out.wire);
  c.SerializeToString(&out.content);
  out.sent = s.has_sent_date ? s.sent_date : 0;
  return out;
}

}  // namespace postern::model
