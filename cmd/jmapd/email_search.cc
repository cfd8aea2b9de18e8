#include "cmd/jmapd/email_search.h"

#include <algorithm>
#include <memory>
#include <unordered_set>

#include "base/system.h"
#include "query/ask_index.h"
#include "query/key_cache.h"

namespace postern::jmapd {
namespace {

using query::Truth;

constexpr std::size_t kRowsAtOnce = 20'000;  // of the sheet, before others get their turn

io::Task<bool> pause(Shared& shared) {
  co_await shared.loop().yield();
  co_return true;
}

std::vector<std::uint64_t> newer_than(const model::Sheet& sheet, std::uint64_t modseq) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < sheet.size(); ++i)
    if (sheet.modseq[i] > modseq) out.push_back(sheet.email[i]);
  return out;
}

class Search {
 public:
  Search(Context& c, EmailSearch& search, client::SheetView view, const stored::AccountInfo& info)
      : c_(c), search_(search), view_(std::move(view)), epoch_(info.epoch()), threads_(std::make_shared<query::ThreadTable>()) {
    search_.filter.bind({.account = c.account(),
                         .keywords = view_.keywords,
                         .now = base::unix_now(),
                         .words = c.shared.word_search,
                         .all_mail = info.all_mail()});
    search_.sort.bind(view_.keywords);
    if (search_.filter.uses_threads() || search_.sort.uses_threads())
      *threads_ = query::thread_table(*view_.sheet);
  }

  io::Task<Method<SearchResult>> run(std::size_t need) {
    auto plain = std::make_shared<const query::Filter>(search_.filter);
    filter_ = co_await query::with_hints(access(), std::move(plain), [sheet = view_.sheet](std::uint64_t m) { return newer_than(*sheet, m); });
    co_await scan();
    auto decided = co_await decide_open();
    if (!decided) co_return std::unexpected(jmap::from_store(decided.error()));
    auto sorted = co_await sort(search_.collapse_threads ? SIZE_MAX : need);
    if (!sorted) co_return std::unexpected(jmap::from_store(sorted.error()));
    if (search_.collapse_threads) collapse();
    co_return SearchResult{std::move(view_), std::move(rows_)};
  }

 private:
  query::Row row(std::size_t i) const { return query::row_of(*view_.sheet, i, threads_.get()); }

  // One stretch of the sheet; no wait in it.
  void scan_some(std::size_t from, std::size_t to) {
    const auto& sheet = *view_.sheet;
    auto only = jmap::only_mailbox(search_.filter);
    const query::Hints* hints = filter_->hints();
    for (auto i = from; i < to; ++i) {
      if (hints && !hints->possible(sheet.email[i], sheet.modseq[i])) continue;
      auto places = sheet.places(i);
      if (places.empty()) continue;
      if (only) {
        if (std::ranges::find(places, only) != places.end()) rows_.push_back(static_cast<std::uint32_t>(i));
        continue;
      }
      auto t = query::evaluate(*filter_, row(i), nullptr);
      if (t == Truth::yes) rows_.push_back(static_cast<std::uint32_t>(i));
      if (t == Truth::unknown) open_.push_back(static_cast<std::uint32_t>(i));
    }
  }

  io::Task<void> scan() {
    auto n = view_.sheet->size();
    for (std::size_t i = 0; i < n; i += kRowsAtOnce) {
      scan_some(i, std::min(n, i + kRowsAtOnce));
      if (i + kRowsAtOnce < n) co_await c_.shared.loop().yield();
    }
  }

  query::Access access() {
    query::Access a{c_.shared.store, c_.login, c_.shared.loop(), c_.shared.bodies, 0, {}, {}};
    a.pause = [&shared = c_.shared] { return pause(shared); };
    a.index = &c_.shared.index;
    a.keys = &c_.shared.sort_keys;
    a.epoch = epoch_;
    a.rows = view_.sheet->size();
    // Rows refer to the sheet and the table of threads.
    a.keep = std::make_shared<std::pair<client::SheetPtr, std::shared_ptr<query::ThreadTable>>>(view_.sheet, threads_);
    return a;
  }

  io::Task<base::Result<>> decide_open() {
    if (open_.empty()) co_return base::Result<>{};
    std::vector<query::Row> rows;
    for (auto i : open_) rows.push_back(row(i));
    auto found = co_await query::decide(access(), filter_, std::move(rows));
    if (!found) co_return base::pass(found);
    for (auto i : *found) rows_.push_back(open_[i]);
    std::ranges::sort(rows_);
    co_return base::Result<>{};
  }

  io::Task<base::Result<>> sort(std::size_t need) {
    std::vector<query::Row> rows;
    rows.reserve(rows_.size());
    for (auto i : rows_) rows.push_back(row(i));
    auto sorted = co_await query::sorted_rows(access(), search_.sort, rows, need, nullptr);
    if (!sorted) co_return base::pass(sorted);
    std::vector<std::uint32_t> out;
    out.reserve(rows_.size());
    for (auto i : *sorted) out.push_back(rows_[i]);
    rows_ = std::move(out);
    co_return base::Result<>{};
  }

  void collapse() {
    std::unordered_set<std::uint64_t> seen;
    seen.reserve(rows_.size());
    std::erase_if(rows_, [&](std::uint32_t row) { return !seen.insert(view_.sheet->thread[row]).second; });
  }

  Context& c_;
  EmailSearch& search_;
  client::SheetView view_;
  std::uint64_t epoch_;
  std::shared_ptr<query::ThreadTable> threads_;
  std::shared_ptr<const query::Filter> filter_;
  std::vector<std::uint32_t> rows_, open_;
};

}  // namespace

Method<EmailSearch> read_search(Context& c, Args& args) {
  EmailSearch s;
  auto mailbox = c.mailbox_number();
  auto filter =
      jmap::parse_email_filter(args.any("filter"), [&](std::string_view id) { return mailbox(id).value_or(0); });
  if (!filter) return jmap::pass(filter);
  auto sort = jmap::parse_email_sort(args.any("sort"));
  if (!sort) return jmap::pass(sort);
  s.filter = std::move(*filter);
  s.sort = std::move(*sort);
  s.collapse_threads = args.boolean("collapseThreads", false);
  return s;
}

io::Task<Method<SearchResult>> search_emails(Context& c, EmailSearch& search, std::size_t need) {
  auto view = co_await c.shared.store.sheet(*c.login, 0);
  if (!view) co_return std::unexpected(jmap::from_store(view.error()));
  auto info = co_await c.info();
  if (!info) co_return jmap::pass(info);
  Search s(c, search, std::move(*view), *info);
  auto out = co_await s.run(need);
  co_return out;
}

}  // namespace postern::jmapd
