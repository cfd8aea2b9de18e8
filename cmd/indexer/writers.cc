#include "cmd/indexer/writers.h"

#include <algorithm>
#include <utility>

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
  make_room();
  auto opened = co_await loop_.blocking([f = folder(account), account] { return open_or_renew(f, account); });
  if (!opened) co_return opened;
  closed_.erase(account);  // the writer knows it from the folder
  open_.push_front({account, *opened});
  co_return opened;
}

void Writers::drop(std::uint64_t account) {
  open_.remove_if([account](const Open& o) { return o.account == account; });
}

io::Task<base::Result<>> Writers::discard(std::uint64_t account) {
  drop(account);
  closed_.erase(account);
  co_return co_await loop_.blocking([f = folder(account)] { return index::Writer::discard(f); });
}

void Writers::make_room() {
  while (open_.size() >= kMaxOpenWriters) {
    if (!open_.back().writer->synced()) closed_.insert(open_.back().account);
    open_.pop_back();
  }
}

bool Writers::unsynced() const {
  return !closed_.empty() || std::ranges::any_of(open_, [](const Open& o) { return !o.writer->synced(); });
}

// `writer`: null when it is closed.  One that could not be flushed is dropped, and its index made anew if power goes before it
// is flushed after all.
io::Task<void> Writers::sync(std::uint64_t account, WriterPtr writer) {
  ++flushes_;
  auto done = co_await loop_.blocking([writer, f = folder(account)] { return writer ? writer->commit(true) : index::Writer::flush(f); });
  if (done) co_return;
  base::log(base::Level::error, "index_sync", {{"account", account}, {"error", done.error().what}});
  drop(account);
}

io::Task<void> Writers::sync_all() {
  std::list<Open> all = open_;
  for (std::uint64_t account : std::exchange(closed_, {})) all.push_back({account, nullptr});
  for (Open& o : all) {
    if (o.writer && o.writer->synced()) continue;
    auto syncing = sync(o.account, std::move(o.writer));
    co_await std::move(syncing);
  }
}

}  // namespace postern::indexer
