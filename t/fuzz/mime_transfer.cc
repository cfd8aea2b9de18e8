#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mime/transfer.h"

namespace {

using namespace postern::mime;

void require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view s(reinterpret_cast<const char*>(data), size);
  for (Encoding e : {Encoding::base64, Encoding::quoted_printable, Encoding::identity, Encoding::unknown}) {
    Decoded whole = decode_transfer(s, e);
    require(whole.bytes.size() <= s.size());
    for (std::size_t step : {1, 3, 64}) {
      TransferDecoder d(e);
      std::string out;
      for (std::size_t at = 0; at < s.size(); at += step) d.decode(s.substr(at, step), out);
      d.finish(out);
      require(out == whole.bytes && d.malformed() == whole.malformed);
    }
  }
  Decoded back = decode_transfer(encode_base64_lines(s), Encoding::base64);
  require(back.bytes == s && !back.malformed);
  back = decode_transfer(encode_quoted_printable(s, false), Encoding::quoted_printable);
  require(back.bytes == s && !back.malformed);
  choose_encoding(s, true, false);
  return 0;
}
