#include "cmd/stored/watches.h"

#include <algorithm>

#include "proto/stored.pb.h"

namespace postern::stored_daemon {

namespace {
constexpr int kHintAccounts = 20'000;   // of one frame: far below ipc's 1 MB
}

Watches::Watches(io::Loop& loop)
    : loop_(loop), turn_end_([](void* self) { static_cast<Watches*>(self)->send(); }, this) {}

Watches::Watcher& Watches::watcher(const ipc::Peer& peer) {
  Watcher& w = watchers_[peer.id()];
  w.peer = peer;
  return w;
}

void Watches::add(const ipc::Peer& peer, store::Changed account, bool index) {
  Watcher& w = watcher(peer);
  w.accounts.insert(account.account);
  w.index = index;
  auto& all = by_account_[account.account];
  if (!all.insert(peer.id()).second) return;
  if (index) {
    if (all.size() > 1) queue(w, false, account);
    return;
  }
  // Who indexes is told of an account that it has not heard of, too.
  for (auto& [id, o] : watchers_)
    if (o.index) queue(o, false, account);
}

void Watches::remove(const ipc::Peer& peer, std::uint64_t account) {
  if (auto it = watchers_.find(peer.id()); it != watchers_.end()) it->second.accounts.erase(account);
  auto it = by_account_.find(account);
  if (it == by_account_.end()) return;
  it->second.erase(peer.id());
  if (it->second.empty()) by_account_.erase(it);
}

void Watches::peer_gone(std::uint32_t peer) {
  auto it = watchers_.find(peer);
  if (it == watchers_.end()) return;
  for (std::uint64_t account : it->second.accounts) {
    auto by = by_account_.find(account);
    if (by == by_account_.end()) continue;
    by->second.erase(peer);
    if (by->second.empty()) by_account_.erase(by);
  }
  watchers_.erase(it);
}

void Watches::queue(Watcher& w, bool revoked, store::Changed change) {
  if (w.pending.changed.empty() && w.pending.revoked.empty()) {
    to_send_.push_back(w.peer.id());
    loop_.put_off(turn_end_);
  }
  auto& number = (revoked ? w.pending.revoked : w.pending.changed)[change.account];
  number = std::max(number, change.modseq);
}

void Watches::changed(const std::vector<store::Changed>& changed) {
  for (const auto& c : changed) {
    auto it = by_account_.find(c.account);
    if (it == by_account_.end()) continue;
    for (std::uint32_t peer : it->second) queue(watchers_.at(peer), false, c);
  }
}

void Watches::tell(const ipc::Peer& peer, store::Changed change) { queue(watcher(peer), false, change); }

void Watches::revoked(const std::vector<ipc::Peer>& peers, store::Changed principal) {
  for (const auto& p : peers) queue(watcher(p), true, principal);
}

void Watches::send() {
  for (std::uint32_t id : std::exchange(to_send_, {})) {
    auto it = watchers_.find(id);
    if (it == watchers_.end()) continue;
    Pending p = std::exchange(it->second.pending, {});
    ipc::Peer peer = it->second.peer;
    stored::Hint hint;
    auto flush = [&] {
      peer.hint(hint.SerializeAsString());
      hint.Clear();
    };
    auto add = [&](stored::AccountVersion* v, const auto& entry) {
      v->set_account(entry.first);
      v->set_modseq(entry.second);
      if (hint.changed_size() + hint.revoked_size() >= kHintAccounts) flush();
    };
    for (const auto& entry : p.changed) {
      auto by = by_account_.find(entry.first);
      stored::AccountVersion* one = hint.add_changed();
      one->set_in_use(it->second.index && by != by_account_.end() && by->second.size() > 1);
      add(one, entry);
    }
    for (const auto& entry : p.revoked) add(hint.add_revoked(), entry);
    if (hint.changed_size() || hint.revoked_size()) flush();
  }
}

}  // namespace postern::stored_daemon
