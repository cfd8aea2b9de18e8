#include "cmd/lmtpd/deliver.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/codec.h"
#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/lmtpd/filter.h"
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
  bool alone = true;        // the only one that its recipient comes to
  std::unique_ptr<Filter> filter;
  std::vector<Filing> filings;
};

// One email to be stored of a copy.
struct Target {
  Copy* copy;
  Filing* filing;
};

using Key = std::pair<std::uint64_t, std::string>;

std::string reply_for(const stored::Error& e, bool quota_is_temporary) {
  if (e.code() == "OVER_QUOTA") return quota_is_temporary ? "452 4.2.2 mailbox is full" : "552 5.2.2 mailbox is full";
  if (e.temporary() || e.code() == "TICKET" || e.code() == "CHANGED") return "451 4.3.0 storing failed, try again later";
  if (e.code() == "LIMIT" || e.code() == "INVALID") return "554 5.6.0 message cannot be stored: " + base::printable(e.what(), 80);
  return "550 5.2.0 " + base::printable(e.what(), 80);
}

void add_target(stored::AddEmails& add, const Target& target, const Trace& trace, bool delivered_to) {
  const Copy& c = *target.copy;
  auto* t = add.add_targets();
  for (std::uint32_t id : target.filing->mailboxes) t->add_mailboxes(id);
  if (!target.filing->path.empty()) t->add_mailboxes(0);
  for (const std::string& flag : target.filing->flags) t->add_keywords(flag);
  t->set_account(c.delivery->account());
  t->set_ticket(c.delivery->ticket());
  if (!target.filing->path.empty())
    t->set_deliver_to(target.filing->path);
  else if (target.filing->mailboxes.empty())
    t->set_deliver_to(c.delivery->detail());
  t->set_prefix(trace_fields(trace, c.address, delivered_to));
  if (const auto* by = c.filter->decided_by()) *t->mutable_decided_by() = *by;
  // Emails of one copy that differ are told apart.
  if (!c.identity.empty()) t->set_identity(c.identity + std::to_string(target.filing - c.filings.data()));
}

