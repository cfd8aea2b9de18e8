// What FETCH and UID FETCH ask for.  RFC 9051 6.4.5, RFC 7162 (MODSEQ, CHANGEDSINCE, VANISHED), RFC 8474
// (EMAILID, THREADID), RFC 8514 (SAVEDATE), RFC 8970 (PREVIEW), BINARY as in RFC 9051. Runs in: imapd. Input:
// hostile.  Limits: kMaxFetchItems, kMaxSectionDepth, kMaxHeaderNames. Tests: t/unit/imap_args.cc,
// t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "imap/annotation_args.h"
#include "imap/set.h"

namespace postern::imap {

class Lexer;

struct Section {
  enum class Kind : std::uint8_t { whole, header, header_fields, header_fields_not, text, mime };
  std::vector<std::uint32_t> part;  // empty: the message
  Kind kind = Kind::whole;
  std::vector<std::string> fields;  // of header_fields and header_fields_not
  // As it stands between the brackets of the answer: "1.2.HEADER.FIELDS (From To)".
  std::string text() const;
};

struct FetchItem {
  enum class Kind : std::uint8_t {
    flags,
    uid,
    internaldate,
    size,
    envelope,
    body_basic,
    bodystructure,
    modseq,
    emailid,
    threadid,
    savedate,
    preview,
    annotation,
    body,         // BODY[...], BODY.PEEK[...], RFC822, RFC822.HEADER, RFC822.TEXT
    binary,       // BINARY[...], BINARY.PEEK[...]
    binary_size,  // BINARY.SIZE[...]
  };
  Kind kind = Kind::flags;
  Section section;
  bool partial = false;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  AnnotationQuery annotation;
  std::string label;  // of body, binary, binary_size: what precedes the value, "BODY[1]<0>", "RFC822"
};

// Places in a result, from 1, or from its end when `backwards` (RFC 9394 4).
struct PartialRange {
  bool given = false, backwards = false;
  std::uint32_t lo = 0, hi = 0;
  // The first and the last place among so many, counted from 1: of all where no range was given; the first is above the last
  // when there is none.
  std::pair<std::uint64_t, std::uint64_t> places(std::uint64_t count) const;
};
// " 1:500" or " -1:-100", after the word PARTIAL.
PartialRange parse_partial_range(Lexer& in);

struct FetchArgs {
  SequenceSet set;
  std::vector<FetchItem> items;  // macros expanded, no plain item twice
  bool uid_named = false;        // UID was among the items as the client wrote them
  bool sets_seen = false;        // some item without .PEEK reads a body
  bool changed_since_given = false;
  std::uint64_t changed_since = 0;
  bool vanished = false;  // RFC 7162 3.2.6; only of UID FETCH
  PartialRange range;     // RFC 9394 3.3; only of UID FETCH
  bool wants(FetchItem::Kind kind) const;
};

// After the command's name and its space.  `uid`: UID FETCH (VANISHED and PARTIAL are legal, UID is added to the items).
FetchArgs parse_fetch(Lexer& in, bool uid);
// "(" fetch-att *(SP fetch-att) ")": what to tell of new messages (RFC 5465).  UID is among the items.
FetchArgs parse_fetch_list(Lexer& in);
// section-spec between brackets, the brackets included.
Section parse_section(Lexer& in, bool binary);

}  // namespace postern::imap
