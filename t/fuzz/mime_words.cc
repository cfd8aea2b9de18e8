#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/subject.h"
#include "mime/words.h"

namespace {

using namespace postern;
using namespace postern::mime;

void require(bool ok) {
  if (!ok) std::abort();
}

void check_text(const std::string& s) {
  require(base::is_valid_utf8(s));
  require(s.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view s(reinterpret_cast<const char*>(data), size);
  std::string text = decode_text(s);
  check_text(text);
  check_text(decode_words(s));
  check_text(decode_extended(s));
  std::string base = base_subject(text).text;
  require(base.size() <= text.size() && base::is_valid_utf8(base));
  for (const auto& p : parse_params(s).params) check_text(p.value);
  // Encoding and decoding is the identity on clean text.
  std::string clean = make_valid_utf8(s.substr(0, 4096));
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  for (bool phrase : {false, true}) {
    std::string encoded = encode_words(clean, phrase);
    require(encoded.find_first_of("\r\n") == std::string::npos);
    require(decode_words(encoded) == clean);
  }
  if (!clean.empty()) {
    auto field = parse_params("attachment" + encode_param("filename", clean));
    require(field.truncated || clean.size() > 2000 || field.param("filename") == clean);
  }
  // A charset name and bytes in it.
  auto split = s.find('\n');
  if (split != std::string_view::npos) {
    auto name = s.substr(0, split), bytes = s.substr(split + 1);
    require(base::is_valid_utf8(to_utf8(bytes, name).text));
    CharsetDecoder decoder(name);
    std::string out;
    for (char c : bytes) decoder.decode({&c, 1}, out, false);
    decoder.decode({}, out, true);
    require(base::is_valid_utf8(out));
  }
  return 0;
}
