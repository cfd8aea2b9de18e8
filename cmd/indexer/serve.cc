#include "cmd/indexer/accounts.h"
#include "cmd/indexer/serve.h"

#include "base/log.h"
#include "base/system.h"
#include "index/reader.h"
#include "ipc/typed.h"
#include "proto/indexer.pb.h"

namespace postern::indexer {

namespace {

using AccountPtr = std::shared_ptr<Account>;
constexpr std::uint64_t kProgressMs = 250;

std::string error_of(std::string code, std::string what) {
  Reply r;
  r.mutable_error()->set_code(std::move(code));
  r.mutable_error()->set_what(std::move(what));
  return r.SerializeAsString();
}

// The one, or with 0 all; none when there is no such account.
std::vector<AccountPtr> chosen(Shared& s, std::uint64_t account) {
  std::vector<AccountPtr> out;
  for (const auto& [id, a] : s.accounts)
    if (account == 0 || id == account) out.push_back(a);
  return out;
}

struct Seen {
  index::IndexInfo info;
  std::string digest;
};

base::Result<Seen> look(const std::string& folder, bool digest) {
  auto reader = index::Reader::open(folder);
  if (!reader) return base::pass(reader);
  auto info = (*reader)->info();
  if (!info) return base::pass(info);
  Seen out{std::move(*info), {}};
  if (!digest) return out;
  auto hash = (*reader)->digest();
  if (!hash) return base::pass(hash);
  out.digest = std::move(*hash);
  return out;
}

const char* state_of(const Account& a, const base::Result<Seen>& seen) {
  if (!a.error.empty()) return "stopped";
  if (!seen) return seen.error().code == "NOT_FOUND" ? "none" : "stopped";
  if (seen->info.covered.modseq == 0 && a.of_emails > 0) return "building";
  return a.turn.asked || a.turn.covered < a.turn.modseq ? "behind" : "current";
}

Index describe(const Account& a, const base::Result<Seen>& seen) {
  Index out;
  out.set_account(a.id);
  out.set_state(state_of(a, seen));
  out.set_error(a.error);
  out.set_modseq(a.turn.modseq);
  out.set_of_emails(a.of_emails);
  if (!seen) {
    if (a.error.empty() && seen.error().code != "NOT_FOUND") out.set_error(seen.error().what);
    return out;
  }
  const index::IndexInfo& i = seen->info;
  out.set_covered(i.covered.modseq);
  out.set_emails(i.emails);
  out.set_incomplete(i.incomplete);
  out.set_words(i.terms);
  out.set_text_bytes(i.text_bytes);
  out.set_file_bytes(i.file_bytes);
  for (const auto& l : i.languages) out.add_languages(std::string(index::name_of(l)));
  out.set_digest(seen->digest);
  return out;
}

io::Task<void> status(Shared& s, ipc::Call& call, GetStatus ask) {
  for (const AccountPtr& a : chosen(s, ask.account())) {
    auto seen = co_await s.loop.blocking([f = s.writers.folder(a->id), digest = ask.digest()] { return look(f, digest); });
    Reply r;
    *r.mutable_status()->add_indexes() = describe(*a, seen);
    auto sent = co_await call.item(r.SerializeAsString());
    if (!sent) co_return;
  }
  Reply last;
  last.mutable_status()->set_end(true);
  call.reply(last.SerializeAsString());
}

// Waits until each has been worked on, and tells how it goes on meanwhile.
io::Task<void> follow_work(Shared& s, ipc::Call& call, std::vector<AccountPtr> accounts, std::vector<std::uint64_t> runs) {
  Reply r;
  Progress& p = *r.mutable_progress();
  p.set_of_accounts(accounts.size());
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const Account& a = *accounts[i];
    // Another run may be under way that began before this was asked for: the next one counts.
    while (a.runs == runs[i] || a.rebuild || a.optimize) {
      if (!s.accounts.contains(a.id) || (!a.error.empty() && a.runs != runs[i])) break;
      p.set_accounts(i);
      p.set_account(a.id);
      p.set_emails(a.done);
      p.set_of_emails(a.to_do);
      auto sent = co_await call.item(r.SerializeAsString());
      if (!sent) co_return;
      co_await s.loop.sleep(kProgressMs);
    }
    if (!a.error.empty()) p.set_failed(p.failed() + 1);
  }
  p.set_accounts(accounts.size());
  p.set_end(true);
  call.reply(r.SerializeAsString());
}

io::Task<void> order(Shared& s, ipc::Call& call, std::uint64_t account, bool Account::*what) {
  auto accounts = chosen(s, account);
  std::vector<std::uint64_t> runs;
  for (const AccountPtr& a : accounts) {
    (*a).*what = true;
    a->turn.not_before = 0;
    a->ask(base::monotonic_ms());
    a->error.clear();
    runs.push_back(a->runs);
  }
  s.changed.notify();
  auto following = follow_work(s, call, std::move(accounts), std::move(runs));
  co_await std::move(following);
}

}  // namespace

io::Task<void> serve(Shared& s, ipc::Call call) {
  auto request = ipc::parse<Request>(call.payload);
  if (!request || !call.fds.empty() || request->verb_case() == Request::VERB_NOT_SET) {
    base::log(base::Level::warning, "malformed_request", {{"pid", call.info().pid}});
    call.peer().close();
    co_return;
  }
  std::uint64_t account = request->has_status()    ? request->status().account()
                          : request->has_rebuild() ? request->rebuild().account()
                                                   : request->optimize().account();
  if (account != 0 && !s.accounts.contains(account)) {
    auto looking = look_for_accounts(s);
    auto looked = co_await std::move(looking);
    if (!looked) base::log(base::Level::warning, "list_accounts", {{"error", looked.error().what}});
  }
  if (account != 0 && !s.accounts.contains(account)) {
    call.reply(error_of("NOT_FOUND", "no such account is known to the indexer"));
    co_return;
  }
  if (request->has_status()) {
    auto task = status(s, call, std::move(*request->mutable_status()));
    co_return co_await std::move(task);
  }
  auto task = order(s, call, account, request->has_rebuild() ? &Account::rebuild : &Account::optimize);
  co_await std::move(task);
}

}  // namespace postern::indexer
