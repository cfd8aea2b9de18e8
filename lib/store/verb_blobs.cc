// PutBlob and GetBlobs: JMAP upload and download (RFC 8620 6).  To a client a blob is (account, SHA-256).
#include <algorithm>

#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

void fill(stored::Blobs::One& out, const Prepared& p, const std::string& type) {
  out.set_hash(std::string(base::view(p.sha256)));
  out.set_size(p.size);
  out.set_location(p.location);
  out.set_type(type);
}

}  // namespace

Result<> put_blob(Store& store, Call& call) {
  if (call.who.kind == Kind::admin) return put_loaded_blob(store, call);
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.put_blob();
  if (call.bodies.size() != 1) return fail(Fault::permanent, "no body", "INVALID");
  if (!call.bodies[0]) return pass(call.bodies[0]);
  const Prepared& p = *call.bodies[0];
  if (r.type().size() > kMaxBlobType) return fail(Fault::limit, "media type over 255 bytes", "LIMIT");
  std::string sha(base::view(p.sha256));
  records::AccountBlob b;
  {
    auto snapshot = store.engine().snapshot(a.id);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::blob(sha));
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    if (row && *row && !b.ParseFromString(**row)) b.Clear();
  }
  b.set_uploaded(store.now());
  b.set_size(p.size);
  if (!r.type().empty()) b.set_type(r.type());
  kv::Batch batch, extra;
  batch.put(keys::blob(sha), b.SerializeAsString());
  batch.put(keys::upload(static_cast<std::uint64_t>(store.now()), sha), {});
  if (auto done = store.index_blob(p, extra); !done) return done;
  if (auto done = store.commit_quiet(a, batch, call, &extra); !done) return done;
  fill(*call.reply.mutable_blobs()->add_blobs(), p, b.type());
  return {};
}

Result<> get_blobs(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.get_blobs();
  if (static_cast<std::size_t>(r.hashes_size()) > kMaxBlobsAsked)
    return fail(Fault::limit, "too many blobs asked for", "LIMIT");
  auto& out = *call.reply.mutable_blobs();
  for (const std::string& sha : r.hashes()) {
    auto& one = *out.add_blobs();
    one.set_hash(sha);
    if (sha.size() != 32) continue;
    auto snapshot = store.engine().snapshot(a.id);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::blob(sha));
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    snapshot->reset();
    records::AccountBlob b;
    if (!row || !*row || !b.ParseFromString(**row)) continue;
    auto place = store.find_blob(sha);
    if (!place) return pass(place);
    if (*place) fill(one, **place, b.type());
  }
  return {};
}

}  // namespace postern::store
