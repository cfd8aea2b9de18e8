// Drives what the directory left for stored: an account's mail is to be deleted or to come back, tickets of an old
// generation are void.  Each row stays until stored has confirmed; all these verbs can be repeated.
#include "auth/limits.h"
#include "base/log.h"
#include "base/system.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"
#include "ipc/typed.h"
#include "proto/stored.pb.h"

namespace postern::authd {
namespace {

using base::Level;
using What = auth::OutboxItem::What;

io::Task<base::Result<>> tell(Authd& a, stored::Request request) {
  auth::Account self;
  self.name = "authd";
  auto ticket = sign_ticket(a, self, {}, {auth::TicketKind::admin, "authd", {}}, base::unix_now());
  if (!ticket) co_return base::pass(ticket);
  request.set_ticket(std::move(*ticket));
  // These verbs can be repeated without harm, so the number need not survive a restart.
  request.set_client(a.stored_client);
  request.set_sequence(++a.stored_sequence);
  request.set_acknowledged(a.stored_sequence - 1);
  auto answer = co_await ipc::call_typed<stored::Reply>(*a.stored, request);
  if (!answer) co_return base::pass(answer);
  const stored::Reply& reply = answer->message;
  if (!reply.has_error() || reply.error().code() == "NOT_FOUND") co_return base::Result<>();
  co_return base::fail(base::Fault::temporary, reply.error().what(), reply.error().code());
}

io::Task<base::Result<>> revoke(Authd& a, auth::Id principal, std::uint64_t generation) {
  stored::Request r;
  r.mutable_revoke()->set_principal(principal);
  r.mutable_revoke()->set_generation(generation);
  co_return co_await tell(a, std::move(r));
}

io::Task<base::Result<>> carry_out(Authd& a, auth::OutboxItem item) {
  if (item.what == What::revoke) {
    // Past their life old tickets are void by themselves.
    bool over = item.created + auth::kTicketSeconds + auth::kTicketSkew < base::unix_now();
    if (over) co_return base::Result<>();
    co_return co_await revoke(a, item.account, item.generation);
  }
  if (item.what == What::restore) {
    stored::Request r;
    r.set_account(item.account);
    r.mutable_undelete();
    auto restored = co_await tell(a, std::move(r));
    if (!restored) co_return restored;
    co_return co_await revoke(a, item.account, item.generation);
  }
  // First the tickets, so that nobody makes the account anew by using one.
  auto revoked = co_await revoke(a, item.account, UINT64_MAX);
  if (!revoked) co_return revoked;
  stored::Request r;
  r.set_account(item.account);
  r.mutable_delete_account()->set_account(item.account);
  co_return co_await tell(a, std::move(r));
}

// One pass over what is there; the number of rows that stored did not confirm.
io::Task<std::size_t> drive(Authd& a) {
  auto synced = co_await a.loop.blocking([dir = a.directory] { return dir->sync(); });
  auto items = synced ? a.directory->outbox(kOutboxBatch) : base::pass(synced);
  if (!items) {
    base::log(Level::error, "outbox", {{"error", items.error().what}});
    co_return 1;
  }
  std::size_t left = 0;
  for (const auth::OutboxItem& item : *items) {
    auto doing = carry_out(a, item);
    auto done = co_await std::move(doing);
    if (done) done = a.directory->outbox_done(item.seq);
    if (done) {
      ++a.counters.outbox;
      continue;
    }
    ++left;
    base::log(Level::warning, "outbox", {{"account", item.account}, {"error", done.error().what}});
    // stored is away: the others would only wait for it as long.
    if (done.error().code == "UNAVAILABLE") break;
  }
  if (items->size() == kOutboxBatch && left < kOutboxBatch) a.outbox_changed.notify();
  co_return left;
}

}  // namespace

io::Task<void> run_outbox(Authd& a) {
  std::uint64_t wait = kOutboxRetryMs;
  for (;;) {
    std::size_t left = co_await drive(a);
    if (left == 0) {
      wait = kOutboxRetryMs;
      co_await a.outbox_changed.wait();
      continue;
    }
    co_await a.loop.sleep(wait);
    wait = std::min(2 * wait, kOutboxRetryMaxMs);
  }
}

}  // namespace postern::authd
