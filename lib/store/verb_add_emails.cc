// AddEmails: one message into mailboxes of up to 100 accounts, in one engine transaction, one flush.
#include <algorithm>

#include "base/system.h"
#include "base/text.h"
#include "store/keys.h"
#include "store/threading.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

// The part of a call that concerns one account: all its targets go into one commit.
struct AccountWork {
  std::uint64_t account = 0;
  AccountState* state = nullptr;
  std::unique_ptr<Txn> txn;
  std::vector<int> targets;
  bool half_done = false;   // a target failed after it had changed something
};

std::string identity_hash(const std::string& identity) {
  return std::string(base::view(base::sha256(identity)).substr(0, 16));
}

Result<Prepared> body_of(Store& store, Call& call, int target) {
  const auto& add = call.request.add_emails();
  auto at = static_cast<std::size_t>(target);
  if (add.blob().empty()) {
    if (at >= call.bodies.size()) return fail(Fault::permanent, "no body", "INVALID");
    return call.bodies[at];
  }
  // An existing blob is the first target's own, or it does not exist.
  std::uint64_t owner = add.targets(0).account();
  if (add.blob().size() != 32 || !add.targets(target).prefix().empty())
    return fail(Fault::permanent, "not a blob, or a blob with a prefix", "INVALID");
  auto snapshot = store.engine().snapshot(owner);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::blob(add.blob()));
  if (!row) return pass(row);
  if (!*row) return fail(Fault::permanent, "no such blob", "NOT_FOUND");
  snapshot->reset();
  auto found = store.find_blob(add.blob());
  if (!found) return pass(found);
  if (!*found) return fail(Fault::permanent, "no such blob", "NOT_FOUND");
  return std::move(**found);
}

// Where a target's message goes.
Result<std::vector<MailboxState*>> mailboxes_of(AccountState& a, const stored::AddEmails::Target& t) {
  std::vector<MailboxState*> out;
  for (std::uint32_t id : t.mailboxes()) {
    auto m = open_mailbox(a, id);
    if (!m) return pass(m);
    if (std::ranges::find(out, *m) == out.end()) out.push_back(*m);
  }
  if (out.empty()) {
    MailboxState* m = t.deliver_to().empty() ? nullptr : a.top_without_case(t.deliver_to());
    if (!m) m = a.child(0, "INBOX");
    if (!m) return fail(Fault::permanent, "the account has no INBOX", "NOT_FOUND");
    out.push_back(m);
  }
  if (out.size() > kMaxPlaces) return fail(Fault::limit, "too many mailboxes", "LIMIT");
  return out;
}

// The email that an earlier add with this identity made, if it still lives.
Result<std::optional<records::Email>> by_identity(Store& store, AccountState& a, const std::string& hash) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::identity(hash));
  if (!row) return pass(row);
  if (!*row) return std::optional<records::Email>();
  snapshot->reset();
  auto e = a.email(store.engine(), keys::u64_at(**row, 0));
  if (e && *e && (*e)->destroyed()) e->reset();
  return e;
}

void fill_added(stored::Added::One& out, AccountState& a, const records::Email& e, std::uint64_t modseq) {
  out.set_email(e.id());
  out.set_thread(e.thread());
  *out.mutable_places() = e.places();
  out.set_modseq(modseq);
  out.set_size(e.size());
  out.set_blob(e.blob());
  if (e.places_size())
    if (auto* m = a.mailbox(e.places(0).mailbox())) out.set_uidvalidity(m->rec.uidvalidity());
}

// The immutable rows.  What delivery put before the message belongs to its header.
void put_content(Txn& txn, std::uint64_t id, const stored::AddEmails& add, const std::string& prefix,
                 const records::Content& content) {
  txn.batch().put(keys::wire(id), add.wire());
  if (prefix.empty()) {
    txn.batch().put(keys::content(id), add.content());
    return;
  }
  records::Content mine = content;
  mine.mutable_header()->insert(0, prefix);
  txn.batch().put(keys::content(id), mine.SerializeAsString());
}

Result<> put_account_blob(Store& store, Txn& txn, const Prepared& p) {
  std::string key = keys::blob(base::view(p.sha256));
  records::AccountBlob b;
  {
    auto snapshot = store.engine().snapshot(txn.account().id);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(key);
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    if (row && *row && !b.ParseFromString(**row)) b.Clear();
  }
  b.set_emails(b.emails() + 1);
  b.set_size(p.size);
  txn.batch().put(key, b.SerializeAsString());
  return {};
}

