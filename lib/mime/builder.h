// Builds messages: JMAP Email/set, submissions, tests.
// Runs in: jmapd, postern.  Input: header names and values from a client (hostile, refused with a reason when
// they would break the message), bodies of any bytes.  Output is CRLF throughout, lines of at most 998 bytes,
// folded at 78.  RFC 5322, 2045-2047, 2231.
// Tests: t/unit/mime_builder.cc
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mime/address.h"
#include "mime/date.h"

namespace postern::mime {

// One address for the builder, and a run of them, a group or not.
struct OutAddress {
  std::string name;   // UTF-8
  std::string email;  // local@domain; ASCII or UTF-8
};
struct OutGroup {
  std::string name;  // empty: the addresses stand outside of any group
  bool is_group = false;
  std::vector<OutAddress> addresses;
};

// A header block under construction.  Every add_ refuses (permanent, code "INVALID_HEADER") a name that is
// not printable ASCII without colon, and values with NUL or a line end that is no fold.
class HeaderBuilder {
 public:
  base::Result<> add_raw(std::string_view name, std::string_view raw);    // written as it is after "Name:"
  base::Result<> add_text(std::string_view name, std::string_view utf8);  // encoded and folded
  base::Result<> add_addresses(std::string_view name, const std::vector<OutAddress>& list);
  base::Result<> add_groups(std::string_view name, const std::vector<OutGroup>& list);
  base::Result<> add_message_ids(std::string_view name,
                                 const std::vector<std::string>& ids);  // without brackets
  base::Result<> add_date(std::string_view name, const DateTime& t);
  base::Result<> add_urls(std::string_view name, const std::vector<std::string>& urls);  // <url>, <url>
  bool has(std::string_view name) const;
  const std::string& block() const { return block_; }  // without the empty line

 private:
  std::string block_;
};

// A node of the body.  A multipart has `children`; everything else has `content`.
struct OutPart {
  HeaderBuilder extra;      // more fields of this part; must hold no Content-Transfer-Encoding
  std::string type;         // "text/plain"; empty: text/plain for a leaf, multipart/mixed with children
  std::string charset;      // of text: content is already in it; empty means utf-8
  std::string disposition;  // "attachment", "inline" or empty
  std::string filename;     // UTF-8
  std::string cid;          // without angle brackets
  std::vector<std::string> language;
  std::string location;
  std::string content;  // decoded bytes; text with LF or CRLF line ends
  std::vector<OutPart> children;
};

// The whole message.  Message-ID, Date and MIME-Version are added where `header` lacks them: `message_id`
// (without brackets) and `now`.  Fails past kMaxBuiltParts or kMaxBuiltDepth (limit) and on bad types or
// values (permanent).
struct BuildOptions {
  std::string message_id;
  DateTime now;
  bool allow_8bit = false;
};
base::Result<std::string> build_message(const HeaderBuilder& header, const OutPart& body,
                                        const BuildOptions& options);

// A line folded with CRLF at blanks so that no line passes 78 where a blank allows it.  `first` columns are
// taken already.
std::string fold(std::string_view value, std::size_t first);

// Fit as a header name: 1-76 bytes, printable ASCII, no colon, no blank.
bool valid_field_name(std::string_view name);
// Fit as a raw value: no NUL, every line end is CRLF and followed by a blank, then by something.
bool valid_raw_value(std::string_view raw);

}  // namespace postern::mime
