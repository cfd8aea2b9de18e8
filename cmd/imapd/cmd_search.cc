// SEARCH and UID SEARCH.  RFC 9051 6.4.4, RFC 4731 (ESEARCH), RFC 5182 (SAVE), RFC 9394 (PARTIAL), RFC 7162
// (MODSEQ), RFC 5267 (UPDATE), RFC 6203 (FUZZY, RELEVANCY).
#include "cmd/imapd/commands.h"
#include "cmd/imapd/contexts.h"
#include "cmd/imapd/search.h"
#include "cmd/imapd/search_answer.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

void answer(Session& s, imap::SearchReturn ret, const Found& found, bool uid, std::uint64_t modseq) {
  FoundList list(uid ? found.uids : seqs_of(s.box->map, found.uids));
  list.scores = found.scores;
  std::string out;
  if (!ret.given && !s.rev2) {
    out = "* SEARCH";
    list.append_words(out);
    if (modseq != 0) append_search_modseq(out, modseq);
  } else if (!ret.given || ret.asks_for_data()) {
    ret.all = ret.all || !ret.given;
    out = esearch_line(s, {.uid = uid}, ret, list, modseq);
  } else {
    return;  // SAVE, CONTEXT or UPDATE alone: no answer
  }
  out += "\r\n";
  s.write(std::move(out));
}

io::Task<Reply> find(Session& s, imap::SearchArgs args, bool uid) {
  auto refused = co_await prepare(s, args);
  if (refused) co_return std::move(*refused);
  if (args.ret.update && Contexts::of(s).has(s.tag)) co_return bad("Tag reuse");
  auto scope = co_await selected_scope(s);
  if (!scope) co_return from_error(scope.error());
  auto bound = co_await bind(s, args.program, *scope);
  if (!bound) co_return from_error(bound.error());
  auto filter = std::move(*bound);
  std::string limited = limit_search(s, *filter, *scope);
  filter = co_await ask_index(s, *scope, filter);
  auto found = co_await find_uids(s, *scope, filter);
  if (!found) co_return from_error(found.error());
  if (args.ret.save) s.box->saved = to_save(args.ret, FoundList(found->uids));
  std::uint64_t modseq = 0;
  if (args.program.any_modseq && !found->uids.empty())
    modseq = told_modseq(args.ret, *scope->view, found->uids.min(), found->uids.max(), found->highest);
  answer(s, args.ret, *found, uid, modseq);
  if (args.ret.update) Contexts::of(s).add_search(s, std::move(args.ret), uid, *scope, filter, std::move(found->uids));
  co_return ok("Searched", std::move(limited));
}

io::Task<Reply> search(Session& s, imap::SearchArgs args, bool uid) {
  bool save = args.ret.save;
  Reply reply = co_await find(s, std::move(args), uid);
  if (save) forget_saved(s, reply);
  co_return reply;
}

}  // namespace

Answer run_search(Session& s, imap::SearchArgs args) {
  return search(s, std::move(args), false);
}
Answer run_uid_search(Session& s, imap::SearchArgs args) {
  return search(s, std::move(args), true);
}

}  // namespace postern::imapd
