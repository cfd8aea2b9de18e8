// LANGUAGE.  RFC 5255 3.2.
#include "cmd/imapd/commands.h"

namespace postern::imapd {

Answer run_language(Session& s, imap::WordsArgs args) {
  if (args.words.empty()) {
    s.write("* LANGUAGE (" + std::string(kLanguages) + ")\r\n");
    co_return ok("Done");
  }
  for (const std::string& range : args.words) {
    auto language = match_language(range);
    if (!language) continue;
    s.language = *language;
    s.utf8_text = true;
    s.write("* LANGUAGE (" + std::string(language_tag(*language)) + ")\r\n");
    co_return ok("Done");
  }
  co_return no("That language is not supported");
}

}  // namespace postern::imapd
