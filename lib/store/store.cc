#include "store/store.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "store/keys.h"
#include "store/limits.h"
#include "store/names.h"
#include "store/upgrade.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

Result<std::vector<DefaultMailbox>> parse_default_mailboxes(std::string_view setting) {
  std::vector<DefaultMailbox> out;
  for (std::string_view item : base::split(setting, ',')) {
    item = base::trim(item);
    if (item.empty()) continue;
    std::size_t colon = item.rfind(':');
    DefaultMailbox m{std::string(item.substr(0, colon)), {}};
    if (colon != std::string_view::npos) m.role = base::to_lower(item.substr(colon + 1));
    for (std::string_view part : base::split(m.name, '/'))
      if (auto ok = check_name(part); !ok) return pass(ok);
    if (auto ok = check_role(m.role); !ok) return pass(ok);
    for (const auto& other : out)
      if (base::iequals(other.name, m.name) || (!m.role.empty() && other.role == m.role))
        return fail(Fault::permanent, "mailbox or role named twice: " + base::printable(m.name), "INVALID");
    out.push_back(std::move(m));
  }
  return out;
}

Store::Store(kv::Engine& engine, blob::Writer& blobs, Options options)
    : engine_(engine), blobs_(blobs), options_(std::move(options)) {
  if (!options_.clock) options_.clock = base::unix_now;
}

Result<std::unique_ptr<Store>> Store::open(kv::Engine& engine, blob::Writer& blobs, Options options) {
  if (options.default_mailboxes.empty()) {
    auto usual = parse_default_mailboxes(kDefaultMailboxes);
    if (!usual) return pass(usual);
    options.default_mailboxes = std::move(*usual);
  }
  std::unique_ptr<Store> s(new Store(engine, blobs, std::move(options)));
  if (auto done = s->load(); !done) return pass(done);
  return s;
}

Result<> Store::load() {
  auto version = store_version(engine_);
  if (!version) return pass(version);
  if (*version > kStoreVersion)
    return fail(Fault::permanent, "the store is of version " + std::to_string(*version) +
                                      ", and this Postern knows " + std::to_string(kStoreVersion) +
                                      " at most: install a newer one");
  if (*version == 0)
    if (auto done = set_store_version(engine_, kStoreVersion); !done) return done;
  if (*version && *version < kStoreVersion) {
    version_ = *version;
    base::log(base::Level::error, "store-version",
              {{"version", *version}, {"what", "run postern upgrade --check, then postern upgrade; until then no call "
                                               "is answered"}});
  }
  auto snapshot = engine_.snapshot(0);
  if (!snapshot) return pass(snapshot);
  auto read = [](std::string_view key, std::string_view value) {
    return key.size() == 9 && value.size() == 8 ? keys::u64_at(value, 0) : 0;
  };
  std::string from = keys::join('g'), to = keys::after(from);
  for (bool more = true; more;) {
    auto end =
        (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
          if (std::uint64_t generation = read(key, value)) revoked_[keys::u64_at(key, 1)] = generation;
          return true;
        });
    if (!end) return pass(end);
    log_corrupt(0, *end);
    more = end->more;
    from = end->resume;
  }
  return {};
}

void Store::stop_writing(std::string why) {
  if (!stopped_.empty()) return;
  stopped_ = std::move(why);
  base::log(base::Level::error, "writing-stopped", {{"what", stopped_}});
}

base::Error Store::write_failed(base::Error e) {
  if (e.code == "PANIC") stop_writing(e.what);
  if (e.code == "PANIC" || e.code == "STALE")
    e = {Fault::temporary, "the store can't be written now", "UNAVAILABLE"};
  return e;
}

