// COMPRESS DEFLATE.  RFC 4978.  The client waits for the OK, so that whatever came behind the command was not its own.
#include "base/log.h"
#include "base/text.h"
#include "cmd/imapd/commands.h"

namespace postern::imapd {

Answer run_compress(Session& s, imap::WordsArgs args) {
  if (args.words.size() != 1 || !base::iequals(args.words[0], "DEFLATE")) co_return bad("DEFLATE is the only mechanism");
  if (s.stream().deflating()) co_return no("It is on already", "COMPRESSIONACTIVE");
  s.finish(ok("Done"));
  auto sent = co_await s.stream().flush();
  if (!sent) co_return Reply{Reply::Kind::none, {}, {}};
  if (!s.stream().start_deflate()) {
    base::log(base::Level::info, "compress failed",
              {{"session", s.connection.session.id()}, {"why", "injected input"}});
    s.ending = true;
    s.stream().close();
  }
  co_return Reply{Reply::Kind::none, {}, {}};
}

}  // namespace postern::imapd
