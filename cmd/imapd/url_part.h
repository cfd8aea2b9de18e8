// The message or part that an IMAP URL names (RFC 4469, RFC 5092): in the account that the session is logged in to, or
// whose ever it is where the URL says itself that the session may read it (RFC 4467).
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "cmd/imapd/fetch_body.h"
#include "imap/url.h"

namespace postern::imapd {

// RFC 4467 2.4.1, as it stands in URLs that are made here.
inline constexpr std::string_view kInternalMechanism = "internal";

struct UrlPart {
  MessageSource message;
  imap::FetchItem item;
  Slice slice;  // clipped to the URL's PARTIAL; not read yet, or text
};

// Of a URL as the client wrote it, relative to the selected mailbox.  The error's `what` is fit for NO [BADURL].
io::Task<base::Result<UrlPart>> find_url_part(Session& s, std::string text);
// Of a signed URL, for URLFETCH; `kind`: body or binary.  Any error: it is not to be had by this session.
io::Task<base::Result<UrlPart>> find_signed_part(Session& s, std::string text, imap::FetchItem::Kind kind);
// The account of this name: the session's own, another one, or 0.
io::Task<std::uint64_t> account_named(Session& s, std::string name);
// The URL names this server.
bool names_this_server(const Session& s, const imap::ImapUrl& url);
// The part that `url`'s section and PARTIAL name, of a message that was found.
base::Result<UrlPart> part_of(stored::EmailData& data, const imap::ImapUrl& url,
                              imap::FetchItem::Kind kind = imap::FetchItem::Kind::body);
// Gives the part's bytes to `take`, piece by piece.
io::Task<base::Result<>> read_url_part(Session& s, UrlPart& part,
                                       std::function<base::Result<>(std::string_view)> take);
// "BADURL /a/;UID=1", legal whatever the client wrote.
std::string bad_url_code(std::string_view text);

}  // namespace postern::imapd
