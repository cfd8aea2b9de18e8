// LoadAccount: a whole account as it was, with its ids, UIDs and modseqs.
//
// Row "Z" marks an account that is being loaded: it has no row "A" yet, so that nobody sees it, and a user's verb is
// answered UNAVAILABLE.  `finish` writes "A" and the mailboxes in the commit that removes "Z".  A load that was given up
// is cleared away by the next `begin`.
#include <algorithm>
#include <array>

#include "base/system.h"
#include "store/keys.h"
#include "store/loading.h"
#include "store/upgrade.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kMaxLoads = 4;            // at the same time; the oldest gives way
constexpr std::size_t kThreadsPerCommit = 1'000;

Result<bool> has_row(kv::Engine& engine, std::uint64_t account, const std::string& key) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(key);
  if (!row) return pass(row);
  return row->has_value();
}

Result<> commit(Store& store, Call& call, std::uint64_t account, kv::Batch& batch) {
  base::kill_point("commit.before");
  auto receipt = store.engine().commit(account, batch);
  if (!receipt) return pass(receipt);
  base::kill_point("commit.after");
  call.receipt = std::max(call.receipt, *receipt);
  return {};
}

// Rows of account 0 with those of the account.
Result<> commit_both(Store& store, Call& call, kv::Batch& own, std::uint64_t account, kv::Batch& batch) {
  if (own.empty()) return commit(store, call, account, batch);
  std::array<kv::AccountBatch, 2> both{{{0, &own}, {account, &batch}}};
  base::kill_point("commit.before");
  auto receipt = store.engine().commit_many(both);
  if (!receipt) return pass(receipt);
  for (auto& b : both)
    if (b.refused) return std::unexpected(*b.refused);
  base::kill_point("commit.after");
  call.receipt = std::max(call.receipt, *receipt);
  return {};
}

// --- begin

// One slice of what an earlier load left; false when nothing is left.
Result<bool> clear_slice(Store& store, Call& call, std::uint64_t account) {
  kv::Batch batch;
  {
    auto snapshot = store.engine().snapshot(account);
    if (!snapshot) return pass(snapshot);
    auto end = (*snapshot)->scan(std::string(1, '\x01'), {}, kMaxEmailsPerCommit,
                                 [&](std::string_view key, std::string_view) {
                                   if (key != keys::loading()) batch.del(key);
                                   return true;
                                 });
    if (!end) return pass(end);
    for (const auto& key : end->corrupt) batch.del(key);
  }
  if (batch.empty()) return false;
  if (auto ok = commit(store, call, account, batch); !ok) return pass(ok);
  return true;
}

Result<Loading> new_load(const records::Account& given, std::int64_t now) {
  Loading l;
  if (given.keywords_size() > model::kMaxKeywords) return fail(Fault::limit, "too many keywords", "LIMIT");
  for (const auto& k : given.keywords())
    if (!model::valid_keyword(k)) return invalid_load("not a keyword");
  if (!given.epoch() || !given.next_email() || !given.next_mailbox())
    return invalid_load("the account's epoch or counters are missing");
  l.rec = given;
  l.rec.set_version(kStoreVersion);
  l.rec.set_log_floor(given.modseq());   // what went before is not known here
  l.rec.set_used_bytes(0);
  l.rec.set_used_emails(0);
  l.rec.set_deleted_bytes(0);
  l.rec.set_deleted(0);   // its registration says that
  l.deleted = std::min(given.deleted(), static_cast<std::uint64_t>(now));
  if (!l.rec.created()) l.rec.set_created(static_cast<std::uint64_t>(now));
  return l;
}

Result<> begin_load(Store& store, Call& call, std::uint64_t account, const records::Account& given) {
  auto registered = has_row(store.engine(), 0, keys::registered(account));
  if (!registered) return pass(registered);
  auto marked = has_row(store.engine(), account, keys::loading());
  if (!marked) return pass(marked);
  if (*registered && !*marked)
    return fail(Fault::permanent, "the store has or had account " + std::to_string(account) + " already", "EXISTS");
  auto load = new_load(given, store.now());
  if (!load) return pass(load);
  if (*marked) {
    auto more = clear_slice(store, call, account);
    if (!more) return pass(more);
    if (*more) {
      call.state = Call::State::again;
      return {};
    }
  }
  records::Registered r;
  r.set_account(account);
  r.set_created(static_cast<std::int64_t>(load->rec.created()));
  r.set_deleted(static_cast<std::int64_t>(load->deleted));   // from the beginning, so that an undelete meanwhile holds
  kv::Batch own, mark;
  own.put(keys::registered(account), r.SerializeAsString());
  mark.put(keys::loading(), load->rec.SerializeAsString());
  if (auto ok = commit_both(store, call, own, account, mark); !ok) return ok;
  store.loads().begin(account, std::move(*load));
  return {};
}

// --- finish