void Store::step(Call& call) {
  if (call.state == Call::State::item) {
    call.reply.Clear();
    call.fds.clear();
  }
  call.changed.clear();
  if (has_to_wait(call)) {
    call.state = Call::State::again;
    call.pause_ms = kHeldPauseMs;
    return;
  }
  call.state = Call::State::done;
  if (!call.started) ++stats_.calls;
  const Verb* verb = call.verb = find_verb(call.request.verb_case());
  Result<> done = verb ? run(call, *verb) : fail(Fault::permanent, "no such verb", "INVALID");
  call.started = true;
  if (!done) {
    ++stats_.errors;
    call.state = Call::State::done;
    call.fds.clear();
    set_error(call.reply, write_failed(std::move(done.error())));
  }
  evict();
}

Result<> Store::run(Call& call, const Verb& verb) {
  const auto& r = call.request;
  if (auto ok = may(call.who, verb, r.account(), revoked_); !ok) return ok;
  if (version_ && verb.handler != upgrade_store)
    return fail(Fault::temporary, "the store is of version " + std::to_string(version_) + ": run postern upgrade", "UNAVAILABLE");
  if (!verb.is_write) return verb.handler(*this, call);
  if (stopped()) return fail(Fault::temporary, "the store can't be written now", "UNAVAILABLE");
  if (r.client() && r.acknowledged()) {
    if (acknowledged_.size() >= kMaxClients) acknowledged_.clear();
    auto& upto = acknowledged_[r.client()];
    upto = std::max(upto, r.acknowledged());
  }
  if (!call.started && verb.needs_account && answer_repeat(call, verb)) return {};
  return verb.handler(*this, call);
}

bool Store::answer_repeat(Call& call, const Verb&) {
  const auto& r = call.request;
  if (!r.client() || !r.sequence()) return false;
  auto a = account(r.account(), call.who, call);
  if (!a) return false;  // the handler says it
  auto slot = (*a)->results.find({r.client(), r.sequence()});
  if (!slot) return false;
  auto snapshot = engine_.snapshot((*a)->id);
  if (!snapshot) return false;
  auto row = (*snapshot)->get(keys::result(*slot));
  records::StoredResult stored;
  if (!row || !*row || !stored.ParseFromString(**row) || stored.client() != r.client() ||
      stored.sequence() != r.sequence() || !call.reply.ParseFromString(stored.reply()))
    return false;
  if (call.reply.has_flags_stored()) {
    snapshot->reset();
    auto& kept = *call.reply.mutable_flags_stored();
    if (!complete_result(*this, **a, r.store_flags().mailbox(), call.who, kept)) return false;
  }
  ++stats_.repeats;
  return true;
}

// ---- accounts that somebody looks at

std::shared_ptr<void> Store::hold(std::uint64_t account) {
  auto token = std::make_shared<char>();
  held_[account] = token;
  return token;
}

bool Store::is_held(std::uint64_t account) {
  auto it = held_.find(account);
  if (it == held_.end()) return false;
  if (!it->second.expired()) return true;
  held_.erase(it);
  return false;
}

bool Store::has_to_wait(const Call& call) {
  if (held_.empty()) return false;
  const auto& r = call.request;
  if (r.has_check_account() && call.work) return false;  // it may be the holder
  bool waits = is_held(r.account());
  for (const auto& t : r.add_emails().targets()) waits = waits || is_held(t.account());
  return waits;
}

// ---- accounts in memory

Result<AccountState*> Store::cached(std::uint64_t id) {
  auto a = in_memory(id);
  if (a && *a && (*a)->rec.deleted()) return nullptr;
  return a;
}

Result<AccountState*> Store::in_memory(std::uint64_t id) {
  if (auto it = accounts_.find(id); it != accounts_.end()) {
    if (!it->second.state->broken) {
      recent_.splice(recent_.begin(), recent_, it->second.recent);
      ++it->second.uses;
      return it->second.state.get();
    }
    drop(id);
  }
  auto state = std::make_unique<AccountState>(id);
  auto there = state->load(engine_);
  if (!there) return pass(there);
  if (!*there) return nullptr;
  {
    auto snapshot = engine_.snapshot(0);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::registered(id));
    if (!row) return pass(row);
    records::Registered r;
    if (*row && r.ParseFromString(**row)) state->rec.set_deleted(static_cast<std::uint64_t>(r.deleted()));
  }
  ++stats_.accounts_loaded;
  state->last = engine_.last();
  for (const auto& [_, m] : state->mailboxes)
    if (!m.alive() && m.rec.rows()) {
      queue_work(id);
      break;
    }
  if (all_mail_is_due(*state)) queue_work(id);
  recent_.push_front(id);
  Entry& e = accounts_[id];
  e.state = std::move(state);
  e.recent = recent_.begin();
  return e.state.get();
}

