#include "cmd/imapd/contexts.h"

#include <algorithm>

#include "base/log.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/search_answer.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// Message numbers are those of the moment of the command: from here on they stand for these messages.
std::shared_ptr<const query::Filter> with_fixed_numbers(std::shared_ptr<const query::Filter> filter,
                                                        const imap::UidRuns& map) {
  using Op = query::Condition::Op;
  if (!filter->uses(Op::seq)) return filter;
  auto out = std::make_shared<query::Filter>();
  for (std::size_t i = 0; i < filter->size(); ++i) {
    query::Condition c = filter->at(static_cast<std::int32_t>(i));
    if (c.op == Op::seq) {
      c.op = Op::uid;
      imap::UidSet seqs;
      for (const query::Span& s : c.spans) seqs.add(s.lo, s.hi);
      c.spans.clear();
      imap::UidSet all({{1, std::max(map.size(), 1u)}});
      for (const imap::Run& r : map.uids_of(seqs.intersect(all)).runs()) c.spans.push_back({r.lo, r.hi});
    }
    out->add(std::move(c));
  }
  out->take_binding(*filter);
  return out;
}

// "* ESEARCH (TAG "a") UID ADDTO (1 5:6 9 12)\r\n"
class Change {
 public:
  Change(const Session& s, std::string_view tag, bool uid, std::string_view item)
      : line_(esearch_begin(s, tag, {.uid = uid})) {
    line_ += ' ';
    line_ += item;
    line_ += " (";
  }
  void put(std::uint64_t position, std::string_view numbers) {
    if (line_.back() != '(') line_ += ' ';
    imap::append_number(line_, position);
    line_ += ' ';
    line_ += numbers;
  }
  std::string take() { return std::move(line_) + ")\r\n"; }

 private:
  std::string line_;
};

std::uint32_t shown(const Session& s, bool uid, std::uint32_t n) {
  return uid ? n : s.box->map.seq_of(n);
}

}  // namespace

Contexts& Contexts::of(Session& s) {
  if (!s.box->contexts) s.box->contexts = std::make_shared<Contexts>();
  return *s.box->contexts;
}

bool Contexts::has(std::string_view tag) const {
  return std::ranges::any_of(all_, [tag](const auto& c) { return c->tag == tag; });
}

void Contexts::add(Session& s, Context c, const imap::SearchReturn& ret, const Scope& scope) {
  auto sorted = std::ranges::count_if(all_, [](const auto& x) { return x->sorted; });
  if (all_.size() >= kMaxContexts || (c.sorted && static_cast<std::size_t>(sorted) >= kMaxSortContexts)) {
    std::string out = "* NO [NOUPDATE ";
    imap::append_string(out, s.tag);
    out += "] Too many contexts\r\n";
    return s.write(std::move(out));
  }
  c.tag = s.tag;
  c.items = ret.update_items;
  c.filter = with_fixed_numbers(std::move(c.filter), scope.map);
  if (all_.empty()) modseq_ = s.box->modseq;
  modseq_ = std::min(modseq_, s.box->modseq);
  all_.push_back(std::make_unique<Context>(std::move(c)));
}

void Contexts::add_search(Session& s, imap::SearchReturn ret, bool uid, const Scope& scope,
                          std::shared_ptr<const query::Filter> filter, imap::UidSet found) {
  Context c;
  c.uid = uid;
  c.filter = std::move(filter);
  c.members = std::move(found);
  add(s, std::move(c), ret, scope);
}

void Contexts::add_sort(Session& s, imap::SearchReturn ret, bool uid, const Scope& scope,
                        std::shared_ptr<const query::Filter> filter, query::Order order,
                        std::vector<std::uint32_t> sorted) {
  Context c;
  c.uid = uid;
  c.sorted = true;
  c.filter = std::move(filter);
  c.order = std::move(order);
  std::vector<imap::Run> runs;
  for (std::uint32_t n : sorted) runs.push_back({n, n});
  c.members = imap::UidSet(std::move(runs));
  c.list = std::move(sorted);
  add(s, std::move(c), ret, scope);
}

bool Contexts::cancel(std::string_view tag) {
  return std::erase_if(all_, [tag](const auto& c) { return c->tag == tag; }) > 0;
}

void Contexts::remove(Session& s, const imap::UidSet& gone) {
  for (auto& c : all_) remove_from(s, *c, gone);
}

