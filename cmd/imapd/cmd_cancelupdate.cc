// CANCELUPDATE.  RFC 5267 4.3.5.
#include "cmd/imapd/commands.h"
#include "cmd/imapd/contexts.h"

namespace postern::imapd {

Answer run_cancelupdate(Session& s, imap::TagArgs args) {
  bool all = true;
  for (const std::string& tag : args.tags) all = Contexts::of(s).cancel(tag) && all;
  co_return all ? ok("No further updates") : bad("No updates under that tag");
}

}  // namespace postern::imapd
