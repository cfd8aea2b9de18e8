// Recipients for lmtpd and smtpd: final accounts of an address, each with a ticket that can do nothing but
// deliver.
#include "auth/limits.h"
#include "base/system.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {
namespace {

constexpr std::size_t kSignaturesPerTurn = 100;

void set_error(Resolved::One& one, std::string_view code, std::string_view what, bool temporary) {
  one.clear_deliveries();
  one.clear_forwards();
  one.mutable_error()->set_code(std::string(code));
  one.mutable_error()->set_what(std::string(what));
  one.mutable_error()->set_temporary(temporary);
}

io::Task<void> add_deliveries(Authd& a, std::vector<auth::Delivery> found, Resolved::One& one) {
  std::int64_t now = base::unix_now();
  std::size_t signed_now = 0;
  for (auth::Delivery& d : found) {
    auth::Account account;
    account.id = d.account;
    account.name = std::move(d.name);
    account.generation = d.generation;
    account.quota_bytes = d.quota_bytes;
    account.quota_emails = d.quota_emails;
    account.quota_mailboxes = d.quota_mailboxes;
    auto ticket = sign_ticket(a, account, {}, {auth::TicketKind::deliver, "deliver", {}}, now);
    if (!ticket) {
      set_error(one, "UNAVAILABLE", ticket.error().what, true);
      co_return;
    }
    Resolved::Delivery& out = *one.add_deliveries();
    out.set_account(account.id);
    out.set_name(std::move(account.name));
    out.set_detail(std::move(d.detail));
    out.set_ticket(std::move(*ticket));
    out.set_quota_bytes(account.quota_bytes);
    out.set_expires(static_cast<std::uint64_t>(now + auth::kTicketSeconds));
    // A large list must not hold up everybody's logins.
    if (++signed_now % kSignaturesPerTurn == 0) co_await a.loop.yield();
  }
}

}  // namespace

io::Task<Reply> on_resolve(Authd& a, Request& request, ipc::Call&) {
  const Resolve& wanted = request.resolve();
  if (static_cast<std::size_t>(wanted.addresses_size()) > kMaxResolve)
    co_return error_reply("LIMIT", "more than 1000 addresses in one request");
  Reply r;
  (void)r.mutable_resolved();
  std::size_t bytes = 0;
  for (const std::string& address : wanted.addresses()) {
    Resolved::One& one = *r.mutable_resolved()->add_results();
    one.set_address(address);
    auto found = a.directory->resolve(address);
    ++a.counters.resolved;
    if (!found) {
      bool gone = found.error().code == "NOT_FOUND";
      if (gone || found.error().code == "LIMIT")
        set_error(one, found.error().code, found.error().what, !gone);
      else
        *one.mutable_error() = error_reply(found.error()).error();
    } else {
      for (std::string& f : found->forwards) one.add_forwards(std::move(f));
      auto adding = add_deliveries(a, std::move(found->deliveries), one);
      co_await std::move(adding);
    }
    std::size_t size = one.ByteSizeLong();
    if (bytes + size > kMaxReplyBytes) set_error(one, "LIMIT", "too many recipients at once", true);
    bytes += one.ByteSizeLong();
  }
  co_return r;
}

}  // namespace postern::authd