void Contexts::remove_from(Session& s, Context& c, const imap::UidSet& gone) {
  imap::UidSet left = c.members.intersect(gone);
  if (left.empty()) return;
  c.members = c.members.minus(left);
  Change change(s, c.tag, c.uid, "REMOVEFROM");
  if (!c.sorted) {
    change.put(0, (c.uid ? left : seqs_of(s.box->map, left)).text());
    return s.write(change.take());
  }
  // Positions as they are when the ones before have been taken out.
  std::vector<std::uint32_t> kept;
  for (std::uint32_t n : c.list) {
    if (!left.contains(n)) {
      kept.push_back(n);
      continue;
    }
    std::string text;
    imap::append_number(text, shown(s, c.uid, n));
    change.put(kept.size() + 1, text);
  }
  c.list = std::move(kept);
  s.write(change.take());
}

io::Task<void> Contexts::catch_up(Session& s, const imap::UidSet& arrived) {
  if (all_.empty() || modseq_ >= s.box->modseq) co_return;
  std::uint64_t now = s.box->modseq;
  stored::Request request;
  request.mutable_get_delta()->set_mailbox(s.box->id);
  request.mutable_get_delta()->set_since(modseq_);
  request.mutable_get_delta()->set_known_keywords(static_cast<std::uint32_t>(s.account->keywords.size()));
  auto reply = co_await s.shared.store.read(*s.login, std::move(request));
  if (!reply) co_return;  // the next look tries again
  const stored::Delta& delta = reply->delta();
  auto scope = co_await selected_scope(s);
  if (!scope) co_return;
  // Without a history everything may have changed.
  if (!delta.too_old() && !delta.too_large()) {
    std::vector<imap::Run> changed;
    for (const stored::Row& row : delta.rows()) changed.push_back({row.uid(), row.uid()});
    scope->uids = scope->uids.intersect(imap::UidSet(std::move(changed)));
  }
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto done = co_await evaluate(s, i, *scope, arrived);
    if (done) continue;
    base::log(base::Level::warning, "context",
              {{"session", s.connection.session.id()}, {"error", done.error().what}});
    co_return;
  }
  modseq_ = now;
}

// The messages of `scope` anew: those that match now enter, the others leave.
io::Task<base::Result<>> Contexts::evaluate(Session& s, std::size_t index, const Scope& scope,
                                            const imap::UidSet& arrived) {
  Context& c = *all_[index];
  // What the index finds of them: a flag that changes must not lose what only the index can find.
  c.filter = co_await ask_index(s, scope, c.filter);
  auto rows = co_await matching_rows(s, scope, c.filter);
  if (!rows) co_return base::pass(rows);
  imap::UidSet match;
  for (const query::Row& r : *rows) match.add(r.uid);
  remove_from(s, c, scope.uids.minus(match));
  imap::UidSet added = match.minus(c.members);
  if (added.empty()) co_return base::Result<>{};
  imap::UidSet fresh = added.intersect(arrived);
  if (!c.items.items.empty() && !fresh.empty()) co_await fetch_for(s, c.items, std::move(fresh));
  auto done = co_await add_to(s, index, scope, std::move(added));
  co_return done;
}

io::Task<base::Result<>> Contexts::add_to(Session& s, std::size_t index, const Scope& scope, imap::UidSet added) {
  Context& c = *all_[index];
  for (const imap::Run& r : added.runs()) c.members.add(r.lo, r.hi);
  Change change(s, c.tag, c.uid, "ADDTO");
  if (!c.sorted) {
    change.put(0, (c.uid ? added : seqs_of(s.box->map, added)).text());
    s.write(change.take());
    co_return base::Result<>{};
  }
  std::vector<query::Row> rows;
  imap::UidSet gone;  // already, though the client has not been told that they are expunged
  View::Cursor cursor(*scope.view);
  query::Row row;
  for (const imap::Run& r : c.members.runs())
    for (std::uint64_t u = r.lo; u <= r.hi; ++u) {
      auto uid = static_cast<std::uint32_t>(u);
      if (cursor.find(uid, row)) {
        rows.push_back(row);
      } else {
        gone.add(uid);
      }
    }
  remove_from(s, c, gone);
  auto sorted = co_await sort_rows(s, scope, c.order, rows, c.filter);
  if (!sorted) co_return base::pass(sorted);
  c.list = std::move(*sorted);
  for (std::size_t i = 0; i < c.list.size();) {
    std::size_t j = i;
    std::vector<std::uint32_t> run;
    while (j < c.list.size() && added.contains(c.list[j])) run.push_back(shown(s, c.uid, c.list[j++]));
    std::string text;
    append_in_order(text, run, 0, run.size());
    if (j > i) change.put(i + 1, text);
    i = j + 1;
  }
  s.write(change.take());
  co_return base::Result<>{};
}

}  // namespace postern::imapd
