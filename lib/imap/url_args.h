// RESETKEY, GENURLAUTH and URLFETCH.  RFC 4467, RFC 5524.  As in args.h; the URLs themselves are for parse_url().
// Runs in: imapd.  Input: hostile.  Limits: kMaxUrls.  Tests: t/unit/imap_url.cc, t/fuzz/imap_command.cc
#pragma once
#include <string>
#include <vector>

#include "imap/lexer.h"

namespace postern::imap {

struct ResetKeyArgs {
  bool mailbox_given = false;
  std::string mailbox;                  // as written
  std::vector<std::string> mechanisms;  // lower case
};
// What follows the command's name from its end on.
ResetKeyArgs parse_resetkey(Lexer& in);

struct GenUrlAuthArgs {
  struct One {
    std::string url, mechanism;  // the latter in lower case
  };
  std::vector<One> urls;
};
GenUrlAuthArgs parse_genurlauth(Lexer& in);

struct UrlFetchArgs {
  struct One {
    std::string url;
    bool structure = false, body = false, binary = false;  // none: the plain form is answered
    bool extended() const { return structure || body || binary; }
  };
  std::vector<One> urls;
};
// BODY beside BINARY and an item twice are errors; items that are not known are passed over (RFC 5524 5).
UrlFetchArgs parse_urlfetch(Lexer& in);

}  // namespace postern::imap
