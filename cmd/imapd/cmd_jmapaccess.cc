// GETJMAPACCESS: where the same mail, under the same ids, is to be had over JMAP.  draft-ietf-extra-jmapaccess.
#include "cmd/imapd/commands.h"
#include "imap/writer.h"

namespace postern::imapd {

Answer run_getjmapaccess(Session& s, imap::NoArgs) {
  if (s.shared.settings.jmap_session.empty()) co_return bad("There is no JMAP server here");
  std::string out = "* JMAPACCESS ";
  imap::append_string(out, s.shared.settings.jmap_session);
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

}  // namespace postern::imapd
