// The annotation /private/specialuse of one's own mailboxes is their role (RFC 6154 4): told as LIST does, set and checked as
// CREATE's USE is.  Of mailboxes that others share it is an annotation like any other: their roles are their owners'.
#pragma once
#include <string_view>

#include "cmd/imapd/mailboxes.h"
#include "imap/sharing_args.h"
#include "proto/stored.pb.h"

namespace postern::imapd {

inline constexpr std::string_view kSpecialUseEntry = "/private/specialuse";

// Puts the use (special_use()) among what stored has found, where the question wants it, and instead of what stored has for it.
void tell_special_use(std::string_view use, const imap::GetMetadataArgs& args, stored::Metadata& found);
// Gives a mailbox of one's own another role, or none for NIL; NO [USEATTR] where that can't be.
io::Task<Reply> set_special_use(Session& s, std::uint32_t mailbox, imap::EntryValue value);

}  // namespace postern::imapd
