#include "cmd/searchd/access.h"

#include <unistd.h>

#include <algorithm>

#include "base/system.h"

namespace postern::searchd {

using base::fail;
using base::Fault;
using base::Result;

Access::Access(io::Loop& loop, std::unique_ptr<auth::Verifier> verifier, std::string stored_socket)
    : verifier_(std::move(verifier)), stored_socket_(std::move(stored_socket)), nobody_(loop, {}), store_(loop, stored_socket_, nullptr) {}

io::Task<Result<Allowed>> Access::check(const search::Ask& ask) {
  auto ticket = verifier_->verify(ask.ticket(), base::unix_now());
  if (!ticket) co_return fail(Fault::permanent, ticket.error().what, "TICKET");
  const auth::Ticket& t = **ticket;
  if (t.kind != auth::TicketKind::user || t.principal == 0)
    co_return fail(Fault::permanent, "an index answers to persons", "DENIED");
  if (t.principal == ask.account()) co_return Allowed();
  auto asking = of_mailbox(ask, t.expires);
  co_return co_await std::move(asking);
}

// stored answers for the mailbox only to who may read it.
io::Task<Result<Allowed>> Access::of_mailbox(const search::Ask& ask, std::int64_t expires) {
  bool can_ask = ask.mailbox() != 0 && ::access(stored_socket_.c_str(), F_OK) == 0;
  if (!can_ask) co_return fail(Fault::permanent, "an index is for the owner of its account", "DENIED");
  authd::LoginOk ok;
  ok.set_ticket(ask.ticket());
  ok.set_expires(static_cast<std::uint64_t>(expires));
  ok.set_account(ask.account());
  client::Login login(nobody_, std::move(ok));
  // What fresh() would not take would be asked for anew, of nobody.
  if (!login.fresh()) co_return fail(Fault::permanent, "the ticket is about to expire", "TICKET");
  auto view = co_await store_.sheet(login, ask.mailbox());
  if (!view) {
    bool away = view.error().fault == Fault::temporary;
    co_return away ? fail(Fault::temporary, view.error().what, "UNAVAILABLE")
                   : fail(Fault::permanent, "an index is for who may read the mailbox", "DENIED");
  }
  auto emails = std::make_shared<index::Ids>(view->sheet->email.begin(), view->sheet->email.end());
  std::ranges::sort(*emails);
  auto again = std::ranges::unique(*emails);
  emails->erase(again.begin(), again.end());
  co_return Allowed(std::move(emails));
}

}  // namespace postern::searchd
