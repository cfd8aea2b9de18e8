#include "client/kept_scripts.h"

#include "client/limits.h"

namespace postern::client {

namespace {

std::size_t bytes_of(const AccountScripts& s) {
  return (s.active ? s.active->name.size() + s.active->text->size() : 0) + (s.vacation ? s.vacation->ByteSizeLong() : 0);
}

}  // namespace

std::shared_ptr<const AccountScripts> KeptScripts::find(std::uint64_t account) {
  auto it = kept_.find(account);
  if (it == kept_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, it->second.place);
  return it->second.scripts;
}

void KeptScripts::put(std::uint64_t account, std::shared_ptr<const AccountScripts> scripts) {
  if (auto it = kept_.find(account); it != kept_.end()) drop(it);
  std::size_t bytes = bytes_of(*scripts);
  if (bytes > kMaxKeptBytes) return;
  while (!kept_.empty() && (kept_.size() >= kMaxKeptAccounts || bytes_ + bytes > kMaxKeptBytes)) drop(kept_.find(recent_.back()));
  recent_.push_front(account);
  kept_[account] = {std::move(scripts), bytes, recent_.begin()};
  bytes_ += bytes;
}

void KeptScripts::drop(std::unordered_map<std::uint64_t, Entry>::iterator it) {
  bytes_ -= it->second.bytes;
  recent_.erase(it->second.place);
  kept_.erase(it);
}

}  // namespace postern::client
