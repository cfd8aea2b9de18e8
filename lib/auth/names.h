// Names of accounts, aliases, groups, lists and domains: one canonical key, or refused.
// Runs in: authd, postern.  Input: hostile, of any length; pure, linear.
// A canonical address is LOCAL@DOMAIN: the local part in NFKC with case folded (so `User`, `USER` and
// full-width twins are one), the domain as lower-case A-labels (UTS 46, non-transitional, STD3 rules).  A
// local part is dot-atom (RFC 5321 4.1.2) and UTF-8 (RFC 6531) less what means something to mail routing,
// wildcards or paths: it has none of % * / ( ) and blanks, and no leading, trailing or double dot.
// `user+detail` is user's, with the detail kept as it was written (NameRules can set another separator, or
// none).
// Tests: t/unit/auth_names.cc, t/fuzz/auth_names.cc
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::auth {

// How names are read.  A separator other than '+' may stand in names itself, so there it parts nothing here:
// the Directory looks for the whole name first, as Postfix does.
struct NameRules {
  std::string default_domain;  // for names without '@'; empty: they are refused
  char separator = '+';        // of subaddresses; NUL = none
};

struct Address {
  std::string local;   // canonical, without detail
  std::string domain;  // canonical
  std::string detail;  // of user+detail, NFC, case kept; empty when there is none
  std::string key() const { return local + "@" + domain; }
};

// A name as people write it.  All errors: Fault::permanent or Fault::limit, code INVALID, with a text that
// may be shown.
base::Result<Address> parse_address(std::string_view text, const NameRules& rules);

// As above for the name of something that is to exist: a detail is refused.
base::Result<std::string> canonical_name(std::string_view text, const NameRules& rules);

base::Result<std::string> canonical_domain(std::string_view text);

}  // namespace postern::auth
