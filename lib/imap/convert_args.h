// What CONVERT, UID CONVERT and CONVERSIONS ask for.  RFC 5259.
// Runs in: imapd.  Input: hostile.  Limits: kMaxFetchItems, kMaxConvertParams.
// Tests: t/unit/imap_convert_args.cc, t/fuzz/imap_command.cc
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "imap/fetch.h"

namespace postern::imap {

struct ConvertItem {
  enum class Kind : std::uint8_t { structure, binary, binary_size, header, available };
  Kind kind = Kind::binary;
  Section section;
  bool partial = false;
  std::uint64_t offset = 0, length = 0;
  std::string label;  // "BINARY[1]<0>"
};

struct ConvertArgs {
  SequenceSet set;
  std::string type;  // "text/plain"; empty: the server chooses
  std::vector<std::pair<std::string, std::string>> params;  // names in lower case
  std::vector<ConvertItem> items;  // BODYPARTSTRUCTURE before the others
};
ConvertArgs parse_convert(Lexer& in);

struct ConversionsArgs {
  std::string from, to;  // "*", "text/*" or "text/plain", lower case
};
ConversionsArgs parse_conversions(Lexer& in);

}  // namespace postern::imap
