// CheckAccount: fsck of one account or of the store's own rows, a stream of what was found.
#include "store/check.h"
#include "store/content_rows.h"
#include "store/keys.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

// Records made again by a process that may parse mail.
Result<> take_parsed(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  kv::Batch batch;
  for (const auto& one : call.request.check_account().parsed()) {
    if (one.wire().size() + one.content().size() > kMaxRecordBytes)
      return fail(Fault::limit, "header and structure are too large", "LIMIT");
    records::Content content;
    if (!content.ParseFromString(one.content())) return fail(Fault::permanent, "malformed content", "INVALID");
    auto e = a.email(store.engine(), one.email());
    if (!e) return pass(e);
    if (!*e) continue;   // gone meanwhile
    batch.put(keys::wire(one.email()), one.wire());
    put_content(batch, one.email(), one.content());
  }
  if (auto done = store.commit_quiet(a, batch, call); !done) return done;
  call.reply.mutable_checked()->set_end(true);
  return {};
}

Result<std::shared_ptr<Check>> begin(Store& store, Call& call) {
  const auto& r = call.request.check_account();
  if (call.request.account() == 0) {
    if (r.salvage()) return fail(Fault::permanent, "salvage into which account?", "INVALID");
    return std::shared_ptr<Check>(check_index(call));
  }
  if (r.salvage()) return std::shared_ptr<Check>(salvage(call));
  auto check = check_account_rows(store, call);
  if (!check) return pass(check);
  return std::shared_ptr<Check>(std::move(*check));
}

}  // namespace

Result<> check_account(Store& store, Call& call) {
  if (call.request.check_account().parsed_size()) return take_parsed(store, call);
  if (!call.work) {
    auto check = begin(store, call);
    if (!check) return pass(check);
    call.work = *check;
  }
  auto& check = *std::static_pointer_cast<Check>(call.work);
  if (!check.over) {
    auto done = check.step(store, call);
    if (!done) return pass(done);
    check.over = *done;
  }
  // As many findings as an item holds; the rest with the next ones.
  auto& out = *call.reply.mutable_checked();
  auto& found = *check.told.mutable_findings();
  int n = 0;
  for (std::size_t bytes = 0; n < found.size() && bytes < kItemBytes; ++n) {
    bytes += found.Get(n).ByteSizeLong();
    *out.add_findings() = found.Get(n);
  }
  found.DeleteSubrange(0, n);
  out.set_rows(check.told.rows());
  out.set_emails(check.told.emails());
  out.set_bytes(check.told.bytes());
  bool end = check.over && found.empty();
  out.set_end(end);
  call.state = end ? Call::State::done : Call::State::item;
  return {};
}

}  // namespace postern::store