class Delivery {
 public:
  Delivery(Shared& shared, const Trace& trace, const TraceScan& seen, const client::Incoming& message)
      : shared_(shared), trace_(trace), message_id_(seen.message_id()), message_(message),
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
      it->second.alone = !many;
      // A list may succeed for some members only; the sender's second try must not give those a second copy.
      if (many) it->second.identity = list_identity(to.address, d.account());
    }
  }

  io::Task<void> run() {
    std::vector<Copy*> all;
    for (auto& [key, copy] : copies_) {
      co_await decide(copy);
      all.push_back(&copy);
    }
    co_await store_all(std::move(all));
    // Scripts that changed while the message was with us, and mailboxes that are not there.
    auto stale = std::exchange(stale_, {});
    for (Copy* c : stale) {
      c->filter.reset();
      co_await decide(*c, true);
    }
    co_await store_all(std::move(stale));
    for (auto& [key, copy] : copies_) {
      if (!copy.error.empty() && copy.filter->refusal().empty()) continue;
      base::kill_point("lmtp.settle");
      co_await copy.filter->settle();
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

  // What its scripts want of this copy; afterwards its filings say what to store.
  io::Task<void> decide(Copy& c, bool anew = false) {
    c.filter = std::make_unique<Filter>(shared_, trace_, message_, FilterFor{*c.delivery, c.address, c.alone});
    auto filings = co_await c.filter->decide(anew);
    if (!filings) co_return not_now(c, filings.error());
    c.filings = std::move(*filings);
    c.error = c.filter->refusal();
    if (!c.error.empty()) {
      c.filings.clear();
      ++shared_.refused;
      co_return;
    }
    auto promised = co_await c.filter->send_promised(c.filings);
    if (!promised) co_return not_now(c, promised.error());
    if (c.filings.empty())
      base::log(base::Level::info, "not_stored", {{"id", trace_.id}, {"message_id", message_id_}, {"from", trace_.from}, {"to", c.address},
                                                  {"account", c.delivery->name()}});
  }

  void not_now(Copy& c, const base::Error& e) {
    base::log(base::Level::warning, "filter_failed", {{"id", trace_.id}, {"to", c.address}, {"error", e.what}});
    c.error = "451 4.3.0 filtering is not possible now, try again later";
    c.temporary = true;
    ++shared_.refused;
    if (e.code == "TICKET") shared_.recipients.forget(c.address);
  }

  io::Task<void> store_all(std::vector<Copy*> copies) {
    std::vector<Target> as_it_came;
    for (Copy* copy : copies) {
      if (!copy->error.empty()) continue;
      for (Filing& f : copy->filings) {
        const client::Incoming* made = copy->filter->body(f.version);
        if (!made) {
          as_it_came.push_back({copy, &f});
          continue;
        }
        std::vector<Target> one;
        one.push_back({copy, &f});
        co_await store(*made, std::move(one));
      }
    }
    for (std::size_t i = 0; i < as_it_came.size(); i += kTargetsPerCall) {
      std::vector<Target> some(as_it_came.begin() + static_cast<std::ptrdiff_t>(i),
                               as_it_came.begin() + static_cast<std::ptrdiff_t>(std::min(as_it_came.size(), i + kTargetsPerCall)));
      co_await store(message_, std::move(some));
    }
  }

  io::Task<void> store(const client::Incoming& message, std::vector<Target> some) {
    stored::Request request;
    auto* add = request.mutable_add_emails();
    for (const Target& t : some) add_target(*add, t, trace_, delivered_to_);
    auto fds = message.fill(*add);
    if (!fds) {
      fail_all(some, "451 4.3.0 " + fds.error().what);
      co_return;
    }
    auto ticket = some.front().copy->delivery->ticket();
    auto account = some.front().copy->delivery->account();
    auto reply = co_await shared_.store.write(std::move(ticket), account, std::move(request), std::move(*fds));
    if (!reply || !reply->has_added() || reply->added().results_size() != static_cast<int>(some.size())) {
      base::log(base::Level::warning, "delivery_failed",
                {{"id", trace_.id}, {"error", reply ? "unexpected answer" : reply.error().what}});
      fail_all(some, "451 4.3.0 the store is not available, try again later");
      if (!reply && reply.error().code == "TICKET")
        for (const Target& t : some) shared_.recipients.forget(t.copy->address);
      co_return;
    }
    std::vector<Target> homeless;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto& one = reply->added().results(static_cast<int>(i));
      if (one.error().code() == "NOT_FOUND" && !some[i].filing->mailboxes.empty())
        homeless.push_back(some[i]);
      else
        take(some[i], one);
    }
    if (homeless.empty()) co_return;
    // A mailbox that a script meant has gone since it was looked up: the mail goes where delivery puts it.
    for (const Target& t : homeless) t.filing->mailboxes.clear();
    co_await store(message, std::move(homeless));
  }

  // "+detail" may be INBOX, too: stored knows.
  static std::string mailbox_of(const Target& t) {
    std::string named = t.copy->filter->places(*t.filing);
    const std::string& detail = t.copy->delivery->detail();
    return !named.empty() ? named : detail.empty() ? "INBOX" : "+" + detail;
  }

  void take(const Target& target, const stored::Added::One& one) {
    Copy& c = *target.copy;
    const std::string& code = one.error().code();
    bool leads_nowhere = !target.filing->path.empty() && (code == "NOT_FOUND" || code == "CANNOT");
    if (leads_nowhere || (code == "CHANGED" && c.filter->decided_by())) {
      stale_.push_back(&c);
      return;
    }
    if (one.has_error()) {
      c.error = reply_for(one.error(), quota_is_temporary_);
      c.temporary = c.error[0] == '4';
      ++shared_.refused;
      if (one.error().code() == "TICKET") shared_.recipients.forget(c.address);
      base::log(base::Level::info, "refused", {{"id", trace_.id}, {"message_id", message_id_}, {"to", c.address}, {"code", one.error().code()},
                                               {"error", one.error().what()}});
      return;
    }
    ++shared_.delivered;
    base::log(base::Level::info, "delivered",
              {{"id", trace_.id}, {"message_id", message_id_}, {"from", trace_.from}, {"to", c.address}, {"account", c.delivery->name()},
               {"mailbox", mailbox_of(target)}, {"rule", target.filing->rule.empty() ? "-" : target.filing->rule}, {"size", one.size()}});
  }

  void fail_all(const std::vector<Target>& some, const std::string& text) {
    for (const Target& t : some) {
      t.copy->error = text;
      t.copy->temporary = true;
    }
    shared_.refused += some.size();
  }

  Shared& shared_;
  const Trace& trace_;
  const std::string& message_id_;
  const client::Incoming& message_;
  bool delivered_to_, quota_is_temporary_;
  std::map<Key, Copy> copies_;
  std::vector<Copy*> stale_;   // decided by what is not so any more; nothing of them is stored
};

}  // namespace

io::Task<std::vector<std::string>> deliver(Shared& shared, const Trace& trace, const TraceScan& seen,
                                           const client::Incoming& message, const std::vector<EnvelopeTo>& to) {
  std::vector<std::string> replies(to.size());
  Delivery delivery(shared, trace, seen, message);
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