// The tree holds together, and there is an INBOX.
Result<> check_tree(const Loading& l) {
  std::unordered_set<std::string> names, roles;
  bool inbox = false;
  auto living = [&](std::uint32_t id) {
    auto it = l.mailboxes.find(id);
    return it == l.mailboxes.end() || it->second.destroyed() ? nullptr : &it->second;
  };
  for (const auto& [id, m] : l.mailboxes) {
    if (m.destroyed()) continue;
    std::string key;
    base::put_u32(key, m.parent());
    if (!names.insert(key + m.name()).second) return invalid_load("two mailboxes have one name");
    if (!m.role().empty() && !roles.insert(m.role()).second) return invalid_load("two mailboxes have one role");
    inbox = inbox || (m.parent() == 0 && m.name() == "INBOX");
    std::size_t depth = 0;
    for (std::uint32_t at = m.parent(); at; ++depth) {
      const auto* above = living(at);
      if (!above || depth > kMaxDepth) return invalid_load("a mailbox hangs in the air");
      at = above->parent();
    }
  }
  bool active = !l.rec.active_script() ||
                std::ranges::any_of(l.scripts, [&](const auto& s) { return s.second == l.rec.active_script(); });
  if (!active) return invalid_load("the active script is not there");
  return inbox ? Result<>() : invalid_load("there is no INBOX");
}

// Threads first, in slices; then, in one commit, what makes it an account.
Result<> finish_load(Store& store, Call& call, std::uint64_t account, Loading& l) {
  if (call.cursor == 0)
    if (auto ok = check_tree(l); !ok) return ok;
  kv::Batch batch;
  auto it = l.threads.lower_bound(call.cursor);
  for (std::size_t n = 0; it != l.threads.end() && n < kThreadsPerCommit; ++it, ++n)
    batch.put(keys::thread(it->first), it->second.SerializeAsString());
  if (!batch.empty()) {
    if (auto ok = commit(store, call, account, batch); !ok) return ok;
    call.cursor = it == l.threads.end() ? UINT64_MAX : it->first;
    call.state = Call::State::again;
    return {};
  }
  AccountState whole(account);
  whole.rec = l.rec;
  for (const auto& [id, m] : l.mailboxes) whole.mailboxes[id].rec = m;
  for (auto& [id, m] : whole.mailboxes)
    if (m.alive()) whole.index(m);
  Txn counting(store.engine(), whole, store.now());   // never committed: it only counts
  if (auto ok = counting.recount_threads(); !ok) return ok;
  for (const auto& [id, m] : whole.mailboxes) batch.put(keys::mailbox(id), m.rec.SerializeAsString());
  batch.put(keys::account(), l.rec.SerializeAsString());
  batch.del(keys::loading());
  kv::Batch hints;   // for those with whom something is shared
  if (!l.deleted) put_all_hints(whole, hints);
  if (auto ok = commit_both(store, call, hints, account, batch); !ok) return ok;
  call.changed.push_back({account, l.rec.modseq()});
  call.reply.mutable_done()->set_modseq(l.rec.modseq());
  call.audited = "account " + std::to_string(account) + " with " + std::to_string(l.emails.size()) + " emails";
  store.loads().end(account);
  return {};
}

}  // namespace

Loads::Loads() = default;
Loads::~Loads() = default;

Loading* Loads::find(std::uint64_t account) {
  auto it = loads_.find(account);
  return it == loads_.end() ? nullptr : it->second.get();
}
void Loads::begin(std::uint64_t account, Loading load) {
  end(account);
  if (order_.size() >= kMaxLoads) end(order_.front());
  order_.push_back(account);
  loads_[account] = std::make_unique<Loading>(std::move(load));
}
void Loads::end(std::uint64_t account) {
  std::erase(order_, account);
  loads_.erase(account);
}

Result<> load_account(Store& store, Call& call) {
  const auto& r = call.request.load_account();
  std::uint64_t account = call.request.account();
  if (r.begin() && call.cursor == 0) {
    if (auto ok = begin_load(store, call, account, r.account()); !ok) return ok;
    if (call.state == Call::State::again) return {};
  }
  Loading* l = store.loads().find(account);
  if (!l) {
    auto there = r.finish() ? has_row(store.engine(), account, keys::account()) : Result<bool>(false);
    if (!there) return pass(there);
    if (!*there) return fail(Fault::permanent, "this account is not being loaded: begin again", "CONFLICT");
    call.reply.mutable_done();   // a repeated finish
    return {};
  }
  if (call.cursor == 0) {
    if (static_cast<std::size_t>(r.emails_size()) > kMaxEmailsPerCommit)
      return fail(Fault::limit, "too many emails in one call", "LIMIT");
    kv::Batch own;
    if (auto ok = load_parts(store, *l, account, r, own); !ok) {
      store.loads().end(account);   // half of this call is in memory only
      return ok;
    }
    if (!own.empty())
      if (auto ok = commit(store, call, account, own); !ok) {
        store.loads().end(account);
        return ok;
      }
  }
  if (r.finish()) return finish_load(store, call, account, *l);
  call.reply.mutable_done();
  return {};
}

// PutBlob for an account that is being loaded: it has no row of its own yet.
Result<> put_loaded_blob(Store& store, Call& call) {
  std::uint64_t account = call.request.account();
  if (!store.loads().find(account))
    return fail(Fault::permanent, "an admin puts bodies only where an account is being loaded", "DENIED");
  if (call.bodies.size() != 1) return invalid_load("no body");
  if (!call.bodies[0]) return pass(call.bodies[0]);
  const Prepared& p = *call.bodies[0];
  kv::Batch own;
  if (auto ok = store.index_blob(p, own); !ok) return ok;
  if (!own.empty())
    if (auto ok = commit(store, call, 0, own); !ok) return ok;
  auto& out = *call.reply.mutable_blobs()->add_blobs();
  out.set_hash(std::string(base::view(p.sha256)));
  out.set_size(p.size);
  return {};
}

}  // namespace postern::store
