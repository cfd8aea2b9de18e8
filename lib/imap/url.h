// IMAP URLs (RFC 5092) as CATENATE and URLAUTH (RFC 4467) use them: one message or a part of it, absolute or relative to
// the selected mailbox.  Runs in: imapd.  Input: hostile.  Pure, linear.  Limits: kMaxUrl.
// Tests: t/unit/imap_url.cc, t/fuzz/imap_url.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::imap {

// Everything is percent-decoded; what is absent is empty or 0.
struct ImapUrl {
  bool absolute = false;  // "imap://" and a server stand before the path
  std::string user, auth, host;
  std::uint16_t port = 0;

  bool from_root = false;  // the mailbox begins after a '/', else it stands beside the selected one
  std::string mailbox;     // as UTF-8, not yet canonical; empty: the selected one
  std::uint32_t uidvalidity = 0;
  std::uint32_t uid = 0;  // never 0 in what parse_url() gives
  std::string section;    // "1.2.MIME"
  bool partial = false;
  std::uint64_t offset = 0, length = UINT64_MAX;

  // RFC 4467.  Of a URL that parse_url() gives either all or none of access, mechanism and token are there, but for
  // the rump of a URL that has not been signed: access alone.
  std::int64_t expire = 0;  // unix seconds
  enum class Access : std::uint8_t { none, submit, user, authuser, anonymous };
  Access access = Access::none;
  std::string access_user;  // of submit and user
  std::string mechanism;    // lower case
  std::string token;        // bytes
  std::size_t rump_size = 0;  // bytes of the text up to the end of the access identifier
};

// Fault::permanent; `what` says where the text stops being such a URL.
base::Result<ImapUrl> parse_url(std::string_view text);

}  // namespace postern::imap
