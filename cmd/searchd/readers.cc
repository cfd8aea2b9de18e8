#include "cmd/searchd/readers.h"

#include "cmd/searchd/limits.h"

namespace postern::searchd {

std::unique_ptr<index::Reader> Readers::take(std::uint64_t account) {
  auto it = by_account_.find(account);
  if (it == by_account_.end()) return nullptr;
  auto out = std::move(it->second->reader);
  drop(it->second);
  return out;
}

void Readers::put(std::uint64_t account, std::unique_ptr<index::Reader> reader) {
  take(account);
  std::size_t bytes = reader->memory();
  bytes_ += bytes;
  order_.push_front({account, std::move(reader), bytes});
  by_account_[account] = order_.begin();
  while (!order_.empty() && (bytes_ > budget_ || order_.size() > kMaxOpen)) drop(std::prev(order_.end()));
}

void Readers::drop(std::list<Entry>::iterator e) {
  bytes_ -= e->bytes;
  by_account_.erase(e->account);
  order_.erase(e);
}

}  // namespace postern::searchd
