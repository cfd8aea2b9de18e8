#include "cmd/indexer/writers.h"

#include <algorithm>

#include "base/log.h"
#include "cmd/indexer/limits.h"

namespace postern::indexer {

namespace {

base::Result<WriterPtr> open_or_renew(const std::string& folder, std::uint64_t account) {
  auto opened = index::Writer::open(folder);
  if (!opened && opened.error().code == "REBUILD") {
    base::log(base::Level::warning, "index_rebuild", {{"account", account}, {"why", opened.error().what}});
    if (auto ok = index::Writer::discard(folder); !ok) return base::pass(ok);
    opened = index::Writer::open(folder);
  }
  if (!opened) return base::pass(opened);
  return WriterPtr(std::move(*opened));
}

}  // namespace

io::Task<base::Result<WriterPtr>> Writers::open(std::uint64_t account) {
  auto it = std::ranges::find(open_, account, &Open::account);
  if (it != open_.end()) {
    open_.splice(open_.begin(), open_, it);
    co_return open_.front().writer;
  }
  auto room = make_room();
  co_await std::move(room);
  auto opened = co_await loop_.blocking([f = folder(account), account] { return open_or_renew(f, account); });
  if (opened) open_.push_front({account, *opened});
  co_return opened;
}

void Writers::drop(std::uint64_t account) {
  open_.remove_if([account](const Open& o) { return o.account == account; });
}

io::Task<base::Result<>> Writers::discard(std::uint64_t account) {
  drop(account);
  co_return co_await loop_.blocking([f = folder(account)] { return index::Writer::discard(f); });
}

io::Task<void> Writers::make_room() {
  while (open_.size() >= kMaxOpenWriters) {
    Open last = std::move(open_.back());
    open_.pop_back();
    auto syncing = sync(std::move(last));
    co_await std::move(syncing);
  }
}

bool Writers::unsynced() const {
  return std::ranges::any_of(open_, [](const Open& o) { return !o.writer->synced(); });
}

// A writer that could not be flushed is dropped, and its index made anew if power goes before it is flushed after all.
io::Task<void> Writers::sync(Open open) {
  if (open.writer->synced()) co_return;
  auto done = co_await loop_.blocking([w = open.writer] { return w->commit(true); });
  if (done) co_return;
  base::log(base::Level::error, "index_sync", {{"account", open.account}, {"error", done.error().what}});
  drop(open.account);
}

io::Task<void> Writers::sync_all() {
  std::list<Open> all = open_;
  for (Open& o : all) {
    auto syncing = sync(std::move(o));
    co_await std::move(syncing);
  }
}

}  // namespace postern::indexer
