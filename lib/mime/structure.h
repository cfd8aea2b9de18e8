// The MIME tree of a message that arrives in pieces of any size: offsets, counts and header values, never
// bodies.
// Runs in: lmtpd, imapd, jmapd, postern.  Input: hostile.  Memory: one header block and the tree, both
// bounded.  The tree does not depend on how the message was cut.  Nothing is an error; limits.h says what is
// left opaque.  RFC 2045, 2046, 9051 6.4.5.
// Tests: t/unit/mime_structure.cc, t/fuzz/mime_structure.cc
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mime/header.h"

namespace postern::mime {

// A node of the tree.  All offsets count from the first byte of the message.
// A multipart that holds no part (no usable boundary, budget reached) is given as text/plain with `opaque`
// set. A message/rfc822 or message/global has one child, the root of the nested message, whose header_begin
// is this part's body_begin; it has none when it is itself encoded (base64, quoted-printable) or past a
// budget.
struct Part {
  static constexpr std::int32_t kNone = -1;

  std::int32_t parent = kNone;  // indexes into Structure::parts; a child always stands after its parent
  std::int32_t first_child = kNone;
  std::int32_t next_sibling = kNone;
  std::uint32_t child_count = 0;
  std::uint32_t number = 1;  // 1 for a first child or the root, 2 for its sibling ...

  std::uint64_t header_begin = 0;
  std::uint64_t body_begin = 0;  // one past the empty line that ends the header: also the header's end
  std::uint64_t body_end = 0;    // without the line end that belongs to the boundary after it
  std::uint64_t lines = 0;       // line feeds in the body

  std::string type = "text";      // lower case; the implied type where Content-Type is missing or malformed
  std::string subtype = "plain";  // lower case
  bool has_type = false;          // a well-formed Content-Type was there
  bool opaque = false;
  std::vector<Param> params;
  std::string disposition;  // lower case; empty when absent
  std::vector<Param> disposition_params;
  std::string encoding = "7bit";  // lower case
  std::string content_id;         // unfolded, with its angle brackets, as are the next ones
  std::string description;        // RFC 2047 words not decoded
  std::string md5;
  std::string location;
  std::vector<std::string> language;

  // Header block of a nested message (its root part only), within kMaxNestedHeaders; not serialised.
  std::string header;

  bool is_multipart() const { return type == "multipart" && first_child != kNone; }
  // message/rfc822 or message/global, parsed or not.
  bool is_message() const { return type == "message" && (subtype == "rfc822" || subtype == "global"); }
  bool is_text() const { return type == "text"; }
  std::uint64_t header_size() const { return body_begin - header_begin; }
  std::uint64_t body_size() const { return body_end - body_begin; }
  // RFC 8621 4.1.4: the charset parameter, "us-ascii" for text without one, empty for everything else.
  std::string_view charset() const;
  // Decoded file name (UTF-8, RFC 2231 and 2047): filename, else name; empty when there is none.  No path is
  // removed.
  std::string filename() const;
  // Content-ID without angle brackets and comments; empty when absent.
  std::string_view cid() const;
};

// What of a part an IMAP section asks for.
enum class SectionKind { whole, header, text, mime };

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::int32_t part =
      0;  // whose Content-Transfer-Encoding rules (BINARY); for header and text the message's root
  std::uint64_t size() const { return end - begin; }
};

struct Structure {
  std::vector<Part>
      parts;  // in the order of their headers; parts[0] is the root and always there after finish()
  std::uint64_t size = 0;   // bytes of the message
  std::uint64_t lines = 0;  // line feeds of the message
  bool truncated = false;   // a budget was hit; the rest is opaque
  std::string
      header;  // the message's own header block with its empty line, at most kMaxHeaderKept; not serialised

  const Part& root() const { return parts.front(); }
  std::vector<std::int32_t> children(std::int32_t part) const;

  // RFC 9051 6.4.5.  `numbers` empty means the message itself: whole, header and text are allowed then, mime
  // is not. header and text of a numbered part need it to be a parsed message.  Nothing when there is no such
  // section.
  std::optional<Range> section(std::span<const std::uint32_t> numbers, SectionKind kind) const;
  // The part a section such as "1.2" names, nothing when there is none or the text is no section.
  std::optional<std::int32_t> find(std::string_view section) const;
  // The section that find() maps to `part`: "1.2"; also JMAP's partId.  The root of a multipart gives "".
  std::string section_of(std::int32_t part) const;
};

// "1.2.3" to numbers; nothing when malformed, 0, or more than kMaxDepth of them.  An empty string gives none.
std::optional<std::vector<std::uint32_t>> parse_section_numbers(std::string_view s);

class StructureParser {
 public:
  StructureParser();
  ~StructureParser();
  StructureParser(StructureParser&&) noexcept;
  StructureParser& operator=(StructureParser&&) noexcept;

  // Consumes all of `chunk` and borrows nothing.
  void feed(std::string_view chunk);
  // Ends the message.  The parser is spent after it.
  Structure finish();

  // Called with pieces of the raw body of one leaf part as they stream by; may be called up to the boundary's
  // line end too late, never too early: the caller cuts at Part::body_size().  `part` is the index.  The
  // piece is borrowed. The root's header is complete when the first piece comes.  Must be set before feed().
  using BodySink = std::function<void(std::int32_t part, std::string_view piece)>;
  // Decides when a leaf's header is complete whether its body goes to the sink.
  using BodyWanted = std::function<bool(std::int32_t part, const Part&)>;
  void capture(BodyWanted wanted, BodySink sink);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Whole message at once.
Structure parse_structure_of(std::string_view message);

// Compact, versioned form for the store: the tree without header texts.  Stored bytes are hostile input too:
// parse_structure() checks version, bounds and that offsets nest, and gives nothing when they do not.
std::string serialize(const Structure& s);
std::optional<Structure> parse_structure(std::string_view bytes);

}  // namespace postern::mime
