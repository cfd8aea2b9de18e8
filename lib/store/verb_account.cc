// GetAccount, Watch and the admin's verbs.
#include <algorithm>

#include "base/system.h"
#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

// Where the account stands, for everybody who reaches it.
void fill_state(stored::AccountInfo& out, AccountState& a) {
  out.set_account(a.id);
  out.set_epoch(a.rec.epoch());
  out.set_modseq(a.rec.modseq());
  out.set_email_modseq(a.rec.email_modseq());
  out.set_mailbox_modseq(a.rec.mailbox_modseq());
  out.set_thread_modseq(a.rec.thread_modseq());
  out.set_log_floor(a.rec.log_floor());
  *out.mutable_keywords() = a.rec.keywords();
  out.set_pop3_uidls(a.rec.pop3_uidls());
  if (const MailboxState* all = a.all_mail()) out.set_all_mail(all->rec.id());
  out.set_script_modseq(a.rec.script_modseq());
  out.set_vacation_modseq(a.rec.vacation_modseq());
}

// What it uses and may use: the owner's affair, and an administrator's.
void fill_use(stored::AccountInfo& out, const AccountState& a) {
  out.set_account(a.id);
  out.set_used_bytes(a.rec.used_bytes());
  out.set_used_emails(a.rec.used_emails());
  out.set_used_mailboxes(a.living);
  out.set_quota_bytes(a.rec.quota_bytes());
  out.set_quota_emails(a.rec.quota_emails());
  out.set_quota_mailboxes(a.rec.quota_mailboxes());
}

}  // namespace

Result<> get_account(Store& store, Call& call) {
  auto a = open_account(store, call);
  if (!a) return pass(a);
  auto& out = *call.reply.mutable_account();
  bool owner = is_owner(call.who, (*a)->id);
  if (owner || (*a)->shows(call.who)) fill_state(out, **a);
  if (owner || call.who.admin) fill_use(out, **a);
  if (call.who.kind == Kind::admin) *out.mutable_record() = (*a)->rec;
  return {};
}

Result<> watch(Store& store, Call& call) {
  const auto& r = call.request.watch();
  if (static_cast<std::size_t>(r.accounts_size()) > kMaxWatches)
    return fail(Fault::limit, "too many accounts in one watch", "LIMIT");
  const Verb& verb = *find_verb(stored::Request::kWatch);
  Verb of_account = verb;
  of_account.needs_account = true;
  for (int i = 0; i < r.accounts_size(); ++i) {
    const auto& one = r.accounts(i);
    if (one.stop()) continue;
    auto at = static_cast<std::size_t>(i);
    if (at >= call.targets.size()) return fail(Fault::permanent, "a watch without a ticket", "TICKET");
    auto& who = call.targets[at];
    if (!who) return pass(who);
    if (one.account() == 0) {  // the server's annotations, which everybody may read
      call.watched.push_back({0, store.server_changes()});
      continue;
    }
    if (auto ok = may(*who, of_account, one.account(), store.revocations()); !ok) return ok;
    auto a = store.account(one.account(), *who, call);
    if (!a) return pass(a);
    call.watched.push_back({one.account(), (*a)->rec.modseq()});
  }
  call.reply.mutable_done();
  return {};
}

Result<> list_accounts(Store& store, Call& call) {
  auto& out = *call.reply.mutable_accounts();
  auto snapshot = store.engine().snapshot(0);
  if (!snapshot) return pass(snapshot);
  std::string to = keys::after(keys::join('a'));
  std::vector<std::uint64_t> ids;
  auto end = (*snapshot)->scan(
      keys::registered(call.cursor), to, 500, [&](std::string_view key, std::string_view v) {
        records::Registered r;
        if (key.size() == 9 && r.ParseFromArray(v.data(), static_cast<int>(v.size())) && !r.deleted())
          ids.push_back(r.account());
        call.cursor = keys::u64_at(key, 1) + 1;
        return true;
      });
  if (!end) return pass(end);
  log_corrupt(0, *end);
  snapshot->reset();
  for (std::uint64_t id : ids) {
    // Only the account row: a list must not push accounts in use out of memory.
    auto of_account = store.engine().snapshot(id);
    if (!of_account) return pass(of_account);
    auto row = (*of_account)->get(keys::account());
    AccountState a(id);
    if (!row || !*row || !a.rec.ParseFromString(**row)) continue;
    auto& one = *out.add_accounts();
    fill_state(one, a);
    fill_use(one, a);
    one.clear_used_mailboxes();  // would need the mailboxes
  }
  call.receipt = store.engine().last();
  out.set_end(!end->more);
  call.state = end->more ? Call::State::item : Call::State::done;
  return {};
}

Result<> delete_account(Store& store, Call& call) {
  if (auto done = store.delete_account(call.request.delete_account().account(), call); !done) return done;
  call.audited = "account " + std::to_string(call.request.delete_account().account());
  call.reply.mutable_done();
  return {};
}

Result<> revoke(Store& store, Call& call) {
  const auto& r = call.request.revoke();
  auto& generation = store.revocations()[r.principal()];
  if (r.generation() > generation) {
    kv::Batch batch;
    std::string value;
    base::put_u64(value, r.generation());
    batch.put(keys::revoked(r.principal()), value);
    auto receipt = store.engine().commit(0, batch);
    if (!receipt) return pass(receipt);
    generation = r.generation();
    call.receipt = *receipt;
  } else {
    call.receipt = store.engine().last();
  }
  call.revoked.push_back({r.principal(), generation});
  call.reply.mutable_done();
  return {};
}

Result<> checkpoint(Store&, Call& call) {
  call.checkpoint = true;
  call.reply.mutable_done();
  return {};
}

Result<> get_stats(Store& store, Call& call) {
  Stats s = store.stats();
  kv::EngineStats e = store.engine().stats();
  auto& out = *call.reply.mutable_stats()->mutable_counters();
  out["calls"] = s.calls;
  out["errors"] = s.errors;
  out["commits"] = s.commits;
  out["repeats"] = s.repeats;
  out["accounts_loaded"] = s.accounts_loaded;
  out["accounts_cached"] = s.accounts_cached;
  out["cache_bytes"] = s.cache_bytes;
  out["emails_added"] = s.emails_added;
  out["blobs_written"] = s.blobs_written;
  out["blobs_shared"] = s.blobs_shared;
  out["sheets_built"] = s.sheets_built;
  out["sheets_shared"] = s.sheets_shared;
  out["purged_emails"] = s.purged_emails;
  out["purged_rows"] = s.purged_rows;
  out["engine_commits"] = e.commits;
  out["engine_flushes"] = e.flushes;
  out["engine_checkpoints"] = e.checkpoints;
  out["log_bytes_since_checkpoint"] = e.log_bytes_since_checkpoint;
  out["log_bytes_since_base_copy"] = e.log_bytes_since_base_copy;
  out["pages_written"] = e.pages_written;
  out["stopped"] = store.stopped() ? 1 : 0;
  return {};
}

}  // namespace postern::store
