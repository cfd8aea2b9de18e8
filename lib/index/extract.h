// What of a message is to be found, as texts: decoded header fields, text parts, HTML without markup and with it, names of
// attachments, attached messages.
// Runs in: indexer.  Input: hostile.  Pure; memory: the message, and kMaxText of text.
// Tests: t/unit/index_extract.cc, t/fuzz/index_extract.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "index/fields.h"
#include "index/language.h"

namespace postern::index {

// Whose scan of a message, in place of the index, reads a text as it stands here (query/body_matcher.h, header_match.h).
enum Seen : std::uint8_t {
  kSeenByNobody = 0,
  kSeenInSource = 1,  // IMAP: decoded header fields and text parts, with their markup
  kSeenByReader = 2,  // JMAP: the same without the markup
  kSeenByAll = 3,
};

struct Text {
  Field field;
  std::string text;                 // well-formed UTF-8
  Language language = kNoLanguage;  // as the part's Content-Language says, else the message's
  bool prose = false;               // its words may say what language they are in
  bool alternative = false;         // the same as the text of this field before it, in another form (RFC 2046 5.1.4)
  Seen seen = kSeenByNobody;
};

// A part that a filter command might make text of.
struct Attached {
  std::string type;      // "application/pdf", lower case
  std::string name;      // as the message calls it; may be empty
  std::string encoding;  // Content-Transfer-Encoding
  std::string_view raw;  // its body, a view into the message
};

struct Document {
  std::vector<Text> texts;
  std::vector<Attached> attached;  // at most kMaxAttached
  bool incomplete = false;         // a limit cut something off

  // What the size of an index is measured by: headers and text parts, decoded, HTML as it came.
  std::uint64_t text_bytes = 0;
  // Room for another text; false, and marked incomplete, when kMaxText has been reached.  Longer ones are cut.
  bool add(Text text);

 private:
  std::size_t taken_ = 0;
};

// `cut`: the message goes on behind what is given.
Document extract(std::string_view message, bool cut = false);

}  // namespace postern::index
