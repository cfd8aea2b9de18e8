#include "query/stored_content.h"

#include "base/codec.h"
#include "proto/records.pb.h"

namespace postern::query {

namespace {

using Record = records::Content;
enum WireType : std::uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void take_number(StoredContent& out, std::uint64_t field, std::uint64_t value) {
  if (field == Record::kHeaderCompleteFieldNumber) out.header_complete = value != 0;
  if (field == Record::kHeaderSizeFieldNumber) out.header_size = value;
  if (field == Record::kHasAttachmentFieldNumber) out.has_attachment = value != 0;
}

void take_bytes(StoredContent& out, std::uint64_t field, std::string_view value) {
  if (field == Record::kHeaderFieldNumber) out.header = value;
  if (field == Record::kSubjectFieldNumber) out.subject = value;
  if (field == Record::kMessageIdFieldNumber) out.message_id.push_back(value);
  if (field == Record::kInReplyToFieldNumber) out.in_reply_to.push_back(value);
  if (field == Record::kReferencesFieldNumber) out.references.push_back(value);
}

}  // namespace

Content StoredContent::content() const {
  Content c;
  if (!good) return c;
  c.has_attachment = has_attachment;
  if (!header_complete) return c;
  c.header_kind = Content::Header::cached;
  c.header = header;
  return c;
}

StoredContent read_stored_content(std::string_view bytes, bool with_ids) {
  StoredContent out;
  base::Reader in(bytes);
  while (in.ok() && !in.at_end()) {
    std::uint64_t tag = in.varint();
    // Fields stand in the order of their numbers.
    if (!with_ids && tag >> 3 > Record::kSubjectFieldNumber) break;
    switch (tag & 7) {
      case kVarint:
        take_number(out, tag >> 3, in.varint());
        break;
      case kBytes:
        take_bytes(out, tag >> 3, in.bytes());
        break;
      case kFixed64:
        in.take(8);
        break;
      case kFixed32:
        in.take(4);
        break;
      default:
        return {};
    }
  }
  if (!in.ok()) return {};
  out.good = true;
  return out;
}

}  // namespace postern::query