struct AddContext {
  Store& store;
  Call& call;
  const stored::AddEmails& add;
  records::Content content;
  kv::Batch extra;   // of account 0
};

Result<> add_one(AddContext& c, AccountWork& work, int target, stored::Added::One& out) {
  const auto& t = c.add.targets(target);
  AccountState& a = *work.state;
  auto body = body_of(c.store, c.call, target);
  if (!body) return pass(body);
  std::string hash = t.identity().empty() ? std::string() : identity_hash(t.identity());
  if (!hash.empty()) {
    auto before = by_identity(c.store, a, hash);
    if (!before) return pass(before);
    if (*before) {
      fill_added(out, a, **before, (*before)->modseq());
      out.set_existed(true);
      return {};
    }
  }
  auto mailboxes = mailboxes_of(a, t);
  if (!mailboxes) return pass(mailboxes);
  const Principal& who = *c.call.targets[static_cast<std::size_t>(target)];
  if (who.quota_bytes && a.rec.used_bytes() + body->size > who.quota_bytes)
    return fail(Fault::permanent, "the account is over its quota", "OVER_QUOTA");
  for (const auto& k : t.keywords())
    if (!model::system_flag(k) && !model::valid_keyword(k))
      return fail(Fault::permanent, "not a flag", "INVALID");

  // Nothing above changed anything; from here on the commit takes its course.
  if (!work.txn) work.txn = std::make_unique<Txn>(c.store.engine(), a, c.store.now());
  Txn& txn = *work.txn;
  work.half_done = true;
  auto flags = txn.flag_bits(t.keywords(), true, nullptr);
  if (!flags) return pass(flags);
  auto thread = choose_thread(c.store.engine(), txn, c.content);
  if (!thread) return pass(thread);
  if (auto done = put_account_blob(c.store, txn, *body); !done) return done;
  c.store.index_blob(*body, c.extra);
  a.rec.set_quota_bytes(who.quota_bytes);

  records::Email rec;
  rec.set_thread(thread->thread);
  rec.set_received(t.received() ? t.received() : txn.now());
  rec.set_size(body->size);
  rec.set_blob(std::string(base::view(body->sha256)));
  rec.set_sent(c.add.sent());
  rec.set_prefix_size(static_cast<std::uint32_t>(t.prefix().size()));
  rec.set_identity(hash);
  EmailEdit& e = txn.add_email(std::move(rec));
  e.set_flags(*flags);
  for (MailboxState* m : *mailboxes)
    if (auto uid = txn.add_place(e, *m, t.deleted() || flags->has(model::kDeleted)); !uid) return pass(uid);
  write_thread_hashes(txn, *thread, e.rec.thread());
  put_content(txn, e.rec.id(), c.add, t.prefix(), c.content);
  if (!hash.empty()) {
    std::string value;
    base::put_u64(value, e.rec.id());
    txn.batch().put(keys::identity(hash), value);
  }
  fill_added(out, a, e.rec, txn.modseq());
  ++c.store.counters().emails_added;
  work.half_done = false;
  base::kill_point("append");
  base::kill_point("deliver.between");
  return {};
}

// The stored results of an earlier call with this sequence; one account answers for its own targets.
bool repeat_of(Store& store, Call& call, AccountWork& work, stored::Added& out) {
  const auto& r = call.request;
  if (!r.client() || !r.sequence()) return false;
  auto slot = work.state->results.find({r.client(), r.sequence()});
  if (!slot) return false;
  auto snapshot = store.engine().snapshot(work.account);
  if (!snapshot) return false;
  auto row = (*snapshot)->get(keys::result(*slot));
  records::StoredResult stored;
  stored::Added mine;
  if (!row || !*row || !stored.ParseFromString(**row) || stored.sequence() != r.sequence() ||
      stored.client() != r.client() || !mine.ParseFromString(stored.reply()) ||
      static_cast<std::size_t>(mine.results_size()) != work.targets.size())
    return false;
  for (std::size_t i = 0; i < work.targets.size(); ++i)
    out.mutable_results(work.targets[i])->Swap(mine.mutable_results(static_cast<int>(i)));
  ++store.counters().repeats;
  return true;
}

