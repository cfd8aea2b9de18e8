#include "cmd/imapd/search.h"

#include <algorithm>

#include "base/system.h"
#include "cmd/imapd/annotations.h"
#include "cmd/imapd/uid_batches.h"
#include "query/ask_index.h"
#include "query/key_cache.h"

namespace postern::imapd {

using query::Truth;
using Op = query::Condition::Op;

namespace {

constexpr std::uint64_t kScanBatch = 2000;

imap::UidSet set_of(const query::Spans& spans) {
  std::vector<imap::Run> runs;
  for (const query::Span& s : spans) runs.push_back({s.lo, s.hi});
  return imap::UidSet(std::move(runs));
}

// What conditions at the top leave possible.
imap::UidSet candidates(const Scope& scope, const query::Filter& filter) {
  imap::UidSet uids = scope.uids;
  for (const query::Condition* c : filter.required(Op::uid)) uids = uids.intersect(set_of(c->spans));
  for (const query::Condition* c : filter.required(Op::seq))
    uids = uids.intersect(scope.map.uids_of(set_of(c->spans).intersect(imap::UidSet({{1, scope.map.size()}}))));
  const query::Hints* hints = filter.hints();
  if (!hints || !hints->narrows()) return uids;
  return uids.intersect(scope.view->uids_where(
      [hints](std::uint64_t email, std::uint64_t modseq) { return hints->possible(email, modseq); }));
}

// The rows of a batch: those that match go to `hit`, the undecided ones to `open`.
void scan(const Scope& scope, const query::Filter& filter, const imap::UidSet& uids, std::vector<query::Row>& open,
          const std::function<void(const query::Row&)>& hit) {
  View::Cursor cursor(*scope.view);
  query::Row row;
  for (const imap::Run& run : uids.runs()) {
    for (std::uint64_t u = run.lo; u <= run.hi; ++u) {
      auto uid = static_cast<std::uint32_t>(u);
      if (!cursor.find(uid, row)) continue;
      if (filter.uses(Op::seq)) row.seq = scope.map.seq_of(uid);
      if (filter.uses(Op::recent)) row.recent = scope.recent.contains(uid);
      Truth t = query::evaluate(filter, row, nullptr);
      if (t == Truth::yes) hit(row);
      if (t == Truth::unknown) open.push_back(row);
    }
  }
}

io::Task<bool> breathe(Session& s) {
  return s.breathe();
}

}  // namespace

io::Task<base::Result<Scope>> selected_scope(Session& s) {
  auto view = co_await current_view(s);
  if (!view) co_return base::pass(view);
  Scope out;
  out.mailbox = s.box->id;
  out.login = s.login;
  out.account = s.account;
  out.view = std::move(*view);
  out.map = s.box->map;
  out.uids = s.box->map.all().minus(s.box->expunged);
  if (s.tells_recent()) out.recent = s.box->recent;
  co_return std::move(out);
}

io::Task<base::Result<Scope>> other_scope(Session& s, std::uint32_t mailbox, std::shared_ptr<client::Login> login,
                                          std::shared_ptr<Account> account) {
  bool others = login->account() != s.self->account();
  auto sheet = co_await s.shared.store.sheet(*login, mailbox, others);
  if (!sheet) co_return base::pass(sheet);
  account->learn(0, sheet->keywords);
  Scope out;
  out.mailbox = mailbox;
  out.login = std::move(login);
  out.account = std::move(account);
  for (std::uint32_t uid : sheet->sheet->uid) out.uids.add(uid);
  for (const imap::Run& r : out.uids.runs()) out.map.append_run(r.lo, r.hi);
  out.view = std::make_shared<View>(std::move(*sheet));
  co_return std::move(out);
}

io::Task<base::Result<std::shared_ptr<const query::Filter>>> bind(Session& s, const imap::SearchProgram& program,
                                                                  const Scope& scope) {
  bool selected = s.box && s.account == scope.account && s.box->id == scope.mailbox;
  auto filter = std::make_shared<query::Filter>(
      program.resolve(scope.map.size(), scope.map.last_uid(), selected ? s.box->saved : imap::UidSet()));
  filter->bind({scope.account->id, scope.account->keywords, base::unix_now(), s.collation, s.shared.settings.word_search});
  auto found = co_await find_annotated(s, program, scope, *filter);
  if (!found) co_return base::pass(found);
  co_return std::shared_ptr<const query::Filter>(std::move(filter));
}

io::Task<std::shared_ptr<const query::Filter>> ask_index(Session& s, const Scope& scope,
                                                         std::shared_ptr<const query::Filter> filter) {
  auto newer = [view = scope.view](std::uint64_t modseq) { return view->newer_than(modseq); };
  auto out = co_await query::with_hints(access(s, scope), std::move(filter), newer);
  co_return out;
}

std::vector<std::uint32_t> scores_of(const query::Filter& filter, const std::vector<query::Row>& rows) {
  std::vector<std::uint32_t> out;
  if (!filter.uses_fuzzy()) return out;
  for (const query::Row& r : rows) out.push_back(filter.hints() ? filter.hints()->relevance(r.email) : 100);
  return out;
}

std::string limit_search(const Session& s, const query::Filter& filter, Scope& scope) {
  if (scope.uids.count() <= s.shared.settings.message_limit) return {};
  scope.uids = candidates(scope, filter);
  return s.limit_messages(scope.uids);
}

query::Access access(Session& s, const Scope& scope) {
  query::Access a{s.shared.store, scope.login, s.shared.daemon.loop(), s.shared.search_bodies, scope.mailbox, {}, {}};
  a.pause = [&s] { return breathe(s); };
  a.index = &s.shared.index;
  a.keys = &s.shared.sort_keys;
  a.epoch = scope.account->epoch;
  a.rows = scope.map.size();
  return a;
}

io::Task<base::Result<>> find_rows(Session& s, const Scope& scope, std::shared_ptr<const query::Filter> filter,
                                   std::function<void(const query::Row&)> hit) {
  imap::UidSet uids = candidates(scope, *filter);
  while (!uids.empty()) {
    std::vector<query::Row> open;
    scan(scope, *filter, take_front(uids, kScanBatch), open, hit);
    if (!open.empty()) {
      auto decided = co_await query::decide(access(s, scope), filter, open);
      if (!decided) co_return base::pass(decided);
      for (std::size_t i : *decided) hit(open[i]);
    }
    bool alive = co_await s.breathe();
    if (!alive) break;
  }
  co_return base::Result<>{};
}

io::Task<base::Result<Found>> find_uids(Session& s, const Scope& scope, std::shared_ptr<const query::Filter> filter) {
  std::vector<imap::Run> runs;
  std::vector<query::Row> fuzzy;
  Found out;
  auto hit = [&](const query::Row& row) {
    runs.push_back({row.uid, row.uid});
    out.highest = std::max(out.highest, row.modseq);
    if (filter->uses_fuzzy()) fuzzy.push_back(row);
  };
  auto done = co_await find_rows(s, scope, filter, hit);
  if (!done) co_return base::pass(done);
  out.uids = imap::UidSet(std::move(runs));
  std::ranges::sort(fuzzy, {}, &query::Row::uid);
  out.scores = scores_of(*filter, fuzzy);
  co_return std::move(out);
}

io::Task<base::Result<std::vector<query::Row>>> matching_rows(Session& s, const Scope& scope,
                                                              std::shared_ptr<const query::Filter> filter) {
  std::vector<query::Row> rows;
  auto found = co_await find_rows(s, scope, std::move(filter), [&rows](const query::Row& r) { rows.push_back(r); });
  if (!found) co_return base::pass(found);
  std::ranges::sort(rows, {}, &query::Row::uid);
  co_return std::move(rows);
}

io::Task<base::Result<std::vector<std::uint32_t>>> sort_rows(Session& s, const Scope& scope, query::Order order,
                                                             const std::vector<query::Row>& rows,
                                                             std::shared_ptr<const query::Filter> filter) {
  for (query::Comparator& c : order.by) c.collation = s.collation;
  query::GivenKeys given;
  if (order.uses(query::Comparator::Key::given)) {
    auto keys = co_await annotation_keys(s, scope, order, rows);
    if (!keys) co_return base::pass(keys);
    given = std::move(*keys);
  }
  auto sorted = co_await query::sorted_rows(access(s, scope), order, rows, SIZE_MAX, filter->hints(), given);
  if (!sorted) co_return base::pass(sorted);
  std::vector<std::uint32_t> out;
  out.reserve(rows.size());
  for (std::uint32_t i : *sorted) out.push_back(rows[i].uid);
  co_return std::move(out);
}

}  // namespace postern::imapd
