// HTML reduced to text: tags dropped, entities decoded, script and style left out, blocks on lines of their
// own.
// Runs in: lmtpd, jmapd, indexer.  Input: hostile.  Pure, one pass, no recursion and no tree: 50 MB of
// unclosed tags or 100,000 nested <div> cost what plain text of that size costs.  Output at most `max` bytes.
// Tests: t/unit/mime_html.cc, t/fuzz/mime_html.cc
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace postern::mime {

// `html` is UTF-8 (ill-formed bytes are replaced).  Blanks are collapsed; at most one empty line in a row.
// The result is text, never markup that may be shown as HTML.
std::string html_to_text(std::string_view html, std::size_t max);
// The same for who searches: alt and title, which are shown to a reader, too, stand as text where their elements are (RFC 8621
// 4.4.1).
std::string html_to_searchable(std::string_view html, std::size_t max);

}  // namespace postern::mime
