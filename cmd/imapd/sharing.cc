#include "cmd/imapd/sharing.h"

#include <algorithm>

#include "base/system.h"
#include "base/text.h"
#include "model/sharing.h"

namespace postern::imapd {

namespace {

// Names of the directory change seldom.
constexpr std::uint64_t kBelieveMs = 60'000;
constexpr std::size_t kMaxPeople = 10'000;
constexpr std::size_t kLookUpAtOnce = 500;

bool below(std::string_view name, std::string_view space) {
  return !space.empty() && name.starts_with(space) && (name.size() == space.size() || name[space.size()] == '/');
}

}  // namespace

io::Task<base::Result<std::vector<authd::Entry>>> people(Session& s, std::vector<std::uint64_t> ids) {
  auto& known = s.shared.people;
  std::uint64_t now = base::monotonic_ms();
  std::vector<std::uint64_t> missing;
  for (std::uint64_t id : ids) {
    auto it = known.find(id);
    if (it == known.end() || it->second.until < now) missing.push_back(id);
  }
  if (known.size() + missing.size() > kMaxPeople) known.clear(), missing = ids;
  for (std::size_t at = 0; at < missing.size(); at += kLookUpAtOnce) {
    std::vector<std::uint64_t> some(missing.begin() + static_cast<std::ptrdiff_t>(at),
                                    missing.begin() + static_cast<std::ptrdiff_t>(
                                                          std::min(missing.size(), at + kLookUpAtOnce)));
    auto found = co_await s.shared.auth.look_up(*s.self, {}, some);
    if (!found) co_return base::pass(found);
    for (std::size_t i = 0; i < some.size(); ++i) known[some[i]] = {std::move((*found)[i]), now + kBelieveMs};
  }
  std::vector<authd::Entry> out;
  for (std::uint64_t id : ids) out.push_back(known[id].entry);
  co_return out;
}

io::Task<base::Result<std::vector<SharedAccount>>> shared_accounts(Session& s) {
  std::vector<SharedAccount> out;
  const Settings& names = s.shared.settings;
  if (names.other_users.empty() && names.shared.empty()) co_return out;
  stored::Request request;
  request.mutable_list_shared();
  auto reply = co_await s.shared.store.read(*s.self, std::move(request));
  if (!reply) co_return base::pass(reply);
  const auto& list = reply->shared().accounts();
  if (list.empty()) co_return out;
  std::vector<std::uint64_t> ids(list.begin(), list.end());
  auto who = co_await people(s, ids);
  if (!who) co_return base::pass(who);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const authd::Entry& e = (*who)[i];
    const std::string& space = e.disabled() ? names.shared : names.other_users;
    if (e.name().empty() || space.empty()) continue;
    out.push_back({space + "/" + e.name(), std::make_shared<client::Login>(s.self, ids[i]), s.shared.account(ids[i]), {}});
  }
  std::ranges::sort(out, {}, &SharedAccount::prefix);
  co_return out;
}

bool in_namespace(const Session& s, std::string_view name) {
  return below(name, s.shared.settings.other_users) || below(name, s.shared.settings.shared);
}

io::Task<base::Result<SharedAccount>> shared_account_of(Session& s, std::string name) {
  auto all = co_await shared_accounts(s);
  if (!all) co_return base::pass(all);
  for (SharedAccount& a : *all) {
    if (!name.starts_with(a.prefix) || name.size() <= a.prefix.size() + 1 || name[a.prefix.size()] != '/') continue;
    a.path = name.substr(a.prefix.size() + 1);
    co_return std::move(a);
  }
  co_return base::fail(base::Fault::permanent, "no such mailbox", "NOT_FOUND");
}

io::Task<base::Result<std::set<SharedMailbox>>> shared_subscriptions(Session& s) {
  stored::Request request;
  auto& get = *request.mutable_get_metadata();
  get.add_entries(std::string(model::kSubscriptions));
  get.set_depth(2);
  auto reply = co_await s.shared.store.read(*s.self, std::move(request));
  if (!reply) co_return base::pass(reply);
  std::set<SharedMailbox> out;
  for (const auto& e : reply->metadata().entries())
    if (auto which = model::parse_subscription(e.entry())) out.insert(*which);
  co_return out;
}

io::Task<base::Result<>> subscribe_shared(Session& s, SharedMailbox which, bool on) {
  stored::Request request;
  auto& e = *request.mutable_set_metadata()->add_entries();
  e.set_entry(model::format_subscription(which.first, which.second));
  e.set_remove(!on);
  auto reply = co_await s.shared.store.write(*s.self, std::move(request));
  if (!reply) co_return base::pass(reply);
  co_return base::Result<>{};
}

}  // namespace postern::imapd
