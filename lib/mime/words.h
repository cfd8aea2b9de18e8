// Text in headers: RFC 2047 encoded words and RFC 2231 extended values, both ways.
// Runs in: every front end.  Input: hostile.  Pure, linear, output bounded by kMaxHeaderText.  What comes out
// is valid UTF-8 in which CR, LF, NUL and other controls have become blanks: no new header line.
// Tests: t/unit/mime_words.cc, t/fuzz/mime_words.cc
#pragma once
#include <string>
#include <string_view>

namespace postern::mime {

// An unfolded value with its encoded words decoded.  Adjacent words are joined, also where a character is
// split between words of one charset; blanks between two words vanish.  Unknown charsets, UTF-7 and broken
// words stay as they are.  Raw bytes over 0x7f are taken as UTF-8, else as windows-1252.
std::string decode_words(std::string_view unfolded);

// RFC 8621 4.1.2.2, from a raw value: unfold, decode, leading blanks removed, NFC.
std::string decode_text(std::string_view raw);

// UTF-8 as header text: as it is when plain ASCII that no reader would mistake for an encoded word and every
// word fits a line, else as encoded words (Q or B, whichever is shorter) of at most 75 characters, separated
// by one blank. Controls become blanks.  `phrase` restricts Q to what may stand in a display name.
std::string encode_words(std::string_view utf8, bool phrase = false);

// Does `s` need encode_words()?
bool needs_encoding(std::string_view s);

// charset'language'percent-encoded to UTF-8; a value without the two quotes is taken as percent-encoded
// UTF-8.
std::string decode_extended(std::string_view value);

// `; name="value"`, or `; name*=utf-8''...`, or `; name*0*=...` pieces of at most 70 characters each, every
// piece preceded by ";" and a blank.  `name` must be a token.
std::string encode_param(std::string_view name, std::string_view utf8);

// NFC of valid UTF-8; what is NFC already is copied.
std::string to_nfc(std::string_view utf8);

}  // namespace postern::mime
