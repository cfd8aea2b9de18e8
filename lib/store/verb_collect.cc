// CollectBlobs: frees the room of bodies that nobody names any more, beside running writers and readers.
//
// Why no body is lost, whenever the process dies:
// - A place row goes only when its body is unmarked, was not named by any commit since the marks were begun (index_blob()
//   keeps a list), and was put before that less kGrace; all looked at in the step that deletes it, on the store thread.
//   A commit that comes later finds the row missing and writes it again.
// - A segment is condemned before it is emptied: new mail with the same body is written again, elsewhere.  Emptying
//   begins when every call has ended that had seen otherwise, so no commit names an old place afterwards.
// - A copy is flushed before the commit that says where it is, and that commit before the old segment goes.
// - A front end may use a place for Options::lease seconds after it got it; so long the old segment stays.
// - Damage anywhere in marks or place rows ends the work: fsck first.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/log.h"
#include "base/system.h"
#include "store/keys.h"
#include "store/marks.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::int64_t kGrace = 60;
constexpr std::uint32_t kPercentDead = 25;
constexpr std::size_t kBlobsPerMove = 256;
constexpr std::uint64_t kBytesPerMove = 16u << 20;
constexpr int kMaxRounds = 3;          // of looking again for what still names a condemned segment
constexpr int kSlicesPerItem = 50;     // of what is forgotten
constexpr int kSecondsPerItem = 10;    // progress while waiting, so that no deadline passes

enum class Phase { expire, mark, sweep, condemn, hold, move, moving, confirm, lease, remove };

struct Move {
  std::string sha256;
  std::string location;                // as its row has it
  Result<blob::Stored> copy = fail(Fault::temporary, "not copied");
};

struct Usage {
  std::uint64_t bytes = 0, live = 0;
  bool current = false;
  std::uint64_t dead() const { return bytes > live ? bytes - live : 0; }
};

struct Collecting {
  explicit Collecting(Store& s) : store(s) {}
  ~Collecting() {
    if (token) store.condemn({});
  }

  Store& store;
  std::shared_ptr<void> token;
  Phase phase = Phase::expire;
  std::int64_t began = 0, until = 0;
  std::vector<std::uint64_t> accounts;         // to expire
  Marker marker;
  std::string resume = keys::join('b');
  std::map<std::uint32_t, Usage> segments;
  std::unordered_set<std::uint32_t> condemned, kept;
  std::weak_ptr<void> others;                  // calls that may still use a condemned segment
  std::vector<Move> moves;
  Result<> synced;
  int rounds = 0, waited = 0, slices = 0;
  std::uint64_t left = 0;                      // rows that name a condemned segment, found by the last round
  stored::Collected told;
};

std::uint64_t room_of(const blob::Location& l) { return (l.header_length + l.stored_length + 7) / 8 * 8; }

base::Error damage(const std::string& where) {
  return {Fault::permanent, where + " is damaged: nothing is thrown away before `postern fsck --repair` has mended it",
          "CORRUPT"};
}

// One slice of the place rows; fn(sha256, place, location, value).  True when all were seen.
template <class Fn>
Result<bool> each_place(Store& store, Collecting& w, std::size_t max, Fn&& fn) {
  auto snapshot = store.engine().snapshot(0);
  if (!snapshot) return pass(snapshot);
  bool unreadable = false;
  auto read = [&](std::string_view key, std::string_view value) {
    records::BlobPlace place;
    bool parsed = key.size() == 33 && place.ParseFromArray(value.data(), static_cast<int>(value.size()));
    auto location = blob::Location::parse(place.location());
    if (!parsed || !location) return !(unreadable = true);
    return fn(key.substr(1), place, *location);
  };
  auto end = (*snapshot)->scan(w.resume, keys::after(keys::join('b')), max, read);
  if (!end) return pass(end);
  log_corrupt(0, *end);
  if (unreadable || end->corrupt_rows) return std::unexpected(damage("the index of bodies"));
  w.resume = end->more ? end->resume : keys::join('b');
  return !end->more;
}

// What is overdue is forgotten first, so that its bodies go now and not next time.
Result<> expire(Store& store, Call& call, Collecting& w) {
  if (!w.accounts.empty()) {
    auto more = store.expire(w.accounts.back(), call);
    if (!more && more.error().code == "PANIC") return pass(more);
    if (!more)  // fsck's affair; what the account names stays
      base::log(base::Level::warning, "gc-expire", {{"account", w.accounts.back()}, {"what", more.error().what}});
    if (!more || !*more) w.accounts.pop_back();
    if (++w.slices % kSlicesPerItem == 0) call.state = Call::State::item;
  }
  if (!w.accounts.empty()) return {};
  w.phase = Phase::mark;
  if (call.request.collect_blobs().expire_only()) call.state = Call::State::done;
  return {};
}

