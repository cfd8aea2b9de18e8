#include "model/script.h"

#include "base/text.h"
#include "model/names.h"

namespace postern::model {

bool valid_script_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxScriptName || !base::is_valid_utf8(name)) return false;
  return !has_control(name) && name.find('/') == std::string_view::npos && name != "." && name != "..";
}

}  // namespace postern::model
