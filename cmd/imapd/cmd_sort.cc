// SORT and UID SORT.  RFC 5256, RFC 5957 (DISPLAYFROM, DISPLAYTO), RFC 5267 (RETURN, UPDATE), RFC 6203 (RELEVANCY).
#include <algorithm>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/contexts.h"
#include "cmd/imapd/search.h"
#include "cmd/imapd/search_answer.h"

namespace postern::imapd {

namespace {

void answer(Session& s, const imap::SearchReturn& ret, std::vector<std::uint32_t> uids, bool uid,
            std::uint64_t modseq, std::vector<std::uint32_t> scores) {
  if (ret.given && !ret.asks_for_data()) return;
  if (!uid)
    for (std::uint32_t& n : uids) n = s.box->map.seq_of(n);
  FoundList list(std::move(uids));
  list.scores = std::move(scores);
  std::string out = "* SORT";
  if (ret.given) {
    out = esearch_line(s, {.uid = uid}, ret, list, modseq);
  } else {
    list.append_words(out);
    if (modseq != 0) append_search_modseq(out, modseq);
  }
  out += "\r\n";
  s.write(std::move(out));
}

// In the order of the sorted UIDs.  `rows` are in ascending order of UID.
std::vector<std::uint32_t> sorted_scores(const query::Filter& filter, const std::vector<query::Row>& rows,
                                         const std::vector<std::uint32_t>& sorted) {
  std::vector<query::Row> in_order;
  if (!filter.uses_fuzzy()) return {};
  for (std::uint32_t uid : sorted) in_order.push_back(*std::ranges::lower_bound(rows, uid, {}, &query::Row::uid));
  return scores_of(filter, in_order);
}

io::Task<Reply> find(Session& s, imap::SortArgs args, bool uid) {
  imap::SearchReturn& ret = args.search.ret;
  auto refused = co_await prepare(s, args.search);
  if (refused) co_return std::move(*refused);
  if (ret.update && Contexts::of(s).has(s.tag)) co_return bad("Tag reuse");
  auto scope = co_await selected_scope(s);
  if (!scope) co_return from_error(scope.error());
  auto bound = co_await bind(s, args.search.program, *scope);
  if (!bound) co_return from_error(bound.error());
  auto filter = std::move(*bound);
  std::string limited = limit_search(s, *filter, *scope);
  filter = co_await ask_index(s, *scope, filter);
  auto rows = co_await matching_rows(s, *scope, filter);
  if (!rows) co_return from_error(rows.error());
  std::uint64_t highest = 0;
  for (const query::Row& r : *rows) highest = std::max(highest, r.modseq);
  auto sorted = co_await sort_rows(s, *scope, args.order, *rows, filter);
  if (!sorted) co_return from_error(sorted.error());
  if (ret.save) s.box->saved = to_save(ret, FoundList(*sorted));
  std::uint64_t modseq = 0;
  if (args.search.program.any_modseq && !sorted->empty())
    modseq = told_modseq(ret, *scope->view, sorted->front(), sorted->back(), highest);
  answer(s, ret, *sorted, uid, modseq, sorted_scores(*filter, *rows, *sorted));
  if (ret.update)
    Contexts::of(s).add_sort(s, std::move(ret), uid, *scope, filter, std::move(args.order), std::move(*sorted));
  co_return ok("Sorted", std::move(limited));
}

io::Task<Reply> sort(Session& s, imap::SortArgs args, bool uid) {
  bool save = args.search.ret.save;
  Reply reply = co_await find(s, std::move(args), uid);
  if (save) forget_saved(s, reply);
  co_return reply;
}

}  // namespace

Answer run_sort(Session& s, imap::SortArgs args) {
  return sort(s, std::move(args), false);
}
Answer run_uid_sort(Session& s, imap::SortArgs args) {
  return sort(s, std::move(args), true);
}

}  // namespace postern::imapd
