#include "model/names.h"

#include "base/text.h"

namespace postern::model {

bool has_control(std::string_view s) {
  for (std::size_t i = 0; i < s.size(); ++i) {
    auto c = static_cast<unsigned char>(s[i]);
    auto rest = s.substr(i);
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xa0) return true;  // U+0080 to U+009F
    if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) return true;
  }
  return false;
}

const char* mailbox_name_fault(std::string_view c, bool first) {
  if (c.empty()) return "a mailbox name has an empty part";
  if (has_control(c)) return "control character in a mailbox name";
  if (c == "." || c == "..") return "a mailbox name must not contain . or .. as a part";
  // "~user" is a home folder to some clients.
  if (first && c.front() == '~' && (c.size() == 1 || base::is_alpha(c[1])))
    return "a mailbox name must not begin with ~";
  return nullptr;
}

}  // namespace postern::model
