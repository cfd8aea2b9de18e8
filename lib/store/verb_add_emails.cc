// AddEmails: one message into mailboxes of up to 100 accounts, in one engine transaction, one flush.
#include <algorithm>

#include "base/system.h"
#include "base/text.h"
#include "model/ids.h"
#include "store/adding.h"
#include "store/annotations.h"
#include "store/keys.h"
#include "store/mailbox_tree.h"
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
  std::unique_ptr<Adder> adder;
  std::vector<int> targets;
  std::uint64_t bytes = 0, emails = 0;  // that the commit adds so far
  bool half_done = false;   // a target failed after it had changed something
};

// Identities of sharers are their own: nobody finds by one what somebody else added.
std::string identity_hash(const std::string& identity, const Principal& who, std::uint64_t account) {
  std::string whole = identity;
  if (!is_owner(who, account)) base::put_u64(whole, who.id);
  return model::identity_key(whole);
}

Result<Prepared> body_of(Store& store, Call& call, int target) {
  const auto& add = call.request.add_emails();
  auto at = static_cast<std::size_t>(target);
  if (add.blob().empty()) {
    if (at >= call.bodies.size()) return fail(Fault::permanent, "no body", "INVALID");
    return call.bodies[at];
  }
  // An existing blob is the first target's own, or it does not exist: to a sharer, who could guess at hashes, none
  // does.
  const auto& first = call.targets[0];
  if (!first || !is_owner(*first, add.targets(0).account()))
    return fail(Fault::permanent, "no such blob", "NOT_FOUND");
  if (!add.targets(target).prefix().empty())
    return fail(Fault::permanent, "a blob with a prefix", "INVALID");
  return existing_blob(store, add.targets(0).account(), add.blob());
}

// Where a target's message goes.
Result<std::vector<MailboxState*>> mailboxes_of(const Principal& who, AccountState& a,
                                                const stored::AddEmails::Target& t) {
  std::vector<MailboxState*> out;
  bool by_path = (who.kind == Kind::user && is_owner(who, a.id)) || who.kind == Kind::deliver;
  if (by_path && t.mailboxes_size() == 1 && !t.deliver_to().empty()) {
    MailboxState* m = at_path(a, t.deliver_to());
    if (!m) return fail(Fault::permanent, "no such mailbox", "NOT_FOUND");
    if (m->rec.all()) return fail(Fault::permanent, std::string(model::kNotInAllMailText), "CANNOT");
    out.push_back(m);
    return out;
  }
  for (std::uint32_t id : t.mailboxes()) {
    // Beside others, the mailbox that shows all mail makes no difference.
    if (a.shows_all(id) && std::ranges::any_of(t.mailboxes(), [id](std::uint32_t other) { return other != id; })) continue;
    auto m = open_mailbox(who, a, id, model::kInsert);
    if (!m) return pass(m);
    if (std::ranges::find(out, *m) == out.end()) out.push_back(*m);
  }
  if (out.empty() && !is_owner(who, a.id)) return fail(Fault::permanent, "no such mailbox", "NOT_FOUND");
  if (out.empty()) {
    MailboxState* m = t.deliver_to().empty() ? nullptr : a.top_without_case(t.deliver_to());
    if (!m || m->rec.all()) m = a.child(0, "INBOX");
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

// Is what decided this delivery what the account has now?  Changes are made on this thread, so that it holds for the commit.
bool is_decided(const Principal& who, const AccountState& a, const stored::AddEmails::Target& t) {
  if (!t.has_decided_by()) return true;
  const auto& by = t.decided_by();
  return is_owner(who, a.id) && by.epoch() == a.rec.epoch() && by.script_modseq() == a.rec.script_modseq() &&
         by.vacation_modseq() == a.rec.vacation_modseq();
}

// A sharer learns only where it is of what he asked for.
void keep_places(google::protobuf::RepeatedPtrField<records::Place>& places,
                 const stored::AddEmails::Target& t) {
  for (int i = places.size(); i-- > 0;)
    if (std::ranges::find(t.mailboxes(), places.Get(i).mailbox()) == t.mailboxes().end())
      places.DeleteSubrange(i, 1);
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
  const Principal& who = *c.call.targets[static_cast<std::size_t>(target)];
  std::string hash = t.identity().empty() ? std::string() : identity_hash(t.identity(), who, a.id);
  if (!hash.empty()) {
    auto before = by_identity(c.store, a, hash);
    if (!before) return pass(before);
    if (*before) {
      fill_added(out, a, **before, (*before)->modseq());
      out.set_existed(true);
      if (!is_owner(who, a.id)) keep_places(*out.mutable_places(), t);
      return {};
    }
  }
  if (!is_decided(who, a, t)) return fail(Fault::permanent, "the scripts have changed", "CHANGED");
  if (!valid_uidl(t.pop3_uidl())) return fail(Fault::permanent, "not a UIDL of POP3", "INVALID");
  auto mailboxes = mailboxes_of(who, a, t);
  if (!mailboxes) return pass(mailboxes);
  if (auto ok = admit_emails(a, work.bytes + body->size, work.emails + 1); !ok) return ok;
  if (auto flags = check_flags(t.keywords()); !flags) return flags;
  if (auto ok = check_annotations(t.annotations()); !ok) return ok;

  // Nothing above changed anything; from here on the commit takes its course.
  if (!work.txn) {
    work.txn = std::make_unique<Txn>(c.store.engine(), a, c.store.now());
    work.adder = std::make_unique<Adder>(c.store, *work.txn, c.extra);
  }
  work.half_done = true;
  NewEmail email{c.add.wire(), c.add.content(), c.content, t.keywords()};
  email.prefix = t.prefix();
  email.identity = hash;
  email.pop3_uidl = t.pop3_uidl();
  if (!email.pop3_uidl.empty()) a.rec.set_pop3_uidls(true);
  email.received = t.received();
  email.sent = c.add.sent();
  email.deleted = t.deleted();
  email.annotations = &t.annotations();
  email.who = &who;
  for (const MailboxState* m : *mailboxes) email.rights &= rights_in(who, a.id, m->rec);
  if (auto done = work.adder->add(email, *body, *mailboxes, out); !done) return done;
  work.bytes += body->size;
  ++work.emails;
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
