// Any charset that ICU knows, and the names seen in mail, to UTF-8.  The output is always valid UTF-8.
// Runs in: every front end.  Input: hostile.  Converters are cached per thread, a fixed number of them.
// Tests: t/unit/mime_charset.cc
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace postern::mime {

// Is there a converter for `name`?  UTF-7 and its kin, and ICU's compression charsets, are refused on
// purpose.
bool known_charset(std::string_view name);

struct Utf8Text {
  std::string text;
  bool problem = false;  // charset unknown, or bytes that are not of it (replaced by U+FFFD)
};

// `bytes` in `charset` to UTF-8.  An unknown or empty charset: UTF-8 when it is valid as such, else
// windows-1252. us-ascii with bytes over 0x7f is read the same way; iso-8859-1 is read as windows-1252
// (WHATWG).
Utf8Text to_utf8(std::string_view bytes, std::string_view charset);

// `s` with every ill-formed sequence replaced by U+FFFD.
std::string make_valid_utf8(std::string_view s);
// Valid UTF-8 as it is, else read as windows-1252.
std::string utf8_or_1252(std::string_view bytes);
// Longest prefix of valid UTF-8 `s` with at most `max` bytes that does not cut a character.
std::string_view clip_utf8(std::string_view s, std::size_t max);

// The same over pieces: state of stateful charsets and split characters is kept between calls.
class CharsetDecoder {
 public:
  explicit CharsetDecoder(std::string_view charset);
  ~CharsetDecoder();
  CharsetDecoder(CharsetDecoder&&) noexcept;
  CharsetDecoder& operator=(CharsetDecoder&&) noexcept;
  // Appends to `out`.  `last` flushes; a cut character then becomes U+FFFD.
  void decode(std::string_view bytes, std::string& out, bool last);
  bool problem() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::mime
