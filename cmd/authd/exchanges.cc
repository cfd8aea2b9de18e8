#include "cmd/authd/exchanges.h"

#include <utility>

#include "cmd/authd/limits.h"

namespace postern::authd {

std::uint64_t Exchanges::keep(Exchange e, std::uint64_t now_ms) {
  while (!all_.empty() && (all_.size() >= kMaxExchanges || all_.begin()->second.expires_ms < now_ms))
    all_.erase(all_.begin());
  e.expires_ms = now_ms + kExchangeMs;
  all_.emplace(++last_, std::move(e));
  return last_;
}

std::optional<Exchange> Exchanges::take(std::uint64_t id, std::uint32_t peer, std::uint64_t now_ms) {
  auto it = all_.find(id);
  if (it == all_.end() || it->second.peer != peer) return std::nullopt;
  std::optional<Exchange> e;
  if (it->second.expires_ms >= now_ms) e.emplace(std::move(it->second));
  all_.erase(it);
  return e;
}

void Exchanges::drop_peer(std::uint32_t peer) {
  std::erase_if(all_, [&](const auto& e) { return e.second.peer == peer; });
}

}  // namespace postern::authd
