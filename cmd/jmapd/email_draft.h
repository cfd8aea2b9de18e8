// Email/set create: the Email object becomes a message, with the blobs that it names, and that an email.
#pragma once
#include "cmd/jmapd/email_add.h"

namespace postern::jmapd {

io::Task<jmap::Set<AddedEmail>> create_email(Context& c, const json::object& email);

}  // namespace postern::jmapd
