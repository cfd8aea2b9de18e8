// FILTER keys: searches that the user has stored under a name.  RFC 5466.
#include <map>

#include "base/text.h"
#include "cmd/imapd/search.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// The text of a stored filter: the user's own, else the shared one.  Nothing when there is none.
io::Task<std::optional<std::string>> stored_filter(Session& s, std::string name) {
  stored::Request request;
  name = base::to_lower(name);  // as all names of annotations
  std::string own = "/private/filters/values/" + name, shared = "/shared/filters/values/" + name;
  request.mutable_get_metadata()->add_entries(own);
  request.mutable_get_metadata()->add_entries(shared);
  auto reply = co_await s.shared.store.read(*s.self, std::move(request));
  if (!reply) co_return std::nullopt;
  std::optional<std::string> out;
  for (const stored::MetadataEntry& e : reply->metadata().entries())
    if (e.entry() == own || (e.entry() == shared && !out)) out = e.value();
  co_return out;
}

// One that is no complete search is as good as none.
std::optional<imap::SearchProgram> parse(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  imap::Lexer in(*text);
  imap::SearchProgram out = imap::parse_stored_filter(in);
  if (!in.ok()) return std::nullopt;
  return out;
}

}  // namespace

io::Task<std::optional<Reply>> prepare(Session& s, imap::SearchArgs& args) {
  if (args.bad_charset) co_return no("Charset not known", "BADCHARSET (UTF-8 US-ASCII)");
  // RFC 6855 3: the client has said that everything is in UTF-8.
  if (s.utf8 && args.other_charset) co_return bad("Everything is in UTF-8 here");
  imap::SearchProgram& program = args.program;
  if (s.uidonly && program.uses_message_numbers) co_return bad("Message numbers are off", "UIDREQUIRED");
  if (!program.named.empty() && args.other_charset)
    co_return bad("FILTER is in UTF-8", "BADCHARSET (UTF-8 US-ASCII)");
  std::map<std::string, std::optional<imap::SearchProgram>, std::less<>> known;
  for (std::size_t i = 0; i < program.named.size(); ++i) {
    // A copy: the list grows by what is put in.
    imap::SearchProgram::NamedFilter use = program.named[i];
    auto it = known.find(use.name);
    if (it == known.end()) {
      auto text = co_await stored_filter(s, use.name);
      it = known.emplace(use.name, parse(text)).first;
    }
    bool put = it->second && use.depth < imap::kMaxFilterPasses && imap::insert_named(program, i, *it->second);
    if (!put) co_return no("No such filter", "UNDEFINED-FILTER " + use.name);
  }
  if (args.ret.update && !program.annotations.empty()) {
    // What it finds would have to be found anew for each change.
    std::string out = "* NO [NOUPDATE ";
    imap::append_string(out, s.tag);
    s.write(out + "] Searches for annotations are not kept up to date\r\n");
    args.ret.update = false;
  }
  if (program.any_modseq) s.enable_condstore();
  co_return std::nullopt;
}

}  // namespace postern::imapd
