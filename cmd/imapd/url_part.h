// The message or part that an IMAP URL names, in the account that the session is logged in to (RFC 4469, RFC 5092).
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "cmd/imapd/fetch_body.h"
#include "imap/url.h"

namespace postern::imapd {

struct UrlPart {
  MessageSource message;
  imap::FetchItem item;
  Slice slice;  // clipped to the URL's PARTIAL; not read yet, or text
};

// Of a URL as the client wrote it, relative to the selected mailbox.  The error's `what` is fit for NO [BADURL].
io::Task<base::Result<UrlPart>> find_url_part(Session& s, std::string text);
// The part that `url`'s section and PARTIAL name, of a message that was found.
base::Result<UrlPart> part_of(stored::EmailData& data, const imap::ImapUrl& url);
// Gives the part's bytes to `take`, piece by piece.
io::Task<base::Result<>> read_url_part(Session& s, UrlPart& part,
                                       std::function<base::Result<>(std::string_view)> take);
// "BADURL /a/;UID=1", legal whatever the client wrote.
std::string bad_url_code(std::string_view text);

}  // namespace postern::imapd
