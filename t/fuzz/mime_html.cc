#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "mime/html.h"
#include "mime/limits.h"
#include "mime/preview.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  for (std::size_t max : {std::size_t{0}, std::size_t{50}, std::size_t{100'000}}) {
    std::string text = mime::html_to_text(s, max);
    if (text.size() > max || !base::is_valid_utf8(text)) std::abort();
    std::string more = mime::html_to_searchable(s, max);
    if (more.size() > max || !base::is_valid_utf8(more)) std::abort();
  }
  for (bool html : {false, true}) {
    std::string p = mime::make_preview(s, html);
    if (p.size() > mime::kMaxPreview * 4 || !base::is_valid_utf8(p)) std::abort();
    if (p.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) std::abort();
  }
  return 0;
}
