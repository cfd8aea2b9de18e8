// An email as JMAP shows it: from stored's records, with bytes of the message read only where the asked
// properties need them.  RFC 8621 4.1.
//   EmailView v(...);  if (v.needs_bytes()) load on a worker thread;  v.render(...)
// Runs in: jmapd.  Input: records made from hostile mail.  Memory: the values that were asked for, within a
// budget. Tests: t/unit/jmap_email.cc
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jmap/email_fields.h"
#include "jmap/part_blob.h"
#include "mime/body_values.h"
#include "mime/structure.h"

namespace postern::records {
class Email;
class Content;
}  // namespace postern::records

namespace postern::jmap {

// Where the message's bytes are: in the blob `hash`, from `begin` on (after what delivery put before the
// message).
struct MessageBytes {
  std::string hash;
  std::uint64_t begin = 0;
  std::uint64_t prefix = 0;  // bytes before `begin` that belong to the email's header
  BlobRef self;              // the email's own blob id
};

// Reads [begin, begin + length) of the blob, cut to its end.
using ReadBytes = std::function<base::Result<std::string>(std::uint64_t begin, std::uint64_t length)>;

class EmailView {
 public:
  // Of stored's records; all must outlive this.  `keywords` is the account's table.
  EmailView(const EmailFields& fields, std::uint64_t account, const std::vector<std::string>& keywords,
            const records::Email& email, const records::Content& content);
  // Of a parsed blob (Email/parse): there is no id, mailbox or keyword.
  EmailView(const EmailFields& fields, MessageBytes bytes, const records::Content& content,
            std::uint64_t size);

  // Not shown: destroyed, or \Deleted in every mailbox.
  bool visible() const;
  bool needs_bytes() const { return needs_header_ || needs_body_; }
  // Reads what is needed, on any thread.  `budget` shrinks by what is kept; Fault::limit when it does not
  // suffice.
  base::Result<> load(const ReadBytes& read, std::size_t& budget);
  // REQUIRES: load() has succeeded where needs_bytes().
  json::object render(json::storage_ptr sp) const;

 private:
  void prepare();
  void want_values();
  void want_parts();
  base::Result<> load_size(std::int32_t part, const ReadBytes& read);
  base::Result<> load_value(std::int32_t part, const ReadBytes& read, std::size_t& budget);
  std::string_view header_block() const;
  json::value value(const EmailProperty& p, const mime::HeaderFields& header,
                    const json::storage_ptr& sp) const;
  json::value part_value(const PartProperty& p, std::int32_t index, bool tree,
                         const json::storage_ptr& sp) const;
  json::object part(std::int32_t index, bool tree, const json::storage_ptr& sp) const;
  json::array part_list(const std::vector<std::int32_t>& list, const json::storage_ptr& sp) const;
  json::object body_values(const json::storage_ptr& sp) const;
  bool in_tree(std::int32_t index) const;

  const EmailFields& fields_;
  std::uint64_t account_ = 0;
  const std::vector<std::string>* keywords_ = nullptr;
  const records::Email* email_ = nullptr;  // null for a parsed blob
  const records::Content& content_;
  MessageBytes bytes_;
  std::uint64_t size_ = 0;
  mime::Structure structure_;
  mime::BodyLists lists_;
  bool needs_header_ = false, needs_body_ = false;
  std::string header_;  // the whole header, where it was needed
  std::vector<std::int32_t> want_values_, want_sizes_, want_headers_;
  std::map<std::int32_t, mime::PartText> values_;
  std::map<std::int32_t, std::uint64_t> sizes_;
  std::map<std::int32_t, std::string> part_headers_;
};

}  // namespace postern::jmap
