#include "cmd/lmtpd/recipients.h"

#include <algorithm>

#include "base/system.h"

namespace postern::lmtpd {

inline constexpr std::size_t kMaxRemembered = 10'000;
inline constexpr std::int64_t kMargin = 60;        // seconds that a ticket must still last
inline constexpr std::int64_t kRemember = 60;

Recipients::Recipients(client::AuthClient& auth) : auth_(auth) {
  auth_.on_directory_change([this] {
    known_.clear();
    ++directory_;
  });
}

io::Task<base::Result<Recipient>> Recipients::resolve(std::string address) {
  auto now = base::unix_now();
  if (auto it = known_.find(address); it != known_.end() && now < it->second.until) co_return it->second.answer;
  authd::Request request;
  request.mutable_resolve()->add_addresses(address);
  auto asked = directory_;
  auto reply = co_await auth_.call(std::move(request));
  if (!reply) co_return base::pass(reply);
  if (!reply->has_resolved() || reply->resolved().results_size() != 1)
    co_return base::fail(base::Fault::temporary, "authd: unexpected answer to resolve", "UNAVAILABLE");
  auto one = std::make_shared<authd::Resolved::One>(std::move(*reply->mutable_resolved()->mutable_results(0)));
  auto until = now + kRemember;
  for (const auto& d : one->deliveries()) until = std::min(until, static_cast<std::int64_t>(d.expires()) - kMargin);
  bool keep = asked == directory_ && !one->has_error() && !one->deliveries().empty();
  if (known_.size() >= kMaxRemembered) known_.clear();
  if (keep) known_[address] = {one, until};
  co_return one;
}

}  // namespace postern::lmtpd
