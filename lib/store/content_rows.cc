#include "store/content_rows.h"

#include "base/codec.h"
#include "proto/records.pb.h"
#include "store/keys.h"

namespace postern::store {

std::pair<std::string_view, std::string_view> split_content(std::string_view content) {
  constexpr std::uint64_t kHeader = records::Content::kHeaderFieldNumber << 3 | 2;
  constexpr std::uint64_t kComplete = records::Content::kHeaderCompleteFieldNumber << 3;
  base::Reader in(content);
  std::size_t size = 0;
  while (!in.at_end()) {
    std::uint64_t tag = in.varint();
    if (tag == kHeader)
      (void)in.bytes();
    else if (tag == kComplete)
      (void)in.varint();
    else
      break;
    if (!in.ok()) break;
    size = content.size() - in.rest().size();
  }
  return {content.substr(0, size), content.substr(size)};
}

namespace {

bool has_attachment(std::string_view fields) {
  constexpr std::uint64_t kAttachment = records::Content::kHasAttachmentFieldNumber << 3;
  base::Reader in(fields);
  while (in.ok() && !in.at_end()) {
    std::uint64_t tag = in.varint();
    if ((tag & 7) == 2)
      (void)in.bytes();
    else if ((tag & 7) != 0)
      return false;  // no field of Content has another wire type
    else if (std::uint64_t value = in.varint(); tag == kAttachment)
      return in.ok() && value != 0;
  }
  return false;
}

}  // namespace

std::string header_row(std::string_view content) {
  auto [header, rest] = split_content(content);
  std::string out(header);
  if (!header.empty() && has_attachment(rest)) {
    base::put_varint(out, records::Content::kHasAttachmentFieldNumber << 3);
    base::put_varint(out, 1);
  }
  return out;
}

void put_content(kv::Batch& batch, std::uint64_t email, std::string_view content, std::string_view prefix) {
  std::string with_prefix;
  if (!prefix.empty()) {
    records::Content mine;
    mine.ParseFromArray(content.data(), static_cast<int>(content.size()));
    mine.mutable_header()->insert(0, prefix);
    with_prefix = mine.SerializeAsString();
    content = with_prefix;
  }
  if (std::string header = header_row(content); !header.empty()) batch.put(keys::header(email), header);
  batch.put(keys::content(email), split_content(content).second);
}

void drop_content(kv::Batch& batch, std::uint64_t email) {
  batch.del(keys::header(email));
  batch.del(keys::content(email));
}

base::Result<std::optional<std::string>> read_content(kv::Snapshot& snapshot, std::uint64_t email) {
  auto rest = snapshot.get(keys::content(email));
  if (!rest || !*rest) return rest;
  auto header = snapshot.get(keys::header(email));
  if (!header) return header;
  if (*header) (*rest)->insert(0, **header);
  return rest;
}

}  // namespace postern::store
