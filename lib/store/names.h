// What a mailbox may be called.  Runs in: stored.  Input: hostile.  Tests: t/unit/store_verbs.cc
#pragma once
#include <string_view>

#include "base/result.h"

namespace postern::store {

// One component: 1 to kMaxNameBytes of valid UTF-8 without '/' and control characters.  INVALID, LIMIT.
base::Result<> check_name(std::string_view name);
// A JMAP role: letters in lower case, or empty.  INVALID.
base::Result<> check_role(std::string_view role);

}  // namespace postern::store
