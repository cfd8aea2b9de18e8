// Bodies of new mail and uploads: hashed, compared with what is there, written to a segment.  May run on a
// worker.
#include <unistd.h>

#include <algorithm>

#include "base/codec.h"
#include "base/system.h"
#include "store/keys.h"
#include "store/limits.h"
#include "store/store.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kPiece = 256u << 10;

Result<std::uint64_t> file_size(int fd) {
  off_t n = ::lseek(fd, 0, SEEK_END);
  if (n < 0) return fail(Fault::permanent, "the body is no regular file", "INVALID");
  if (static_cast<std::uint64_t>(n) > blob::kMaxBlobSize)
    return fail(Fault::limit, "the body is too large", "LIMIT");
  return static_cast<std::uint64_t>(n);
}

// Calls fn with the bytes [0, size) in pieces.
template <class Fn>
Result<> each_piece(int fd, std::uint64_t size, Fn&& fn) {
  for (std::uint64_t at = 0; at < size;) {
    auto piece =
        base::pread_exact(fd, static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - at)), at);
    if (!piece) return pass(piece);
    at += piece->size();
    if (Result<> done = fn(*piece); !done) return done;
  }
  return {};
}

// A descriptor that begins with the prefix: in a file of its own, since the body may be larger than memory
// should be.
Result<base::Fd> join(const std::string& folder, std::string_view prefix, int fd, std::uint64_t size) {
  auto spool = base::open_spool(folder);
  if (!spool) return spool;
  if (auto w = base::write_all(spool->get(), prefix); !w) return pass(w);
  auto copied =
      each_piece(fd, size, [&](const std::string& piece) { return base::write_all(spool->get(), piece); });
  if (!copied) return pass(copied);
  return spool;
}

}  // namespace

bool Store::has_body(const Call& call) {
  const auto& r = call.request;
  return r.verb_case() == stored::Request::kAddEmails || r.verb_case() == stored::Request::kPutBlob ||
         r.verb_case() == stored::Request::kAddBatch;
}

std::uint64_t Store::body_size(const Call& call) {
  const auto& r = call.request;
  std::uint64_t n = r.has_add_emails() ? r.add_emails().body().size()
                    : r.has_put_blob() ? r.put_blob().body().size()
                                       : r.add_batch().ByteSizeLong();
  if (call.body)
    if (auto size = file_size(call.body.get())) n = std::max(n, *size);
  return r.has_add_emails() ? n * std::max(1, r.add_emails().targets_size()) : n;
}

Result<std::optional<Prepared>> Store::find_blob(std::string_view sha256) {
  std::string key = keys::blob_place(sha256);
  for (int tries = 0; tries < 20; ++tries) {
    auto snapshot = engine_.snapshot(0);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(key);
    if (!row) {
      if (row.error().code == "STALE") continue;  // off the store thread a commit may come in between
      if (row.error().fault != Fault::corrupt) return pass(row);
      corrupt_row(0, key);  // named; the body is written again, the row with it
      break;
    }
    records::BlobPlace place;
    if (!*row || !place.ParseFromString(**row)) break;
    auto location = blob::Location::parse(place.location());
    if (!location) break;
    Prepared p;
    p.location = place.location();
    std::copy(sha256.begin(), sha256.end(), p.sha256.begin());
    p.size = location->size;
    p.known = place.last_put() + kRestampBlob > now();
    return std::optional(std::move(p));
  }
  return std::optional<Prepared>();
}

Result<std::optional<Prepared>> Store::find_reusable(std::string_view sha256) {
  auto found = find_blob(sha256);
  if (!found || !*found) return found;
  auto location = blob::Location::parse((*found)->location);
  std::lock_guard hold(condemned_lock_);
  if (!location || condemned_.contains(location->segment)) found->reset();
  return found;
}

std::weak_ptr<void> Store::condemn(std::unordered_set<std::uint32_t> segments) {
  std::lock_guard hold(condemned_lock_);
  condemned_ = std::move(segments);
  return std::exchange(view_, std::make_shared<char>());
}

Result<Prepared> Store::prepare_bytes(std::string_view bytes) {
  base::Digest digest = base::sha256(bytes);
  auto known = find_reusable(base::view(digest));
  if (!known) return pass(known);
  if (*known) return std::move(**known);
  auto stored = blobs_.put(bytes, &digest);
  if (!stored) return pass(stored);
  base::kill_point("blob.written");
  return Prepared{stored->location.serialize(), digest, bytes.size(), false, stored->put};
}

