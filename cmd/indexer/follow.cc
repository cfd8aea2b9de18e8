#include "cmd/indexer/follow.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "cmd/indexer/batch.h"
#include "cmd/indexer/gone.h"
#include "index/damage.h"
#include "model/account_entries.h"

namespace postern::indexer {

namespace {

using Emails = std::vector<std::uint64_t>;

io::Task<base::Result<>> commit(Shared& s, WriterPtr writer) {
  ++s.commits;
  co_return co_await s.loop.blocking([writer] { return writer->commit(false); });
}

// Those that are not there yet, in commits of a bounded size; the last part is left to the caller's.  False: the slice ended
// before all were.
io::Task<base::Result<bool>> add_emails(Shared& s, Account& account, WriterPtr writer, Emails emails, std::uint64_t until) {
  auto missing = co_await s.loop.blocking([writer, emails = std::move(emails)] { return writer->missing(emails); });
  if (!missing) co_return base::pass(missing);
  account.to_do = account.done + missing->size();
  constexpr std::size_t kPart = 4 * kEmailsAtOnce;
  std::span<const std::uint64_t> rest(*missing);
  while (!rest.empty()) {
    std::size_t n = std::min(kPart, rest.size());
    auto putting = put_emails(s, account, writer, rest.first(n), until);
    auto put = co_await std::move(putting);
    if (!put) co_return base::pass(put);
    if (*put < n) co_return false;
    rest = rest.subspan(n);
    if (writer->pending_bytes() < kCommitBytes) continue;
    auto committing = commit(s, writer);
    auto committed = co_await std::move(committing);
    if (!committed) co_return base::pass(committed);
  }
  co_return true;
}

// Where the change log is of no help: what the account has against what the index has.
io::Task<base::Result<bool>> compare(Shared& s, Account& account, WriterPtr writer, std::uint64_t epoch, std::uint64_t until) {
  auto view = co_await s.store.sheet(*account.login, 0);
  if (!view) co_return base::pass(view);
  Emails visible(view->sheet->email.begin(), view->sheet->email.end());
  auto removing = remove_others(s, account, writer, visible);
  auto removed = co_await std::move(removing);
  if (!removed) co_return base::pass(removed);
  auto adding = add_emails(s, account, writer, std::move(visible), until);
  auto all = co_await std::move(adding);
  if (all && *all) writer->set_covered({epoch, view->modseq});
  co_return all;
}

// CANNOT_CALCULATE: compare.
io::Task<base::Result<bool>> changes(Shared& s, Account& account, WriterPtr writer, std::uint64_t until) {
  std::uint32_t offset = 0;
  for (;;) {
    index::Coverage covered = writer->covered();
    stored::Request request;
    auto& get = *request.mutable_get_changes();
    get.set_epoch(covered.epoch);
    get.set_since(covered.modseq);
    get.set_offset(offset);
    get.set_max_changes(kChangesAtOnce);
    auto reply = co_await s.store.read(*account.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    const stored::Changes& c = reply->changes();
    Emails created(c.created().begin(), c.created().end()), destroyed(c.destroyed().begin(), c.destroyed().end());
    std::ranges::sort(created);
    auto removing = remove_gone(s, account, writer, std::move(destroyed));
    auto removed = co_await std::move(removing);
    if (!removed) co_return base::pass(removed);
    auto adding = add_emails(s, account, writer, std::move(created), until);
    auto all = co_await std::move(adding);
    if (!all || !*all) co_return all;
    // A commit that was cut in two (offset) is not yet covered: new_since is the one before it.
    writer->set_covered({covered.epoch, c.new_since()});
    offset = c.new_offset();
    if (!c.has_more()) co_return true;
    if (offset == 0 && base::monotonic_ms() >= until) co_return false;
  }
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

// The account's index, open, of the account's epoch.
io::Task<base::Result<WriterPtr>> right_index(Shared& s, Account& account, const stored::AccountInfo& info, bool rebuild) {
  bool suspect = s.suspects->index_is_suspect(account.id), damaged = index::is_damaged(s.writers.root(), account.id);
  if (suspect || damaged) {
    base::log(base::Level::warning, "index_rebuild", {{"account", account.id}, {"why", suspect ? "it brought the indexer down" : "searchd can't read it"}});
    auto discarding = s.writers.discard(account.id);
    if (auto ok = co_await std::move(discarding); !ok) co_return base::pass(ok);
    index::clear_damaged(s.writers.root(), account.id);
    ++s.rebuilt;
  }
  auto opening = s.writers.open(account.id);
  auto writer = co_await std::move(opening);
  if (!writer) co_return writer;
  std::uint64_t epoch = (*writer)->covered().epoch;
  if (epoch == 0) (*writer)->set_covered({info.epoch(), 0});
  // Ids of another epoch name other messages.
  bool restored = epoch != 0 && epoch != info.epoch();
  if (!rebuild && !restored) co_return writer;
  base::log(base::Level::info, "index_rebuild", {{"account", account.id}, {"why", rebuild ? "asked for" : "the account was restored"}});
  auto beginning = begin_anew(s, account, info.epoch());
  co_return co_await std::move(beginning);
}

// What the account says its mail is in, else the server.
io::Task<index::Language> language_of(Shared& s, Account& account) {
  stored::Request request;
  request.mutable_get_metadata()->add_entries(model::kLanguageEntry);
  auto reply = co_await s.store.read(*account.login, std::move(request));
  bool told = reply && reply->metadata().entries_size() == 1;
  index::Language l = told ? index::find_language(reply->metadata().entries(0).value()) : index::kNoLanguage;
  co_return l == index::kNoLanguage ? s.language : l;
}

// True: it is up to date.
io::Task<base::Result<bool>> bring_up(Shared& s, Account& account, const stored::AccountInfo& info, bool rebuild) {
  std::uint64_t until = base::monotonic_ms() + kSliceMs;
  auto asking = language_of(s, account);
  account.language = co_await std::move(asking);
  auto opening = right_index(s, account, info, rebuild);
  auto writer = co_await std::move(opening);
  if (!writer) co_return base::pass(writer);
  index::Coverage before = (*writer)->covered();
  base::Result<bool> all = true;
  if (before.modseq > 0) {
    auto following = changes(s, account, *writer, until);
    all = co_await std::move(following);
  }
  if (before.modseq == 0 || (!all && all.error().code == "CANNOT_CALCULATE")) {
    auto comparing = compare(s, account, *writer, info.epoch(), until);
    all = co_await std::move(comparing);
  }
  if (!all || !*all) co_return all;
  // No change tells that one is expunged which had \Deleted before.
  if ((*writer)->count() > info.used_emails()) {
    auto view = co_await s.store.sheet(*account.login, 0);
    if (!view) co_return base::pass(view);
    auto removing = remove_others(s, account, *writer, {view->sheet->email.begin(), view->sheet->email.end()});
    if (auto ok = co_await std::move(removing); !ok) co_return base::pass(ok);
  }
  if ((*writer)->pending() > 0 || (*writer)->covered().modseq != before.modseq) {
    auto committing = commit(s, *writer);
    auto committed = co_await std::move(committing);
    if (!committed) co_return base::pass(committed);
  }
  co_return true;
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
  if (!std::exchange(account.goes_on, false)) account.done = account.to_do = 0;
  // What is asked for while this goes on is done after it.
  bool rebuild = std::exchange(account.rebuild, false), optimize = std::exchange(account.optimize, false);
  account.turn.asked = false;
  auto looking = look_at(s, account);
  auto info = co_await std::move(looking);
  base::Result<bool> all = false;
  if (info) {
    if (rebuild) s.suspects->pardon(account.id);
    account.of_emails = info->used_emails();
    auto bringing = bring_up(s, account, *info, rebuild);
    all = co_await std::move(bringing);
  } else {
    all = base::pass(info);
  }
  if (all && *all && optimize) {
    auto packing = pack(s, account);
    if (auto packed = co_await std::move(packing); !packed) all = base::pass(packed);
  }
  std::uint64_t now = base::monotonic_ms();
  if (!all) {
    // What was not committed is dropped with the writer; what was asked for is still to be done.
    s.writers.drop(account.id);
    account.rebuild |= rebuild;
    account.optimize |= optimize;
    account.ask(now);
    ++account.runs;
    co_return base::pass(all);
  }
  s.last_progress = now;
  if (!*all) {
    account.goes_on = true;
    account.optimize |= optimize;
    account.ask(now);
    co_return base::Result<>{};
  }
  // All commits that were heard of before this began: those that touched no email, too.
  account.turn.covered = std::max(account.turn.covered, info->modseq());
  account.turn.changed_at = now;
  ++account.runs;
  co_return base::Result<>{};
}

}  // namespace postern::indexer
