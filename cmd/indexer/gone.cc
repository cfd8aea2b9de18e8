#include "cmd/indexer/gone.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace postern::indexer {

namespace {

using Emails = std::vector<std::uint64_t>;

// Of these (ascending).
io::Task<base::Result<Emails>> living(Shared& s, Account& account, std::span<const std::uint64_t> emails) {
  Emails out;
  stored::Request request;
  for (std::uint64_t id : emails) request.mutable_get_emails()->add_ids(id);
  auto asking = s.store.emails(*account.login, std::move(request), [&](stored::Emails& part) {
    for (const auto& e : part.emails()) out.push_back(e.id());
    return true;
  });
  auto ok = co_await std::move(asking);
  if (!ok) co_return base::pass(ok);
  std::ranges::sort(out);
  co_return out;
}

io::Task<base::Result<>> remove(Shared& s, WriterPtr writer, Emails emails) {
  if (emails.empty()) co_return base::Result<>{};   // as mostly: no worker is woken
  s.removed += emails.size();
  co_return co_await s.loop.blocking([writer, emails = std::move(emails)]() -> base::Result<> {
    for (std::uint64_t e : emails)
      if (auto ok = writer->remove(e); !ok) return ok;
    return {};
  });
}

}  // namespace

io::Task<base::Result<>> remove_gone(Shared& s, Account& account, WriterPtr writer, Emails emails) {
  std::ranges::sort(emails);
  Emails gone;
  for (std::size_t i = 0; i < emails.size(); i += kChangesAtOnce) {
    auto part = std::span(emails).subspan(i, std::min<std::size_t>(kChangesAtOnce, emails.size() - i));
    auto asking = living(s, account, part);
    auto alive = co_await std::move(asking);
    if (!alive) co_return base::pass(alive);
    std::ranges::set_difference(part, *alive, std::back_inserter(gone));
  }
  auto removing = remove(s, writer, std::move(gone));
  co_return co_await std::move(removing);
}

io::Task<base::Result<>> remove_others(Shared& s, Account& account, WriterPtr writer, Emails alive) {
  auto have = co_await s.loop.blocking([writer] { return writer->ids(); });
  if (!have) co_return base::pass(have);
  Emails others;
  std::ranges::set_difference(*have, alive, std::back_inserter(others));
  auto removing = remove_gone(s, account, writer, std::move(others));
  co_return co_await std::move(removing);
}

}  // namespace postern::indexer
