// Email/query and Email/queryChanges.  RFC 8621 4.4, 4.5.
#include <algorithm>
#include <unordered_set>

#include "cmd/jmapd/changes.h"
#include "cmd/jmapd/email_search.h"
#include "cmd/jmapd/methods.h"

namespace postern::jmapd {
namespace {

// How many of the results must be in order for this window.
std::size_t needed(const jmap::Window& w) {
  if (w.anchor || w.position < 0) return SIZE_MAX;
  return static_cast<std::size_t>(w.position) + static_cast<std::size_t>(w.limit);
}

// Rows whose place may have changed since: those of emails that did, and, where threads count, of their
// threads.
std::unordered_set<std::uint64_t> touched_emails(const model::Sheet& sheet, const Delta& emails,
                                                 const std::unordered_set<std::uint64_t>& threads,
                                                 bool by_thread) {
  std::unordered_set<std::uint64_t> out(emails.created.begin(), emails.created.end());
  out.insert(emails.updated.begin(), emails.updated.end());
  if (!by_thread) return out;
  auto wanted = threads;
  for (auto e : out)
    if (auto i = sheet.find_email(e); i < sheet.size()) wanted.insert(sheet.thread[i]);
  for (std::size_t i = 0; i < sheet.size(); ++i)
    if (wanted.contains(sheet.thread[i])) out.insert(sheet.email[i]);
  return out;
}

}  // namespace

io::Task<Method<json::object>> email_query(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto search = read_search(c, args);
  if (!search) co_return jmap::pass(search);
  auto window = jmap::read_window(args);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto info = co_await c.info();
  if (!info) co_return jmap::pass(info);
  auto found = co_await search_emails(c, *search, needed(window));
  if (!found) co_return jmap::pass(found);
  const auto& sheet = *found->view.sheet;
  const auto& rows = found->rows;

  std::optional<std::size_t> anchor;
  if (window.anchor)
    if (auto n = c.number(model::IdKind::email, *window.anchor))
      for (std::size_t i = 0; i < rows.size() && !anchor; ++i)
        if (sheet.email[rows[i]] == *n) anchor = i;
  auto start = jmap::window_start(window, rows.size(), anchor);
  if (!start) co_return jmap::method_error("anchorNotFound");
  json::array ids(c.sp);
  for (std::size_t i = *start; i < rows.size() && ids.size() < window.limit; ++i)
    ids.emplace_back(c.email_id(sheet.email[rows[i]]));
  bool cut = *start + ids.size() < rows.size() && ids.size() == jmap::kMaxQueryIds;
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["queryState"] = state_text(info->epoch(), found->view.modseq);
  out["canCalculateChanges"] = true;
  out["position"] = *start;
  out["ids"] = std::move(ids);
  if (window.total) out["total"] = rows.size();
  if (window.limited_by_us || cut) out["limit"] = window.limit;
  co_return out;
}

io::Task<Method<json::object>> email_query_changes(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto search = read_search(c, args);
  if (!search) co_return jmap::pass(search);
  auto since_text = args.required_string("sinceQueryState");
  auto max = args.unsigned_int("maxChanges");
  auto up_to = args.string("upToId");
  bool total = args.boolean("calculateTotal", false);
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  auto since = model::parse_state(since_text);
  if (!since || since->offset) co_return jmap::method_error("cannotCalculateChanges", "the state is unknown");

  // Changes after the results: what changed in between is told twice, never missed.
  auto found = co_await search_emails(c, *search, SIZE_MAX);
  if (!found) co_return jmap::pass(found);
  auto emails = co_await changes_since(c, stored::GetChanges::EMAIL, *since);
  if (!emails) co_return jmap::pass(emails);
  bool by_thread = search->collapse_threads || search->filter.uses_threads() || search->sort.uses_threads();
  std::unordered_set<std::uint64_t> threads;
  if (by_thread) {  // threads of emails that are gone
    auto delta = co_await changes_since(c, stored::GetChanges::THREAD, *since);
    if (!delta) co_return jmap::pass(delta);
    threads.insert(delta->created.begin(), delta->created.end());
    threads.insert(delta->updated.begin(), delta->updated.end());
  }
  const auto& sheet = *found->view.sheet;
  auto touched = touched_emails(sheet, *emails, threads, by_thread);
  // On what never changes, an update moves nothing, and nothing behind upToId matters.
  bool immutable = search->filter.immutable() && search->sort.immutable() && !search->collapse_threads;
  if (immutable) touched = {emails->created.begin(), emails->created.end()};
  // What went after the results were made is still in them.
  for (auto n : emails->destroyed)
    if (sheet.find_email(n) < sheet.size()) touched.insert(n);
  std::size_t last = SIZE_MAX;
  if (auto n = immutable && up_to ? c.number(model::IdKind::email, *up_to) : std::nullopt)
    for (std::size_t i = 0; i < found->rows.size(); ++i)
      if (sheet.email[found->rows[i]] == *n) last = i;

  json::array removed(c.sp), added(c.sp);
  for (auto n : removed_from_results(*emails, touched)) removed.emplace_back(c.email_id(n));
  for (std::size_t i = 0; i < found->rows.size() && i <= last; ++i) {
    auto id = sheet.email[found->rows[i]];
    if (!touched.contains(id)) continue;
    auto o = c.object();
    o["id"] = c.email_id(id);
    o["index"] = i;
    added.emplace_back(std::move(o));
  }
  if (max && removed.size() + added.size() > *max) co_return jmap::method_error("tooManyChanges");
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["oldQueryState"] = since_text;
  out["newQueryState"] = state_text(since->epoch, found->view.modseq);
  out["removed"] = std::move(removed);
  out["added"] = std::move(added);
  if (total) out["total"] = found->rows.size();
  co_return out;
}

}  // namespace postern::jmapd