Result<> mark(Store& store, Collecting& w) {
  auto all = w.marker.step(store.engine());
  if (!all) return pass(all);
  if (!*all) return {};
  if (w.marker.damaged()) return std::unexpected(damage("a row that names bodies"));
  for (const auto& s : store.blobs().segment_stats())
    w.segments[s.segment] = {s.bytes - std::min<std::uint64_t>(s.bytes, 64), 0, s.current};
  w.phase = Phase::sweep;
  return {};
}

Result<> choose(Store& store, Call& call, Collecting& w) {
  std::uint32_t percent = call.request.collect_blobs().percent_dead();
  if (percent == 0) percent = kPercentDead;
  for (auto& [number, s] : w.segments) {
    w.told.set_segments(w.told.segments() + 1);
    w.told.set_bytes(w.told.bytes() + s.bytes);
    w.told.set_dead_bytes(w.told.dead_bytes() + s.dead());
    if (s.bytes == 0 || s.dead() * 100 < s.bytes * percent || s.dead() == 0) continue;
    w.condemned.insert(number);
    w.told.set_freed_bytes(w.told.freed_bytes() + s.dead());
    // The one that is written to is closed, so that it can go.
    if (s.current && !call.request.collect_blobs().report())
      if (auto rolled = store.blobs().roll(); !rolled) return rolled;
  }
  w.phase = Phase::condemn;
  return {};
}

Result<> sweep(Store& store, Call& call, Collecting& w) {
  bool report = call.request.collect_blobs().report();
  kv::Batch dead;
  auto all = each_place(store, w, kMaxRowsPerRead,
                        [&](std::string_view sha, const records::BlobPlace& place, const blob::Location& l) {
                          if (!w.marker.contains(sha) && !store.named_since(sha) && place.last_put() < w.began - kGrace)
                            dead.del(keys::blob_place(sha));
                          else
                            w.segments[l.segment].live += room_of(l);
                          return true;
                        });
  if (!all) return pass(all);
  if (!report && !dead.empty()) {
    base::kill_point("gc.sweep");
    auto receipt = store.engine().commit(0, dead);
    if (!receipt) return pass(receipt);
    call.receipt = std::max(call.receipt, *receipt);
  }
  return *all ? choose(store, call, w) : Result<>();
}

// The next places in condemned segments, to be copied on a worker.
Result<> gather(Store& store, Call& call, Collecting& w) {
  w.moves.clear();
  std::uint64_t bytes = 0;
  auto all = each_place(store, w, kMaxRowsPerRead,
                        [&](std::string_view sha, const records::BlobPlace& place, const blob::Location& l) {
                          if (!w.condemned.contains(l.segment) || w.kept.contains(l.segment)) return true;
                          w.moves.push_back({std::string(sha), place.location()});
                          bytes += l.size;
                          return w.moves.size() < kBlobsPerMove && bytes < kBytesPerMove;
                        });
  if (!all) return pass(all);
  w.left += w.moves.size();
  if (!w.moves.empty()) {
    w.phase = Phase::moving;
    call.offload = [work = std::static_pointer_cast<Collecting>(call.work), blobs = &store.blobs()] {
      for (Move& m : work->moves) {
        base::Digest sha{};
        std::ranges::copy(m.sha256, sha.begin());
        m.copy = blobs->rewrite(*blob::Location::parse(m.location), sha);
      }
      work->synced = blobs->sync();
    };
  }
  if (*all && w.moves.empty()) w.phase = Phase::confirm;
  return {};
}

// The copies are on the disk: from here on their rows say so.
Result<> moved(Store& store, Call& call, Collecting& w) {
  if (!w.synced) return pass(w.synced);
  kv::Batch batch;
  for (const Move& m : w.moves) {
    auto old = blob::Location::parse(m.location);
    if (!m.copy && m.copy.error().fault == Fault::temporary) return std::unexpected(m.copy.error());
    if (!m.copy) {  // what can't be read is not thrown away either
      w.kept.insert(old->segment);
      base::log(base::Level::error, "gc-kept", {{"segment", old->segment}, {"what", m.copy.error().what}});
      continue;
    }
    auto now = store.find_blob(m.sha256);
    if (!now) return pass(now);
    if (!*now || (*now)->location != m.location) continue;  // it was put anew meanwhile
    records::BlobPlace place;
    place.set_location(m.copy->location.serialize());
    place.set_last_put(store.now());
    batch.put(keys::blob_place(m.sha256), place.SerializeAsString());
    w.told.set_blobs_moved(w.told.blobs_moved() + 1);
  }
  w.phase = Phase::move;
  if (batch.empty()) return {};
  base::kill_point("gc.moved");
  auto receipt = store.engine().commit(0, batch);
  if (!receipt) return pass(receipt);
  call.receipt = std::max(call.receipt, *receipt);
  call.state = Call::State::item;   // which leaves when the commit is durable
  return {};
}

