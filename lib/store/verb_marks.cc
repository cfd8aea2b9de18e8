// GetMarks and TakeMarks: what was seen and is remembered until its time (RFC 7352, RFC 5230).  No client sees a mark, so
// that setting one raises no modseq; behind.cc forgets those that are over, and nobody believes them before it comes by.
#include "base/codec.h"
#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

Result<> check_ids(int count, const auto& id_of) {
  if (count > kMaxMarksAsked) return fail(Fault::limit, "too many marks at once", "LIMIT");
  for (int i = 0; i < count; ++i)
    if (id_of(i).size() != kMarkBytes) return fail(Fault::permanent, "a mark's id has 16 bytes", "INVALID");
  return {};
}

// Until when it is set; 0: it is not, or not any more.  A damaged one was never set: better a second reply than none.
Result<std::int64_t> read_mark(kv::Snapshot& snapshot, std::string_view id, std::int64_t now) {
  auto row = snapshot.get(keys::mark(id));
  if (!row && row.error().fault != Fault::corrupt) return pass(row);
  if (!row || !*row || (*row)->size() != 8) return 0;
  auto until = static_cast<std::int64_t>(keys::u64_at(**row, 0));
  return until > now ? until : 0;
}

}  // namespace

Result<> get_marks(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  const auto& r = call.request.get_marks();
  if (auto ok = check_ids(r.ids_size(), [&](int i) -> auto& { return r.ids(i); }); !ok) return ok;
  auto snapshot = store.engine().snapshot((*opened)->id);
  if (!snapshot) return pass(snapshot);
  auto& out = *call.reply.mutable_marks();
  for (const auto& id : r.ids()) {
    auto until = read_mark(**snapshot, id, store.now());
    if (!until) return pass(until);
    out.add_found(*until != 0);
  }
  return {};
}

Result<> take_marks(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.take_marks();
  if (auto ok = check_ids(r.marks_size(), [&](int i) -> auto& { return r.marks(i).id(); }); !ok) return ok;
  Txn txn(store.engine(), a, store.now());
  auto& out = *call.reply.mutable_marks();
  {
    auto snapshot = store.engine().snapshot(a.id);
    if (!snapshot) return pass(snapshot);
    for (const auto& m : r.marks()) {
      auto until = read_mark(**snapshot, m.id(), store.now());
      if (!until) return pass(until);
      out.add_found(*until != 0);
      if (m.until() <= store.now() || (*until && m.keep())) continue;
      if (*until && *until != m.until()) txn.batch().del(keys::mark_end(static_cast<std::uint64_t>(*until), m.id()));
      std::string value;
      base::put_u64(value, static_cast<std::uint64_t>(m.until()));
      txn.batch().put(keys::mark(m.id()), value);
      txn.batch().put(keys::mark_end(static_cast<std::uint64_t>(m.until()), m.id()), {});
    }
  }
  return store.commit(txn, call);
}

}  // namespace postern::store
