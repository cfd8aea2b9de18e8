// Everything that is kept once for each email when it arrives, in one pass over it.
// Runs in: lmtpd, imapd (APPEND), jmapd (import), postern (import).  Input: hostile.  Memory: the header (1
// MB at most), the tree and 16 KB of text, never a body.
// Tests: t/unit/mime_summary.cc, t/fuzz/mime_summary.cc, t/bench/mime_summary.cc
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mime/structure.h"

namespace postern::mime {

// What of an address field SORT and lists want.
struct FirstAddress {
  std::string name;     // decoded, may be empty
  std::string email;    // local@domain; empty when the field has no mailbox
  std::string mailbox;  // local part, for SORT FROM, TO, CC
  // RFC 5957: the name, else local@domain.
  const std::string& display() const { return name.empty() ? email : name; }
};

struct Summary {
  std::uint64_t size = 0;
  std::uint64_t header_size = 0;
  std::uint64_t lines = 0;
  std::int64_t sent_date = 0;  // unix seconds; 0 when has_sent_date is false
  std::int32_t sent_zone = 0;  // minutes east of UTC
  bool has_sent_date = false;
  std::int64_t received_date = 0;  // of the topmost Received field; 0 when none: what import falls back to
  std::string subject;             // decoded, at most kMaxSubject bytes
  std::string base_subject;        // RFC 5256, not case-folded, at most kMaxSubject bytes
  bool subject_is_reply = false;
  FirstAddress from, to, cc;
  std::vector<std::string> message_ids;  // of Message-ID; normally one
  std::vector<std::string> in_reply_to;
  std::vector<std::string> references;
  std::string imap_envelope;  // ready to send
  std::string imap_body;
  std::string imap_bodystructure;
  std::string preview;  // at most kMaxPreview characters
  bool has_attachment = false;
  std::string cached_header;  // raw fields that cacheable_field() names, in order, at most kMaxCachedHeader
  bool cached_header_complete = true;  // every cacheable field of the message is in it, whole
  std::string structure;               // serialize()d: parse_structure() reads it
};

// May a field of that name be answered from cached_header?  If so and cached_header_complete, a field that is
// not there is not in the message either.  All may but Received, Received-SPF, DKIM-*, DomainKey-Signature,
// ARC-*, Authentication-Results(-Original), Autocrypt, OpenPGP, and X-* other than X-Priority, X-Mailer and
// X-Spam*. Case-insensitive.
bool cacheable_field(std::string_view name);

class Summarizer {
 public:
  Summarizer();
  ~Summarizer();
  Summarizer(Summarizer&&) noexcept;
  Summarizer& operator=(Summarizer&&) noexcept;
  // Consumes all of `chunk` and borrows nothing.
  void feed(std::string_view chunk);
  // Ends the message.  The summarizer is spent after it.
  Summary finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Summary summarize(std::string_view message);

}  // namespace postern::mime
