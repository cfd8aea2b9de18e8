#include "cmd/imapd/lost_subscriptions.h"

#include "model/sharing.h"

namespace postern::imapd {

io::Task<base::Result<std::vector<std::string>>> lost_subscriptions(Session& s) {
  stored::Request request;
  auto& get = *request.mutable_get_metadata();
  get.add_entries(std::string(model::kLostSubscriptions));
  get.set_depth(1);
  auto reply = co_await s.shared.store.read(*s.self, std::move(request));
  if (!reply) co_return base::pass(reply);
  std::vector<std::string> out;
  for (const auto& e : reply->metadata().entries()) out.push_back(e.value());
  co_return out;
}

io::Task<base::Result<>> keep_subscription(Session& s, std::string name, bool on) {
  stored::Request request;
  auto& e = *request.mutable_set_metadata()->add_entries();
  e.set_entry(model::format_lost_subscription(name));
  e.set_value(std::move(name));
  e.set_remove(!on);
  auto reply = co_await s.shared.store.write(*s.self, std::move(request));
  if (!reply) co_return base::pass(reply);
  co_return base::Result<>{};
}

}  // namespace postern::imapd
