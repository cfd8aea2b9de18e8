#include "imap/mailbox_name.h"

#include "base/text.h"
#include "imap/limits.h"
#include "imap/utf7.h"
#include "mime/words.h"
#include "model/names.h"

namespace postern::imap {

using base::Fault;

base::Result<std::string> parse_mailbox_name(std::string_view wire, bool utf8, bool may_end_in_separator) {
  if (wire.size() > kMaxMailboxName * 3) return base::fail(Fault::limit, "mailbox name too long");
  std::string name;
  if (utf8) {
    if (!base::is_valid_utf8(wire)) return base::fail(Fault::permanent, "mailbox name is not UTF-8");
    name = mime::to_nfc(wire);
  } else {
    auto decoded = utf7_to_utf8(wire);
    if (!decoded) return base::fail(Fault::permanent, "mailbox name is not modified UTF-7");
    name = mime::to_nfc(*decoded);
  }
  if (may_end_in_separator && name.size() > 1 && name.back() == '/') name.pop_back();
  if (name.empty()) return base::fail(Fault::permanent, "empty mailbox name");
  if (name.size() > kMaxMailboxName) return base::fail(Fault::limit, "mailbox name too long");
  auto parts = base::split(name, '/');
  if (parts.size() > kMaxMailboxLevels) return base::fail(Fault::limit, "mailbox name has too many levels");
  for (const auto& part : parts) {
    if (part.size() > kMaxMailboxComponent)
      return base::fail(Fault::permanent, "a part of the mailbox name is too long");
    if (const char* why = model::mailbox_name_fault(part, &part == &parts[0]))
      return base::fail(Fault::permanent, why);
  }
  if (base::iequals(parts[0], "INBOX")) name.replace(0, 5, "INBOX");
  return name;
}

std::string mailbox_name_to_wire(std::string_view name, bool utf8) {
  return utf8 ? std::string(name) : utf8_to_utf7(name);
}

}  // namespace postern::imap
