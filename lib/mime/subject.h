// The base subject of RFC 5256 2.1: SORT, THREAD=ORDEREDSUBJECT and the grouping of threads.
// Runs in: every front end.  Input: hostile.  Pure and linear.
// Tests: t/unit/mime_subject.cc
#pragma once
#include <string>
#include <string_view>

namespace postern::mime {

struct BaseSubject {
  std::string text;                  // UTF-8, not case-folded
  bool is_reply_or_forward = false;  // something was taken off: Re:, Fw:, [Fwd: ...], (fwd)
};
// `decoded` is an unfolded, decoded subject (decode_text).
BaseSubject base_subject(std::string_view decoded);

}  // namespace postern::mime