void set_error(stored::Error& out, Store& store, const base::Error& e) {
  if (e.code == "PANIC") store.stop_writing(e.what);
  stored::Reply r;
  postern::store::set_error(r, e);
  out = std::move(*r.mutable_error());
}

// Sorts the targets by account; a target that may not be written to gets its error at once.
Result<std::vector<AccountWork>> sort_targets(Store& store, Call& call, stored::Added& out) {
  const auto& add = call.request.add_emails();
  const Verb& verb = *find_verb(stored::Request::kAddEmails);
  Verb of_account = verb;
  of_account.needs_account = true;
  std::vector<AccountWork> works;
  for (int i = 0; i < add.targets_size(); ++i) {
    auto& one = *out.add_results();
    auto at = static_cast<std::size_t>(i);
    std::uint64_t id = add.targets(i).account();
    Result<> ok = at < call.targets.size() && call.targets[at]
                      ? may(*call.targets[at], of_account, id, store.revocations())
                  : at < call.targets.size() ? pass(call.targets[at])
                                             : fail(Fault::permanent, "a target without a ticket", "TICKET");
    if (!ok) {
      set_error(*one.mutable_error(), store, ok.error());
      continue;
    }
    auto same = std::ranges::find(works, id, &AccountWork::account);
    if (same == works.end()) {
      auto state = store.account(id, *call.targets[at], call);
      if (!state) {
        set_error(*one.mutable_error(), store, state.error());
        continue;
      }
      same = works.insert(works.end(), AccountWork{id, *state, nullptr, {}});
    }
    same->targets.push_back(i);
  }
  return works;
}

void store_results(Store& store, Call& call, AccountWork& work, const stored::Added& out) {
  const auto& r = call.request;
  if (!r.client() || !r.sequence()) return;
  stored::Added mine;
  for (int t : work.targets) *mine.add_results() = out.results(t);
  work.txn->store_result({r.client(), r.sequence()}, store.acknowledged(), mine.SerializeAsString());
}

}  // namespace

Result<> add_emails(Store& store, Call& call) {
  const auto& add = call.request.add_emails();
  if (add.targets().empty()) return fail(Fault::permanent, "no targets", "INVALID");
  if (static_cast<std::size_t>(add.targets_size()) > kMaxTargets)
    return fail(Fault::limit, "too many targets", "LIMIT");
  if (add.wire().size() + add.content().size() > kMaxRecordBytes)
    return fail(Fault::limit, "header and structure are too large", "LIMIT");
  AddContext c{store, call, add, {}, {}};
  if (!c.content.ParseFromString(add.content()))
    return fail(Fault::permanent, "malformed content", "INVALID");
  auto& out = *call.reply.mutable_added();
  auto works = sort_targets(store, call, out);
  if (!works) return pass(works);
  std::vector<Txn*> txns;
  std::vector<AccountWork*> writing;
  for (AccountWork& work : *works) {
    if (repeat_of(store, call, work, out)) continue;
    for (int t : work.targets) {
      auto& one = *out.mutable_results(t);
      if (auto done = add_one(c, work, t, one); !done) {
        one.Clear();
        set_error(*one.mutable_error(), store, done.error());
        if (work.half_done) break;
      }
    }
    if (!work.txn) continue;
    Result<> done = work.half_done ? fail(Fault::temporary, "the account can't be written now", "UNAVAILABLE")
                                   : work.txn->apply();
    if (!done) {
      for (int t : work.targets) {
        auto& one = *out.mutable_results(t);
        if (one.has_error()) continue;
        one.Clear();
        set_error(*one.mutable_error(), store, done.error());
      }
      continue;
    }
    store_results(store, call, work, out);
    txns.push_back(work.txn.get());
    writing.push_back(&work);
  }
  if (txns.empty()) return {};
  auto refused = store.commit_many(txns, call, c.extra);
  if (!refused) return pass(refused);
  for (std::size_t i = 0; i < refused->size(); ++i)
    if (auto& e = (*refused)[i])
      for (int t : writing[i]->targets) {
        out.mutable_results(t)->Clear();
        set_error(*out.mutable_results(t)->mutable_error(), store, *e);
      }
  return {};
}

}  // namespace postern::store