Result<AccountState*> Store::account(std::uint64_t id, const Principal& who, Call& call) {
  bool reads_all = who.kind == Kind::admin && call.verb && !call.verb->is_write;
  auto found = reads_all ? in_memory(id) : cached(id);
  if (!found) return found;
  AccountState* a = *found;
  if (a && a->rec.deleted() && !restorable(a->rec.deleted())) a = nullptr;   // it may be half purged
  // Another's account: the same answer whether it does not exist or shows nothing to this caller.
  bool sees_use = who.admin && call.verb && call.verb->number == stored::Request::kGetAccount;
  if (!is_owner(who, id) && (!a || !(a->shows(who) || sees_use)))
    return fail(Fault::permanent, "no access to this account", !a && sees_use ? "NOT_FOUND" : "DENIED");
  if (!a) {
    if (who.kind != Kind::user && who.kind != Kind::deliver)
      return fail(Fault::permanent, "no such account", "NOT_FOUND");
    if (stopped()) return fail(Fault::temporary, "the store can't be written now", "UNAVAILABLE");
    auto born = give_birth(id, call);
    if (!born) return born;
    a = *born;
  }
  if ((who.kind == Kind::user || who.kind == Kind::deliver) && who.account == id) a->take_quota(who);
  call.receipt = std::max(call.receipt, a->last);
  return a;
}

Result<AccountState*> Store::give_birth(std::uint64_t id, Call& call) {
  auto snapshot = engine_.snapshot(0);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::registered(id));
  if (!row) return pass(row);
  snapshot->reset();
  if (*row) {
    auto own = engine_.snapshot(id);
    if (!own) return pass(own);
    auto mark = (*own)->get(keys::loading());
    if (!mark) return pass(mark);
    if (*mark) return fail(Fault::temporary, "the account is being loaded", "UNAVAILABLE");
    return fail(Fault::permanent, "the account was deleted", "NOT_FOUND");
  }

  recent_.push_front(id);
  Entry& e = accounts_[id];
  e.state = std::make_unique<AccountState>(id);
  e.recent = recent_.begin();
  AccountState& a = *e.state;
  a.rec.set_version(kStoreVersion);
  a.rec.set_epoch(1);
  a.rec.set_next_email(1);
  a.rec.set_next_mailbox(1);
  a.rec.set_created(static_cast<std::uint64_t>(now()));
  Result<> done;
  {
    Txn txn(engine_, a, now());
    // Levels above it are made with it; one that is named itself stands before those below it, or has no role.
    auto make = [&](const DefaultMailbox& d) {
      std::uint32_t parent = 0;
      for (std::string_view rest = d.name; !rest.empty();) {
        std::size_t end = rest.find('/');
        std::string name(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (MailboxState* there = a.child(parent, name)) {
          parent = there->rec.id();
          continue;
        }
        records::Mailbox m;
        m.set_parent(parent);
        m.set_name(std::move(name));
        if (rest.empty()) m.set_role(d.role);
        m.set_subscribed(true);
        parent = txn.create_mailbox(std::move(m)).rec.id();
      }
    };
    make({"INBOX", "inbox"});
    for (const auto& d : options_.default_mailboxes)
      if (!base::iequals(d.name, "INBOX")) make(d);
    if (!options_.all_mail.empty()) txn.create_mailbox(new_all_mail(options_.all_mail)).rec.set_filled(true);
    records::Registered r;
    r.set_account(id);
    r.set_created(now());
    kv::Batch extra;
    extra.put(keys::registered(id), r.SerializeAsString());
    done = txn.apply();
    // The birth has no result of its own: the verb that caused it has.
    Call birth;
    if (done) done = commit(txn, birth, &extra);
    if (done) call.changed.insert(call.changed.end(), birth.changed.begin(), birth.changed.end());
  }
  if (!done) {
    drop(id);
    return pass(done);
  }
  return &a;
}

