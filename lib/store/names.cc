#include "store/names.h"

#include <algorithm>

#include "base/text.h"
#include "store/limits.h"

namespace postern::store {

using base::fail;
using base::Fault;

base::Result<> check_name(std::string_view name) {
  if (name.empty()) return fail(Fault::permanent, "empty mailbox name", "INVALID");
  if (name.size() > kMaxNameBytes) return fail(Fault::limit, "mailbox name over 255 bytes", "LIMIT");
  if (!base::is_valid_utf8(name)) return fail(Fault::permanent, "mailbox name is not UTF-8", "INVALID");
  for (std::size_t i = 0; i < name.size(); ++i) {
    auto c = static_cast<unsigned char>(name[i]);
    bool c1 = c == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0;
    if (c < 0x20 || c == 0x7f || c == '/' || c1)
      return fail(Fault::permanent, "mailbox name with '/' or a control character", "INVALID");
  }
  return {};
}

base::Result<> check_role(std::string_view role) {
  if (role.size() > kMaxRoleBytes || !std::ranges::all_of(role, [](char c) { return c >= 'a' && c <= 'z'; }))
    return fail(Fault::permanent, "not a mailbox role", "INVALID");
  return {};
}

}  // namespace postern::store
