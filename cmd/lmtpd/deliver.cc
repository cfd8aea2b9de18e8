#include "cmd/lmtpd/deliver.h"

#include <algorithm>
#include <map>

#include "base/codec.h"
#include "base/log.h"
#include "base/text.h"
#include "proto/stored.pb.h"

namespace postern::lmtpd {
namespace {

inline constexpr std::size_t kTargetsPerCall = 100;

// One copy to be stored: an account and the mailbox asked for.  Recipients that come to the same copy share it.
struct Copy {
  const authd::Resolved::Delivery* delivery = nullptr;
  std::string address;      // envelope address that made it
  std::string error;        // reply for those who asked for it; empty: stored
  bool temporary = false;
  std::string identity;
};

using Key = std::pair<std::uint64_t, std::string>;

std::string reply_for(const stored::Error& e, bool quota_is_temporary) {
  if (e.code() == "OVER_QUOTA") return quota_is_temporary ? "452 4.2.2 mailbox is full" : "552 5.2.2 mailbox is full";
  if (e.temporary() || e.code() == "TICKET") return "451 4.3.0 storing failed, try again later";
  if (e.code() == "LIMIT" || e.code() == "INVALID") return "554 5.6.0 message cannot be stored: " + base::printable(e.what(), 80);
  return "550 5.2.0 " + base::printable(e.what(), 80);
}

void add_target(stored::AddEmails& add, const Copy& c, const Trace& trace, bool delivered_to) {
  auto* t = add.add_targets();
  t->set_account(c.delivery->account());
  t->set_ticket(c.delivery->ticket());
  t->set_deliver_to(c.delivery->detail());
  t->set_prefix(trace_fields(trace, c.address, delivered_to));
  t->set_identity(c.identity);
}

class Delivery {
 public:
  Delivery(Shared& shared, const Trace& trace, const client::Incoming& message)
      : shared_(shared), trace_(trace), message_(message),
        delivered_to_(shared.daemon.config().yes("lmtp.delivered_to")),
        quota_is_temporary_(shared.daemon.config().text("lmtp.over_quota") == "temporary") {}

  void plan(const EnvelopeTo& to) {
    bool many = to.recipient->deliveries_size() > 1;
    for (const auto& d : to.recipient->deliveries()) {
      Key key{d.account(), base::to_lower(d.detail())};
      auto [it, fresh] = copies_.try_emplace(key);
      if (!fresh) continue;
      it->second.delivery = &d;
      it->second.address = to.address;
      // A list may succeed for some members only; the sender's second try must not give those a second copy.
      if (many) it->second.identity = list_identity(to.address, d.account());
    }
  }

  io::Task<void> run() {
    std::vector<Copy*> all;
    for (auto& [key, copy] : copies_) all.push_back(&copy);
    for (std::size_t i = 0; i < all.size(); i += kTargetsPerCall) {
      std::vector<Copy*> some(all.begin() + static_cast<std::ptrdiff_t>(i),
                              all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), i + kTargetsPerCall)));
      co_await store(std::move(some));
    }
  }

  // A temporary failure of any copy makes the sender try again; else one copy that is stored is success.
  std::string reply(const EnvelopeTo& to) const {
    std::string refusal;
    bool stored = false;
    for (const auto& d : to.recipient->deliveries()) {
      const Copy& c = copies_.at({d.account(), base::to_lower(d.detail())});
      if (c.temporary) return c.error;
      if (c.error.empty()) stored = true;
      else refusal = c.error;
    }
    return stored ? "250 2.0.0 <" + to.address + "> delivered " + trace_.id : refusal;
  }

 private:
  std::string list_identity(const std::string& address, std::uint64_t account) const {
    base::Sha256 h;
    h.update(message_.record().wire);
    h.update(message_.record().content);
    h.update(trace_.from);
    h.update(address + "/" + std::to_string(message_.size()) + "/" + std::to_string(account));
    return "lmtp" + std::string(base::view(h.finish()));
  }

  io::Task<void> store(std::vector<Copy*> some) {
    stored::Request request;
    auto* add = request.mutable_add_emails();
    for (Copy* c : some) add_target(*add, *c, trace_, delivered_to_);
    auto fds = message_.fill(*add);
    if (!fds) {
      fail_all(some, "451 4.3.0 " + fds.error().what);
      co_return;
    }
    auto ticket = some.front()->delivery->ticket();
    auto account = some.front()->delivery->account();
    auto reply = co_await shared_.store.write(std::move(ticket), account, std::move(request), std::move(*fds));
    if (!reply || !reply->has_added() || reply->added().results_size() != static_cast<int>(some.size())) {
      base::log(base::Level::warning, "delivery_failed",
                {{"id", trace_.id}, {"error", reply ? "unexpected answer" : reply.error().what}});
      fail_all(some, "451 4.3.0 the store is not available, try again later");
      if (!reply && reply.error().code == "TICKET")
        for (Copy* c : some) shared_.recipients.forget(c->address);
      co_return;
    }
    for (std::size_t i = 0; i < some.size(); ++i) settle(*some[i], reply->added().results(static_cast<int>(i)));
  }

  void settle(Copy& c, const stored::Added::One& one) {
    if (one.has_error()) {
      c.error = reply_for(one.error(), quota_is_temporary_);
      c.temporary = c.error[0] == '4';
      ++shared_.refused;
      if (one.error().code() == "TICKET") shared_.recipients.forget(c.address);
      base::log(base::Level::info, "refused", {{"id", trace_.id}, {"to", c.address}, {"code", one.error().code()},
                                               {"error", one.error().what()}});
      return;
    }
    ++shared_.delivered;
    base::log(base::Level::info, "delivered", {{"id", trace_.id}, {"from", trace_.from}, {"to", c.address},
                                               {"account", c.delivery->name()}, {"size", one.size()}});
  }

  void fail_all(const std::vector<Copy*>& some, const std::string& text) {
    for (Copy* c : some) {
      c->error = text;
      c->temporary = true;
    }
    shared_.refused += some.size();
  }

  Shared& shared_;
  const Trace& trace_;
  const client::Incoming& message_;
  bool delivered_to_, quota_is_temporary_;
  std::map<Key, Copy> copies_;
};

}  // namespace

io::Task<std::vector<std::string>> deliver(Shared& shared, const Trace& trace, const TraceScan& seen,
                                           const client::Incoming& message, const std::vector<EnvelopeTo>& to) {
  std::vector<std::string> replies(to.size());
  Delivery delivery(shared, trace, message);
  bool too_far = seen.received() > shared.daemon.config().number("lmtp.hop_limit");
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (too_far) replies[i] = "554 5.4.6 too many hops: the message loops";
    else if (seen.delivered_to(to[i].address)) replies[i] = "554 5.4.6 already delivered to <" + to[i].address + ">: the message loops";
    else delivery.plan(to[i]);
  }
  co_await delivery.run();
  for (std::size_t i = 0; i < to.size(); ++i)
    if (replies[i].empty()) replies[i] = delivery.reply(to[i]);
  co_return replies;
}

}  // namespace postern::lmtpd
