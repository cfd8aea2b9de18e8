#include "model/script.h"

#include "base/text.h"

namespace postern::model {

bool valid_script_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxScriptName || !base::is_valid_utf8(name)) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    auto c = static_cast<unsigned char>(name[i]);
    auto rest = name.substr(i);
    if (c < 0x20 || c == 0x7f || c == '/') return false;
    if (c == 0xc2 && static_cast<unsigned char>(rest[1]) < 0xa0) return false;   // U+0080 to U+009F
    if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) return false;
  }
  return name != "." && name != "..";
}

}  // namespace postern::model
