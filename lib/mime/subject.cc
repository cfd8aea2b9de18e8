#include "mime/subject.h"

#include "base/text.h"

namespace postern::mime {
namespace {

// RFC 5256 5: subj-blob = "[" *BLOBCHAR "]" *WSP.  The length of one at the front of `s`, or 0.
std::size_t blob_length(std::string_view s) {
  if (s.empty() || s[0] != '[') return 0;
  auto end = s.find_first_of("[]", 1);
  if (end == std::string_view::npos || s[end] != ']') return 0;
  ++end;
  while (end < s.size() && s[end] == ' ') ++end;
  return end;
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":".  The length of one at the front of `s`, or 0.
std::size_t refwd_length(std::string_view s) {
  std::size_t n = base::istarts_with(s, "fwd")                                 ? 3
                  : base::istarts_with(s, "fw") || base::istarts_with(s, "re") ? 2
                                                                               : 0;
  if (n == 0) return 0;
  while (n < s.size() && s[n] == ' ') ++n;
  n += blob_length(s.substr(n));
  return n < s.size() && s[n] == ':' ? n + 1 : 0;
}

std::string_view skip_blanks(std::string_view s) {
  while (!s.empty() && s[0] == ' ') s.remove_prefix(1);
  return s;
}

// The trailer of step 2: "(fwd)" and blanks.
bool take_trailer(std::string_view& s) {
  bool taken = false;
  for (;;) {
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    if (s.size() < 5 || !base::iequals(s.substr(s.size() - 5), "(fwd)")) return taken;
    s.remove_suffix(5);
    taken = true;
  }
}

// Length of subj-leader at the front: (*subj-blob subj-refwd) / WSP.  `blocked` remembers that the run of
// blobs here is followed by no refwd, so that a subject of a thousand blobs costs one look at each.
std::size_t leader_length(std::string_view s, const char*& blocked_until) {
  if (!s.empty() && s[0] == ' ') return 1;
  if (s.data() < blocked_until) return 0;
  std::size_t n = 0;
  while (std::size_t b = blob_length(s.substr(n))) n += b;
  if (std::size_t r = refwd_length(s.substr(n))) return n + r;
  blocked_until = s.data() + n;
  return 0;
}

// Steps 3 to 5: leaders and blobs at the front.
bool take_front(std::string_view& s) {
  bool reply = false;
  const char* blocked_until = s.data();
  for (;;) {
    if (std::size_t n = leader_length(s, blocked_until)) {
      reply = reply || s[0] != ' ';
      s.remove_prefix(n);
      continue;
    }
    std::size_t n = blob_length(s);
    if (n == 0 || n >= s.size()) return reply;  // a blob goes only while it leaves a subject
    s.remove_prefix(n);
  }
}

}  // namespace

BaseSubject base_subject(std::string_view decoded) {
  // Step 1: runs of blanks become one.
  std::string one;
  one.reserve(decoded.size());
  for (char c : decoded) {
    if (c == '\t' || c == '\r' || c == '\n') c = ' ';
    if (c == ' ' && !one.empty() && one.back() == ' ') continue;
    one += c;
  }
  BaseSubject out;
  std::string_view s = one;
  for (;;) {
    out.is_reply_or_forward |= take_trailer(s);
    out.is_reply_or_forward |= take_front(s);
    // Step 6: subj-fwd = "[fwd:" ... "]"
    if (!base::istarts_with(s, "[fwd:") || !s.ends_with(']')) break;
    s.remove_prefix(5);
    s.remove_suffix(1);
    s = skip_blanks(s);
    out.is_reply_or_forward = true;
  }
  out.text = s;
  return out;
}

}  // namespace postern::mime
