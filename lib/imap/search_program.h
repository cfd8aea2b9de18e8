// A SEARCH command as a tree.  RFC 9051 6.4.4, RFC 3501, RFC 7162 (MODSEQ), RFC 8474 (EMAILID, THREADID), RFC
// 5032 (OLDER, YOUNGER), RFC 8514 (SAVED...), RFC 5182 (SAVE, $), RFC 9394 (PARTIAL). Runs in: imapd.  Input:
// hostile.  The parser recurses kMaxSearchDepth deep at most; the nodes stand in one vector. Tests:
// t/unit/imap_search.cc, t/fuzz/imap_command.cc
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "imap/set.h"

namespace postern::imap {

class Lexer;

struct SearchKey {
  enum class Op : std::uint8_t {
    and_,  // all children; without children: everything
    or_,   // any child
    not_,  // one child
    seqs,  // `set` of message numbers
    uids,  // `set` of UIDs
    flag,  // `text` is "\Seen" or a keyword; `negated`
    recent,
    before,
    on,
    since,  // INTERNALDATE; `number` = days since 1970
    sent_before,
    sent_on,
    sent_since,  // Date header
    saved_before,
    saved_on,
    saved_since,
    older,
    younger,  // `number` = seconds
    larger,
    smaller,  // `number` = bytes
    modseq,   // `number` or above
    emailid,
    threadid,  // `text`
    header,    // field `name` contains `text`; empty text: the field is there
    address,   // FROM, TO, CC, BCC: `name` is the field
    subject,
    body,  // the text of the body
    text,  // header or body
  };
  Op op = Op::and_;
  bool negated = false;
  std::int64_t number = 0;
  std::string name;  // header field, lower case
  std::string text;  // needle in UTF-8, case-folded (see fold())
  SequenceSet set;
  std::int32_t first_child = -1;
  std::int32_t next_sibling = -1;
};

struct SearchProgram {
  std::vector<SearchKey> keys;  // keys[root] is the root
  std::int32_t root = -1;
  bool any_modseq = false;    // MODSEQ was used: the answer carries the highest modseq
  bool uses_numbers = false;  // message numbers occur
  bool uses_header = false;
  bool uses_body = false;
  bool uses_saved_result = false;
};

struct SearchArgs {
  bool extended = false;  // RETURN was given: ESEARCH is the answer
  bool min = false, max = false, all = false, count = false, save = false;
  // RFC 9394: the part of the answer that is asked for, counted from the end when `partial_backwards`.
  bool partial = false, partial_backwards = false;
  std::uint32_t partial_lo = 0, partial_hi = 0;
  bool bad_charset = false;  // answer NO [BADCHARSET]; the program is then incomplete
  SearchProgram program;
};

SearchArgs parse_search(Lexer& in);
// Unicode case folding of UTF-8 (what comparisons without case use); ASCII takes a short way.
std::string fold(std::string_view utf8);

}  // namespace postern::imap
