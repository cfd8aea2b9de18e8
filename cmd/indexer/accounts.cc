#include "cmd/indexer/accounts.h"

#include <dirent.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <set>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "index/damage.h"

namespace postern::indexer {

namespace {

void heard(Shared& s, Account& a, std::uint64_t modseq) {
  a.turn.in_use = s.store.in_use(a.id);
  if (modseq > a.turn.modseq) {
    if (a.turn.modseq <= a.turn.covered) a.turn.changed_at = base::monotonic_ms();
    a.turn.modseq = modseq;
  }
  s.changed.notify();
}

void add(Shared& s, const stored::AccountInfo& info) {
  auto a = std::make_shared<Account>();
  a->id = info.account();
  a->login = std::make_shared<client::Login>(s.login, a->id);
  a->turn.modseq = info.modseq();
  a->turn.changed_at = base::monotonic_ms();
  a->ask(a->turn.changed_at);  // until its index has been looked at
  a->of_emails = info.used_emails();
  s.accounts[a->id] = a;
  auto changed = [&s, weak = std::weak_ptr(a)](std::uint64_t modseq) {
    if (auto account = weak.lock()) heard(s, *account, modseq);
  };
  a->watch = std::make_unique<client::Watch>(s.store, a->login, a->id, info.modseq(), std::move(changed));
}

io::Task<base::Result<std::set<std::uint64_t>>> list(Shared& s) {
  std::set<std::uint64_t> seen;
  stored::Request request;
  request.mutable_list_accounts();
  auto listing = s.store.items(*s.login, std::move(request), [&](stored::Reply& reply) {
    for (const auto& info : reply.accounts().accounts()) {
      seen.insert(info.account());
      auto it = s.accounts.find(info.account());
      if (it == s.accounts.end()) {
        add(s, info);
        continue;
      }
      it->second->of_emails = info.used_emails();
      heard(s, *it->second, info.modseq());  // hints may be lost
    }
    return true;
  });
  auto ok = co_await std::move(listing);
  if (!ok) co_return base::pass(ok);
  co_return seen;
}

std::set<std::uint64_t> folders(const std::string& root) {
  std::set<std::uint64_t> out;
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(root.c_str()), ::closedir);
  while (const dirent* e = dir ? ::readdir(dir.get()) : nullptr) {
    std::string_view name(e->d_name);
    if (auto n = base::parse_u64(name.substr(0, name.find('.')))) out.insert(*n);
  }
  return out;
}

io::Task<void> remove_others(Shared& s, const std::set<std::uint64_t>& alive) {
  std::erase_if(s.accounts, [&](const auto& e) { return !alive.contains(e.first); });
  auto there = co_await s.loop.blocking([root = s.writers.root()] { return folders(root); });
  for (std::uint64_t account : there) {
    if (alive.contains(account)) continue;
    auto removing = s.writers.discard(account);
    auto ok = co_await std::move(removing);
    if (ok)
      base::log(base::Level::info, "index_removed", {{"account", account}, {"why", "the account is gone"}});
    else
      base::log(base::Level::error, "index_remove", {{"account", account}, {"error", ok.error().what}});
  }
}

// Indexes that searchd found damaged are thrown away in their turn (follow.cc).
void ask_for_damaged(Shared& s) {
  for (std::uint64_t account : index::damaged_indexes(s.writers.root()))
    if (auto it = s.accounts.find(account); it != s.accounts.end()) {
      it->second->ask(base::monotonic_ms());
      s.changed.notify();
    }
}

void read_away(int fd) {
  char bytes[4096];
  while (::read(fd, bytes, sizeof bytes) > 0) {
  }
}

}  // namespace

io::Task<void> watch_damage(Shared& s) {
  std::string folder = s.writers.root() + "/" + index::kDamageFolder;
  base::Fd events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  // searchd makes the folder.
  while (events && ::inotify_add_watch(events.get(), folder.c_str(), IN_CREATE) < 0) co_await s.loop.sleep(kRetryMinMs);
  while (events) {
    ask_for_damaged(s);
    co_await s.loop.readable(events.get());
    read_away(events.get());
  }
}

io::Task<base::Result<>> look_for_accounts(Shared& s) {
  if (!s.login) {
    auto login = co_await s.auth.index_login();
    if (!login) co_return base::pass(login);
    s.login = std::move(*login);
  }
  auto listing = list(s);
  auto alive = co_await std::move(listing);
  if (!alive) co_return base::pass(alive);
  auto removing = remove_others(s, *alive);
  co_await std::move(removing);
  s.changed.notify();
  co_return base::Result<>{};
}

// One that is in use already: it does not wait for the next list.
static io::Task<void> meet(Shared& s, std::uint64_t id) {
  client::Login login(s.login, id);
  stored::Request request;
  request.mutable_get_account();
  auto reply = co_await s.store.read(login, std::move(request));
  if (reply && !s.accounts.contains(id)) add(s, reply->account());
  s.changed.notify();
}

io::Task<void> keep_accounts(Shared& s) {
  s.store.on_unknown_account([&s](std::uint64_t account) {
    s.unknown.insert(account);
    s.unknown_came.notify();
  });
  for (std::uint64_t failures = 0;;) {
    auto looking = look_for_accounts(s);
    auto ok = co_await std::move(looking);
    failures = ok ? 0 : failures + 1;
    if (!ok) base::log(base::Level::warning, "list_accounts", {{"error", ok.error().what}});
    ask_for_damaged(s);  // of accounts that were not known before
    for (std::uint64_t next = base::monotonic_ms() + (ok ? kListIntervalMs : retry_after(failures)), now; (now = base::monotonic_ms()) < next;) {
      co_await s.unknown_came.wait_for(next - now);
      for (std::uint64_t account : std::exchange(s.unknown, {})) {
        auto meeting = meet(s, account);
        if (s.login) co_await std::move(meeting);
      }
    }
  }
}

}  // namespace postern::indexer