// Looks again until a whole round finds nobody who names a condemned segment.
Result<> confirm(Collecting& w) {
  if (w.left == 0 || ++w.rounds >= kMaxRounds) {
    if (w.left) w.kept = w.condemned;
    w.phase = Phase::lease;
  } else {
    w.phase = Phase::move;
  }
  w.left = 0;
  return {};
}

// The item before this step was sent after the flush of all moves.
Result<> wait(Store& store, Call& call, Collecting& w) {
  if (w.until == 0) w.until = store.now() + store.options().lease;
  if (store.now() >= w.until) {
    w.phase = Phase::remove;
    // One that was written to until now is closed for good.
    call.offload = [work = std::static_pointer_cast<Collecting>(call.work), blobs = &store.blobs()] {
      work->synced = blobs->sync();
    };
    return {};
  }
  call.pause_ms = 1'000;
  if (++w.waited % kSecondsPerItem == 0) call.state = Call::State::item;
  return {};
}

Result<> remove(Store& store, Call& call, Collecting& w) {
  if (!w.synced) return pass(w.synced);
  w.told.set_freed_bytes(0);
  for (std::uint32_t segment : w.condemned) {
    if (w.kept.contains(segment)) continue;
    auto gone = store.blobs().remove_segment(segment);
    if (!gone) {
      base::log(base::Level::warning, "gc-kept", {{"segment", segment}, {"what", gone.error().what}});
      continue;
    }
    w.told.set_segments_removed(w.told.segments_removed() + 1);
    w.told.set_freed_bytes(w.told.freed_bytes() + w.segments[segment].dead());
  }
  call.state = Call::State::done;
  return {};
}

Result<> condemn(Store& store, Call& call, Collecting& w) {
  if (call.request.collect_blobs().report() || w.condemned.empty()) {
    if (w.condemned.empty()) w.told.set_freed_bytes(0);
    call.state = Call::State::done;
    return {};
  }
  w.others = store.condemn(w.condemned);
  w.phase = Phase::hold;
  return {};
}

Result<> hold(Call& call, Collecting& w) {
  if (!w.others.expired()) {
    call.pause_ms = 20;
    if (++w.waited % (kSecondsPerItem * 50) == 0) call.state = Call::State::item;
    return {};
  }
  w.waited = 0;
  w.phase = Phase::move;
  return {};
}

Result<> go_on(Store& store, Call& call, Collecting& w) {
  switch (w.phase) {
    case Phase::expire: return expire(store, call, w);
    case Phase::mark: return mark(store, w);
    case Phase::sweep: return sweep(store, call, w);
    case Phase::condemn: return condemn(store, call, w);
    case Phase::hold: return hold(call, w);
    case Phase::move: return gather(store, call, w);
    case Phase::moving: return moved(store, call, w);
    case Phase::confirm: call.state = Call::State::item; return confirm(w);
    case Phase::lease: return wait(store, call, w);
    case Phase::remove: return remove(store, call, w);
  }
  return {};
}

Result<> begin(Store& store, Call& call) {
  auto w = std::make_shared<Collecting>(store);
  if (!call.request.collect_blobs().expire_only()) {   // which touches no segment, and may go on beside another
    auto token = store.begin_collecting();
    if (!token) return pass(token);
    w->token = std::move(*token);
  }
  w->began = store.now();
  if (!call.request.collect_blobs().report()) {
    auto accounts = all_accounts(store.engine());
    if (!accounts) return pass(accounts);
    w->accounts = std::move(*accounts);
  }
  call.work = std::move(w);
  return {};
}

}  // namespace

Result<std::shared_ptr<void>> Store::begin_collecting() {
  if (!collecting_.expired()) return fail(Fault::temporary, "bodies are being collected already", "IN_USE");
  auto token = std::make_shared<char>();
  collecting_ = token;
  named_.clear();
  return token;
}

Result<> collect_blobs(Store& store, Call& call) {
  if (call.request.collect_blobs().percent_dead() > 100) return fail(Fault::permanent, "more than 100 percent", "INVALID");
  if (!call.work)
    if (auto begun = begin(store, call); !begun) return begun;
  auto& w = *std::static_pointer_cast<Collecting>(call.work);
  call.state = Call::State::again;
  if (auto done = go_on(store, call, w); !done) return done;
  if (call.state == Call::State::again) return {};
  auto& out = *call.reply.mutable_collected();
  out = w.told;
  out.set_end(call.state == Call::State::done);
  return {};
}

}  // namespace postern::store
