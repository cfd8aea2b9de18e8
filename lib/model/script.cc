#include "model/script.h"

#include "base/text.h"
#include "model/names.h"

namespace postern::model {

bool valid_script_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxScriptName || !base::is_valid_utf8(name)) return false;
  if (name.starts_with("\xef\xbb\xbf")) return false;   // RFC 5198 2: U+FEFF
  return !has_control(name) && name.find('/') == std::string_view::npos && name != "." && name != "..";
}

}  // namespace postern::model