namespace {

Result<Prepared> prepare_file(Store& store, int fd, std::uint64_t size) {
  base::Sha256 hash;
  auto read = each_piece(fd, size, [&](const std::string& piece) -> Result<> {
    hash.update(piece);
    return {};
  });
  if (!read) return pass(read);
  base::Digest digest = hash.finish();
  auto known = store.find_reusable(base::view(digest));
  if (!known) return pass(known);
  if (*known) return std::move(**known);
  auto stored = store.blobs().put(fd, size, &digest);
  if (!stored) return pass(stored);
  base::kill_point("blob.written");
  return Prepared{stored->location.serialize(), digest, size, false, stored->put};
}

Result<Prepared> prepare_target(Store& store, const Call& call, std::string_view prefix,
                                std::string_view body) {
  if (prefix.size() > kMaxPrefix) return fail(Fault::limit, "prefix over 16 KB", "LIMIT");
  if (!call.body) {
    if (prefix.empty()) return store.prepare_bytes(body);
    std::string whole;
    whole.reserve(prefix.size() + body.size());
    whole.append(prefix).append(body);
    return store.prepare_bytes(whole);
  }
  auto size = file_size(call.body.get());
  if (!size) return pass(size);
  if (*size + prefix.size() <= kMaxPrefixInMemory) {
    auto bytes = base::pread_exact(call.body.get(), static_cast<std::size_t>(*size), 0);
    if (!bytes) return pass(bytes);
    if (!prefix.empty()) bytes->insert(0, prefix);
    return store.prepare_bytes(*bytes);
  }
  if (prefix.empty()) return prepare_file(store, call.body.get(), *size);
  auto whole = join(store.options().spool_folder, prefix, call.body.get(), *size);
  if (!whole) return pass(whole);
  return prepare_file(store, whole->get(), *size + prefix.size());
}

Result<stored::AddBatch> read_batch(const Call& call) {
  if (!call.body) return fail(Fault::permanent, "descriptor missing", "INVALID");
  auto size = file_size(call.body.get());
  if (!size) return pass(size);
  if (*size > kMaxBatchBytes) return fail(Fault::limit, "the batch is too large", "LIMIT");
  auto bytes = base::pread_exact(call.body.get(), static_cast<std::size_t>(*size), 0);
  if (!bytes) return pass(bytes);
  stored::AddBatch out;
  if (!out.ParseFromString(*bytes)) return fail(Fault::permanent, "malformed batch", "INVALID");
  return out;
}

}  // namespace

// Bodies that come with the batch are written; of the others there is nothing to do yet.
void Store::prepare_batch(Call& call) {
  stored::AddBatch& batch = *call.request.mutable_add_batch();
  if (batch.in_descriptor()) {
    auto messages = read_batch(call);
    if (!messages) return call.bodies.push_back(pass(messages));
    batch.mutable_messages()->Swap(messages->mutable_messages());
  }
  if (static_cast<std::size_t>(batch.messages_size()) > kMaxBatch) return;  // the verb says it
  for (const auto& m : batch.messages())
    call.bodies.push_back(m.body().empty() ? Result<Prepared>(Prepared{}) : prepare_bytes(m.body()));
}

void Store::prepare(Call& call) {
  call.bodies.clear();
  prepare_bodies(call);
  for (const auto& body : call.bodies)
    if (body) call.put = std::max(call.put, body->put);
}

void Store::prepare_bodies(Call& call) {
  const auto& r = call.request;
  {
    std::lock_guard hold(condemned_lock_);
    call.bodies_held = view_;
  }
  if (r.has_add_batch()) return prepare_batch(call);
  if (r.has_put_blob()) {
    if (r.put_blob().body_in_descriptor() != static_cast<bool>(call.body))
      return call.bodies.push_back(fail(Fault::permanent, "descriptor missing or not announced", "INVALID"));
    call.bodies.push_back(prepare_target(*this, call, {}, r.put_blob().body()));
    return;
  }
  if (!r.has_add_emails() || !r.add_emails().blob().empty())
    return;  // an existing blob is looked up by the verb
  const auto& add = r.add_emails();
  if (static_cast<std::size_t>(add.targets_size()) > kMaxTargets) return;  // the verb says it
  for (int i = 0; i < add.targets_size(); ++i) {
    if (add.body_in_descriptor() != static_cast<bool>(call.body))
      call.bodies.push_back(fail(Fault::permanent, "descriptor missing or not announced", "INVALID"));
    else if (i && add.targets(i).prefix() == add.targets(i - 1).prefix())
      call.bodies.push_back(call.bodies.back());
    else
      call.bodies.push_back(prepare_target(*this, call, add.targets(i).prefix(), add.body()));
  }
}

Result<> Store::index_blob(const Prepared& p, kv::Batch& extra) {
  std::string key = keys::blob_place(base::view(p.sha256));
  // The promise of bodies: they are on the disk before anything names them.  Whoever could wait has done so.
  if (!blobs_.durable(p.put))
    if (auto done = blobs_.sync(); !done) return done;
  if (!collecting_.expired()) named_.insert(std::string(base::view(p.sha256).substr(0, 8)));
  if (p.known) {
    // gc may have thrown the row away since the body was prepared; never the body, while the call lives.
    auto snapshot = engine_.snapshot(0);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(key);
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    if (row && *row) {
      ++stats_.blobs_shared;
      return {};
    }
  }
  records::BlobPlace place;
  place.set_location(p.location);
  place.set_last_put(now());
  extra.put(key, place.SerializeAsString());
  ++stats_.blobs_written;
  return {};
}

}  // namespace postern::store
