// What an Email/get or Email/parse call asks of each email, compiled once a call.  RFC 8621 4.2, 4.9.
// Runs in: jmapd.  Input: hostile.  Tests: t/unit/jmap_email.cc
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "jmap/args.h"
#include "jmap/header_property.h"

namespace postern::jmap {

enum class EmailField {
  id,
  blob_id,
  thread_id,
  mailbox_ids,
  keywords,
  size,
  received_at,
  has_attachment,
  preview,
  headers,
  header,
  body_structure,
  body_values,
  text_body,
  html_body,
  attachments,
};
enum class PartField {
  part_id,
  blob_id,
  size,
  headers,
  header,
  name,
  type,
  charset,
  disposition,
  cid,
  language,
  location,
  sub_parts,
};

struct EmailProperty {
  EmailField field = EmailField::id;
  std::string name;       // the member's name in the answer
  HeaderProperty header;  // with EmailField::header
};
struct PartProperty {
  PartField field = PartField::part_id;
  std::string name;
  HeaderProperty header;
};

struct EmailFields {
  std::vector<EmailProperty> properties;
  std::vector<PartProperty> parts;
  bool fetch_text = false, fetch_html = false, fetch_all = false;
  std::uint64_t max_value = 0;  // bytes of one body value; never 0, never over kMaxBodyValue

  // Derived.
  bool content = false;       // the immutable part is needed
  bool structure = false;     // the MIME tree is needed
  bool whole_header = false;  // a field that the header cache does not have
  bool part_sizes = false;
  bool part_headers = false;
  bool body_values = false;
  // Bytes of the message itself may be needed.
  bool bytes() const { return content && (structure || whole_header || !header_names.empty()); }
  std::vector<std::string> header_names;  // fields that are read from the header cache when that is complete
};

enum class EmailDefaults { get, parse };
// Reads `properties`, `bodyProperties`, `fetch...BodyValues` and `maxBodyValueBytes`.
Method<EmailFields> read_email_fields(Args& args, EmailDefaults defaults);

}  // namespace postern::jmap
