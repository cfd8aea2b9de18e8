// SASLprep, RFC 4013: how user names and passwords are brought to one form before they are hashed or
// compared.
// Runs in: authd, postern.  Input: hostile, bounded by the caller; linear.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::auth {

enum class Prep {
  stored,  // to be kept: unassigned code points are refused
  query,   // to be compared: they are allowed
};

// The prepared form of valid UTF-8, or Fault::permanent (bad UTF-8, prohibited characters, bidi mixed up).
// ASCII without control characters is its own form and costs no call.
base::Result<std::string> saslprep(std::string_view s, Prep kind);

}  // namespace postern::auth
