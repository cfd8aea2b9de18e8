// A summary must not depend on how the message is cut, and its IMAP strings must be well-formed.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "mime/body_values.h"
#include "mime/limits.h"
#include "mime/summary.h"

namespace {

using namespace postern;
using namespace postern::mime;

void require(bool ok) {
  if (!ok) std::abort();
}

// One balanced list of quoted strings, literals, atoms and lists, all bytes used.
bool well_formed(std::string_view s) {
  std::size_t depth = 0, i = 0;
  while (i < s.size()) {
    char c = s[i];
    if (c == '"') {
      for (++i; i < s.size() && s[i] != '"'; ++i) {
        if (s[i] == '\\') ++i;
        if (i < s.size() &&
            (s[i] == '\r' || s[i] == '\n' || s[i] == '\0' || static_cast<unsigned char>(s[i]) > 127))
          return false;
      }
      if (i >= s.size()) return false;
    } else if (c == '{') {
      auto end = s.find("}\r\n", i);
      if (end == std::string_view::npos) return false;
      auto n = base::parse_u64(s.substr(i + 1, end - i - 1));
      if (!n || *n > s.size() - end - 3) return false;
      i = end + 2 + *n;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      if (depth-- == 0) return false;
      if (depth == 0) return i + 1 == s.size();
    } else if (c == '\r' || c == '\n' || c == '\0') {
      return false;
    }
    ++i;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view m(reinterpret_cast<const char*>(data), size);
  Summary whole = summarize(m);
  require(well_formed(whole.imap_envelope) && well_formed(whole.imap_body) &&
          well_formed(whole.imap_bodystructure));
  require(whole.cached_header.size() <= kMaxCachedHeader && whole.subject.size() <= kMaxSubject);
  for (const auto* s : {&whole.subject, &whole.base_subject, &whole.preview, &whole.from.name,
                        &whole.from.email, &whole.from.mailbox})
    require(base::is_valid_utf8(*s));
  for (std::size_t step : {1, 5, 64}) {
    Summarizer cut;
    for (std::size_t at = 0; at < m.size(); at += step) cut.feed(m.substr(at, step));
    Summary s = cut.finish();
    require(s.imap_envelope == whole.imap_envelope && s.imap_bodystructure == whole.imap_bodystructure);
    require(s.preview == whole.preview && s.structure == whole.structure &&
            s.cached_header == whole.cached_header);
  }
  auto tree = parse_structure(whole.structure);
  require(tree.has_value());
  for (const auto& p : tree->parts) {
    if (!p.is_text() || size > 4096) continue;
    auto raw = m.substr(p.body_begin, p.body_size());
    auto text = decode_part_text(p, raw, 100);
    require(base::is_valid_utf8(text.text) && text.text.size() <= 100);
    decoded_size(p, raw);
  }
  return 0;
}
