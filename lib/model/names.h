// Names that clients give, in whatever protocol: what one of them makes, each of the others can open.
// Runs in: imapd, jmapd, managesieved, stored.  Input: hostile.  Tests: t/unit/model_names.cc, t/unit/model_script.cc
#pragma once
#include <string_view>

namespace postern::model {

// C0, DEL, C1, U+2028 and U+2029, which Net-Unicode excludes (RFC 5198 2).  REQUIRES: valid UTF-8.
bool has_control(std::string_view utf8);

// Why this can't stand between two separators of a mailbox name, or null when it can.  `first`: it begins the name.
// Its length and whether there is a separator in it are looked at elsewhere.  REQUIRES: valid UTF-8.  RFC 9051 5.1.
const char* mailbox_name_fault(std::string_view component, bool first);

}  // namespace postern::model
