// Content-Transfer-Encoding, both ways, over pieces of any size.
// Runs in: every front end.  Input: hostile.  O(1) state; the output is never longer than the input.
// Decoders are tolerant: they skip what does not belong and say so by malformed().  RFC 2045 6.7, 6.8.
// Tests: t/unit/mime_transfer.cc, t/fuzz/mime_transfer.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mime {

enum class Encoding : std::uint8_t { identity, base64, quoted_printable, unknown };
// 7bit, 8bit, binary and nothing are identity.  Case-insensitive.
Encoding encoding_of(std::string_view name);

class TransferDecoder {
 public:
  // Encoding::unknown passes the bytes on and counts as malformed.
  explicit TransferDecoder(Encoding e) : encoding_(e), malformed_(e == Encoding::unknown) {}
  // Appends the decoded bytes to `out`.  The result does not depend on how the input was cut.
  void decode(std::string_view bytes, std::string& out);
  void finish(std::string& out);
  bool malformed() const { return malformed_; }

 private:
  void decode_base64(std::string_view bytes, std::string& out);
  void decode_qp(std::string_view bytes, std::string& out);
  void finish_group(std::string& out);
  void qp_byte(unsigned char c, std::string& out);
  void qp_byte_text(char c, std::string& out);
  void flush_blanks(std::string& out, bool line_end);

  Encoding encoding_;
  bool malformed_ = false;
  bool ended_ = false;     // base64 padding was seen
  std::uint32_t acc_ = 0;  // base64 bits collected
  int bits_ = 0;
  int qp_state_ = 0;
  char qp_first_ = 0;
  std::string blanks_;  // quoted-printable: blanks that vanish if the line ends (at most 1 KB kept)
};

struct Decoded {
  std::string bytes;
  bool malformed = false;
};
Decoded decode_transfer(std::string_view bytes, Encoding e);

// Lines of 76 characters, each with CRLF.
std::string encode_base64_lines(std::string_view bytes);
// Lines of at most 76 characters.  `text`: line ends (CRLF or LF) are kept as CRLF; else they are encoded
// too.
std::string encode_quoted_printable(std::string_view bytes, bool text);
// What suits `bytes`: "7bit", "quoted-printable" or "base64", and "8bit" where allowed and fit.
std::string_view choose_encoding(std::string_view bytes, bool text, bool allow_8bit);

}  // namespace postern::mime
