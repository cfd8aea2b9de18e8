// GetThreads and GetChanges.
#include <algorithm>
#include <span>
#include <unordered_map>

#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

Result<> get_threads(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.get_threads();
  if (static_cast<std::size_t>(r.ids_size()) > kMaxThreadsAsked)
    return fail(Fault::limit, "too many threads asked for", "LIMIT");
  auto& out = *call.reply.mutable_threads();
  out.set_thread_modseq(a.rec.thread_modseq());
  out.set_epoch(a.rec.epoch());
  std::size_t bytes = 0;
  for (std::uint64_t id : r.ids()) {
    auto t = a.thread(store.engine(), id);
    if (!t && t.error().fault != Fault::corrupt) return pass(t);
    stored::Threads::One one;
    one.set_id(id);
    if (t && *t)
      for (const auto& m : (*t)->members())
        if (m.mailboxes_size()) one.add_emails(m.email());
    if (!one.emails_size()) {
      out.add_not_found(id);
      continue;
    }
    bytes += one.ByteSizeLong() + 4;
    if (bytes > kMaxAnswerBytes) return fail(Fault::limit, "the threads asked for are too large", "LIMIT");
    *out.add_threads() = std::move(one);
  }
  return {};
}

namespace {

// What happened to one id over the commits read.
struct Fate {
  bool existed;    // before the first of them
  bool exists;     // after the last
  bool updated = false;
};

class Collector {
 public:
  explicit Collector(stored::GetChanges::Type type) : type_(type) {}

  // All ids of a commit in a fixed order; `offset` cuts inside it.
  struct Event {
    enum Kind { created, updated, destroyed } kind;
    std::uint64_t id;
  };
  std::vector<Event> events(const records::Change& c) const {
    std::vector<Event> out;
    auto add = [&](const auto& ids, Event::Kind kind) {
      for (auto id : ids) out.push_back({kind, id});
    };
    if (type_ == stored::GetChanges::EMAIL) {
      add(c.email_created(), Event::created);
      add(c.email_updated(), Event::updated);
      add(c.email_destroyed(), Event::destroyed);
    } else if (type_ == stored::GetChanges::MAILBOX) {
      add(c.mailbox_created(), Event::created);
      add(c.mailbox_updated(), Event::updated);
      add(c.mailbox_destroyed(), Event::destroyed);
    } else {
      add(c.thread_created(), Event::created);
      add(c.thread_updated(), Event::updated);
      add(c.thread_destroyed(), Event::destroyed);
    }
    return out;
  }

  // How many ids the answer would have with these events too.
  std::size_t size_with(std::span<const Event> events) const {
    std::size_t n = fates_.size();
    for (const Event& e : events) n += !fates_.contains(e.id);
    return n;
  }
  std::size_t size() const { return fates_.size(); }

  void take(std::span<const Event> events, const records::Change& c) {
    for (const Event& e : events) {
      auto [it, fresh] = fates_.try_emplace(e.id, Fate{e.kind != Event::created, true});
      if (fresh) order_.push_back(e.id);
      it->second.exists = e.kind != Event::destroyed;
      it->second.updated |= e.kind == Event::updated;
      if (e.kind != Event::updated || !c.mailbox_counts_only()) only_counts_ = false;
    }
  }

  void fill(stored::Changes& out) const {
    for (std::uint64_t id : order_) {
      const Fate& f = fates_.at(id);
      if (f.existed && f.exists)
        out.add_updated(id);
      else if (f.exists)
        out.add_created(id);
      else if (f.existed)
        out.add_destroyed(id);
    }
    out.set_counts_only(type_ == stored::GetChanges::MAILBOX && out.updated_size() && only_counts_);
  }

 private:
  stored::GetChanges::Type type_;
  std::unordered_map<std::uint64_t, Fate> fates_;
  std::vector<std::uint64_t> order_;
  bool only_counts_ = true;
};

std::uint64_t modseq_of(const AccountState& a, stored::GetChanges::Type type) {
  switch (type) {
    case stored::GetChanges::MAILBOX: return a.rec.mailbox_modseq();
    case stored::GetChanges::THREAD: return a.rec.thread_modseq();
    default: return a.rec.email_modseq();
  }
}

}  // namespace

// A state (since, offset) means: every commit up to `since` is known, and the first `offset` ids of the next
// commit that touched this type.
Result<> get_changes(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.get_changes();
  if (!stored::GetChanges::Type_IsValid(r.type())) return fail(Fault::permanent, "no such type", "INVALID");
  if (r.epoch() != a.rec.epoch() || r.since() > a.rec.modseq() || r.since() < a.rec.log_floor())
    return fail(Fault::permanent, "the state is unknown or too old", "CANNOT_CALCULATE");
  std::size_t max = r.max_changes() ? std::min<std::size_t>(r.max_changes(), kMaxChanges) : kMaxChanges;
  auto& out = *call.reply.mutable_changes();
  out.set_epoch(a.rec.epoch());
  std::uint64_t now = std::max(modseq_of(a, r.type()), r.since());
  Collector all(r.type());
  std::uint64_t since = r.since();
  std::uint32_t offset = 0, skip = r.offset();
  bool more = false;

  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  auto read = [&](std::string_view key, std::string_view value) {
    records::Change c;
    if (key.size() != 9 || !c.ParseFromArray(value.data(), static_cast<int>(value.size()))) return true;
    auto events = all.events(c);
    if (events.empty()) return true;
    std::span<const Collector::Event> rest(events);
    rest = rest.subspan(std::min<std::size_t>(skip, rest.size()));
    std::uint32_t skipped = static_cast<std::uint32_t>(events.size() - rest.size());
    skip = 0;
    if (all.size_with(rest) <= max) {
      all.take(rest, c);
      since = keys::u64_at(key, 1);
      return true;
    }
    more = true;
    // A commit goes into the answer whole, unless it alone is too large for one.
    if (all.size() == 0) {
      all.take(rest.first(max), c);
      offset = skipped + static_cast<std::uint32_t>(max);
    }
    return false;
  };
  if (r.since() < now) {
    auto end = (*snapshot)->scan(keys::change(r.since() + 1), keys::change(now + 1), kMaxRowsPerRead, read);
    if (!end) return pass(end);
    // A hole in the log means that changes are missing.
    if (end->corrupt_rows) {
      log_corrupt(a.id, *end);
      return fail(Fault::corrupt, "the change log is damaged", "CANNOT_CALCULATE");
    }
    more = more || end->more;
  }
  all.fill(out);
  out.set_has_more(more);
  out.set_new_since(more ? since : now);
  out.set_new_offset(more ? offset : 0);
  return {};
}

}  // namespace postern::store