void Store::drop(std::uint64_t id) {
  auto it = accounts_.find(id);
  if (it == accounts_.end()) return;
  cache_bytes_ -= it->second.bytes;
  recent_.erase(it->second.recent);
  accounts_.erase(it);
}

void Store::evict() {
  if (recent_.empty()) return;
  Entry& e = accounts_.find(recent_.front())->second;
  // Counting is not free where there are many mailboxes.
  if (e.bytes == 0 || e.state->mailboxes.size() < 64 || e.uses % 64 == 0) {
    cache_bytes_ -= e.bytes;
    e.bytes = e.state->bytes();
    cache_bytes_ += e.bytes;
  }
  while (cache_bytes_ > options_.cache_bytes && recent_.size() > 1) drop(recent_.back());
}

std::uint64_t Store::modseq_of(std::uint64_t account) {
  auto a = cached(account);
  return a && *a ? (*a)->rec.modseq() : 0;
}

Stats Store::stats() const {
  Stats s = stats_;
  s.accounts_cached = accounts_.size();
  s.cache_bytes = cache_bytes_;
  return s;
}

Result<> Store::delete_account(std::uint64_t id, Call& call) {
  auto a = cached(id);
  if (!a) return pass(a);
  if (!*a) return fail(Fault::permanent, "no such account", "NOT_FOUND");
  records::Registered r;
  r.set_account(id);
  r.set_created(static_cast<std::int64_t>((*a)->rec.created()));
  r.set_deleted(std::max<std::int64_t>(now(), 1));
  kv::Batch batch;
  batch.put(keys::registered(id), r.SerializeAsString());
  for (const auto& [_, m] : (*a)->mailboxes)
    for (const auto& g : m.rec.acl()) batch.del(keys::shared(g.principal(), id));
  base::kill_point("commit.before");
  auto receipt = engine_.commit(0, batch);
  if (!receipt) return pass(receipt);
  base::kill_point("commit.after");
  ++stats_.commits;
  call.receipt = std::max(call.receipt, *receipt);
  drop(id);
  return {};
}

Result<> Store::undelete_account(std::uint64_t id, Call& call) {
  records::Registered r;
  {
    auto snapshot = engine_.snapshot(0);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::registered(id));
    if (!row) return pass(row);
    if (*row && !r.ParseFromString(**row)) return std::unexpected(corrupt_row(0, keys::registered(id)));
  }
  call.receipt = std::max(call.receipt, engine_.last());
  if (r.deleted() && !restorable(static_cast<std::uint64_t>(r.deleted())))
    return fail(Fault::permanent, "the account was deleted too long ago", "NOT_FOUND");
  if (call.request.undelete().dry_run() || (!r.deleted() && !revoked_.contains(id))) return {};
  kv::Batch batch;
  batch.del(keys::revoked(id));
  if (r.deleted()) {  // one that never had mail is not registered
    auto a = in_memory(id);
    if (!a) return pass(a);
    if (*a) put_all_hints(**a, batch);
    r.set_deleted(0);
    batch.put(keys::registered(id), r.SerializeAsString());
  }
  base::kill_point("commit.before");
  auto receipt = engine_.commit(0, batch);
  if (!receipt) return pass(receipt);
  base::kill_point("commit.after");
  ++stats_.commits;
  revoked_.erase(id);
  drop(id);
  call.receipt = std::max(call.receipt, *receipt);
  return {};
}

}  // namespace postern::store
