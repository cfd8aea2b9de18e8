#include "imap/mailbox_name.h"

#include "base/text.h"
#include "imap/limits.h"
#include "imap/utf7.h"
#include "mime/words.h"

namespace postern::imap {

using base::Fault;

namespace {

// C0, DEL, C1, U+2028 and U+2029 (RFC 9051 5.1 by way of Net-Unicode).
bool has_control(std::string_view s) {
  for (std::size_t i = 0; i < s.size(); ++i) {
    auto c = static_cast<unsigned char>(s[i]);
    if (c < 0x20 || c == 0x7f) return true;
    auto next = i + 1 < s.size() ? static_cast<unsigned char>(s[i + 1]) : 0u;
    if (c == 0xc2 && next < 0xa0) return true;
    auto third = i + 2 < s.size() ? static_cast<unsigned char>(s[i + 2]) : 0u;
    if (c == 0xe2 && next == 0x80 && (third == 0xa8 || third == 0xa9)) return true;
  }
  return false;
}

const char* component_fault(std::string_view c) {
  if (c.empty()) return "a mailbox name has an empty part";
  if (c.size() > kMaxMailboxComponent) return "a part of the mailbox name is too long";
  if (c == "." || c == "..") return "a mailbox name must not contain . or .. as a part";
  return nullptr;
}

}  // namespace

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
  if (has_control(name)) return base::fail(Fault::permanent, "control character in a mailbox name");
  if (name.front() == '~' && (name.size() == 1 || name[1] == '/' || base::is_alpha(name[1])))
    return base::fail(Fault::permanent, "a mailbox name must not begin with ~");
  auto parts = base::split(name, '/');
  if (parts.size() > kMaxMailboxLevels) return base::fail(Fault::limit, "mailbox name has too many levels");
  for (std::string_view p : parts)
    if (const char* why = component_fault(p)) return base::fail(Fault::permanent, why);
  if (base::iequals(parts[0], "INBOX")) name.replace(0, 5, "INBOX");
  return name;
}

std::string mailbox_name_to_wire(std::string_view name, bool utf8) {
  return utf8 ? std::string(name) : utf8_to_utf7(name);
}

}  // namespace postern::imap
