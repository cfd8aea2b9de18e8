#include "cmd/indexer/follow.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/indexer/batch.h"

namespace postern::indexer {

namespace {

using Emails = std::vector<std::uint64_t>;

io::Task<base::Result<>> commit(Shared& s, WriterPtr writer) {
  ++s.commits;
  co_return co_await s.loop.blocking([writer] { return writer->commit(false); });
}

io::Task<base::Result<>> remove_emails(Shared& s, WriterPtr writer, Emails emails) {
  s.removed += emails.size();
  co_return co_await s.loop.blocking([writer, emails = std::move(emails)]() -> base::Result<> {
    for (std::uint64_t e : emails)
      if (auto ok = writer->remove(e); !ok) return ok;
    return {};
  });
}

// In commits of a bounded size; the last part is left to the caller's.
io::Task<base::Result<>> add_emails(Shared& s, Account& account, WriterPtr writer, std::span<const std::uint64_t> emails) {
  constexpr std::size_t kPart = 4 * kEmailsAtOnce;
  for (std::size_t at = 0; at < emails.size(); at += kPart) {
    auto putting = put_emails(s, account, writer, emails.subspan(at, std::min(kPart, emails.size() - at)));
    auto put = co_await std::move(putting);
    if (!put) co_return put;
    if (writer->pending_bytes() < kCommitBytes) continue;
    auto committing = commit(s, writer);
    if (auto ok = co_await std::move(committing); !ok) co_return ok;
  }
  co_return base::Result<>{};
}

// Where the change log is of no help: what the account has against what the index has.
io::Task<base::Result<>> compare(Shared& s, Account& account, WriterPtr writer, std::uint64_t epoch) {
  auto view = co_await s.store.sheet(*account.login, 0);
  if (!view) co_return base::pass(view);
  auto have = co_await s.loop.blocking([writer] { return writer->ids(); });
  if (!have) co_return base::pass(have);
  Emails alive(view->sheet->email.begin(), view->sheet->email.end()), gone, missing;
  std::ranges::set_difference(*have, alive, std::back_inserter(gone));
  std::ranges::set_difference(alive, *have, std::back_inserter(missing));
  account.to_do = missing.size();
  auto removing = remove_emails(s, writer, std::move(gone));
  if (auto ok = co_await std::move(removing); !ok) co_return ok;
  auto adding = add_emails(s, account, writer, missing);
  if (auto ok = co_await std::move(adding); !ok) co_return ok;
  writer->set_covered({epoch, view->modseq});
  co_return base::Result<>{};
}

// CANNOT_CALCULATE: compare.
io::Task<base::Result<>> changes(Shared& s, Account& account, WriterPtr writer) {
  std::uint32_t offset = 0;
  for (bool more = true; more;) {
    index::Coverage covered = writer->covered();
    stored::Request request;
    auto& get = *request.mutable_get_changes();
    get.set_epoch(covered.epoch);
    get.set_since(covered.modseq);
    get.set_offset(offset);
    auto reply = co_await s.store.read(*account.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    const stored::Changes& c = reply->changes();
    Emails created(c.created().begin(), c.created().end()), destroyed(c.destroyed().begin(), c.destroyed().end());
    account.to_do += created.size();
    auto removing = remove_emails(s, writer, std::move(destroyed));
    if (auto ok = co_await std::move(removing); !ok) co_return ok;
    auto adding = add_emails(s, account, writer, created);
    if (auto ok = co_await std::move(adding); !ok) co_return ok;
    // A commit that was cut in two (offset) is not yet covered: new_since is the one before it.
    writer->set_covered({covered.epoch, c.new_since()});
    offset = c.new_offset();
    more = c.has_more();
  }
  co_return base::Result<>{};
}

io::Task<base::Result<WriterPtr>> begin_anew(Shared& s, Account& account, std::uint64_t epoch) {
  ++s.rebuilt;
  auto discarding = s.writers.discard(account.id);
  if (auto ok = co_await std::move(discarding); !ok) co_return base::pass(ok);
  auto opening = s.writers.open(account.id);
  auto writer = co_await std::move(opening);
  if (writer) (*writer)->set_covered({epoch, 0});
  co_return writer;
}

io::Task<base::Result<stored::AccountInfo>> look_at(Shared& s, Account& account) {
  stored::Request request;
  request.mutable_get_account();
  auto reply = co_await s.store.read(*account.login, std::move(request));
  if (!reply) co_return base::pass(reply);
  co_return std::move(*reply->mutable_account());
}

io::Task<base::Result<>> bring_up(Shared& s, Account& account, const stored::AccountInfo& info, bool rebuild) {
  auto opening = s.writers.open(account.id);
  auto writer = co_await std::move(opening);
  if (!writer) co_return base::pass(writer);
  index::Coverage before = (*writer)->covered();
  // Ids of another epoch name other messages.
  if (rebuild || before.epoch != info.epoch()) {
    if (before.epoch != 0)
      base::log(base::Level::info, "index_rebuild", {{"account", account.id}, {"why", rebuild ? "asked for" : "the account was restored"}});
    auto beginning = begin_anew(s, account, info.epoch());
    writer = co_await std::move(beginning);
    if (!writer) co_return base::pass(writer);
  }
  base::Result<> done;
  if ((*writer)->covered().modseq > 0) {
    auto following = changes(s, account, *writer);
    done = co_await std::move(following);
  }
  if ((*writer)->covered().modseq == 0 || (!done && done.error().code == "CANNOT_CALCULATE")) {
    auto comparing = compare(s, account, *writer, info.epoch());
    done = co_await std::move(comparing);
  }
  if (!done) co_return done;
  index::Coverage now = (*writer)->covered();
  if ((*writer)->pending() > 0 || now.modseq != before.modseq || now.epoch != before.epoch) {
    auto committing = commit(s, *writer);
    if (auto ok = co_await std::move(committing); !ok) co_return ok;
  }
  co_return base::Result<>{};
}

io::Task<base::Result<>> pack(Shared& s, Account& account) {
  auto opening = s.writers.open(account.id);
  auto writer = co_await std::move(opening);
  if (!writer) co_return base::pass(writer);
  auto done = co_await s.loop.blocking([w = *writer] { return w->optimize(); });
  s.writers.drop(account.id);
  co_return done;
}

}  // namespace

io::Task<base::Result<>> follow(Shared& s, Account& account) {
  account.done = account.to_do = 0;
  // Asked for while this goes on, it is done again.
  bool rebuild = std::exchange(account.rebuild, false), optimize = std::exchange(account.optimize, false);
  account.turn.asked = false;
  auto looking = look_at(s, account);
  auto info = co_await std::move(looking);
  base::Result<> done;
  if (info) {
    if (rebuild) s.suspects->pardon(account.id);
    account.of_emails = info->used_emails();
    auto bringing = bring_up(s, account, *info, rebuild);
    done = co_await std::move(bringing);
    if (done && optimize) {
      auto packing = pack(s, account);
      done = co_await std::move(packing);
    }
  } else {
    done = base::pass(info);
  }
  if (!done) {
    // What was not committed is dropped with the writer; what was asked for is still to be done.
    s.writers.drop(account.id);
    account.rebuild |= rebuild;
    account.optimize |= optimize;
    account.turn.asked = true;
  } else {
    // All commits that were heard of before this began are covered: those that touched no email, too.
    account.turn.covered = std::max(account.turn.covered, info->modseq());
    account.turn.changed_at = base::monotonic_ms();
  }
  s.last_progress = base::monotonic_ms();
  ++account.runs;
  co_return done;
}

}  // namespace postern::indexer
