#include "store/upgrade.h"

#include <array>

#include "base/system.h"
#include "proto/records.pb.h"
#include "store/judge.h"
#include "store/keys.h"
#include "store/marks.h"

namespace postern::store {

using base::fail;
using base::Fault;
using base::Result;

namespace {

// From version `from` to the next: what has to be done to an account's rows, beside its version.
struct Step {
  std::uint32_t from;
  const char* what;
  Result<> (*rows)(kv::Engine& engine, std::uint64_t account, kv::Batch& batch);
};

// Rows of version 1 say the same in version 2: where there is no block of flags, the uid row tells.
Result<> flag_blocks(kv::Engine&, std::uint64_t, kv::Batch&) { return {}; }

constexpr std::array kSteps = {Step{1, "flags may stand in blocks", flag_blocks}};
static_assert(kSteps.size() == kStoreVersion - 1);

const Step* step_from(std::uint32_t version) {
  for (const Step& s : kSteps)
    if (s.from == version) return &s;
  return nullptr;
}

}  // namespace

Result<std::uint32_t> store_version(kv::Engine& engine) {
  auto snapshot = engine.snapshot(0);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::version());
  if (!row) return pass(row);
  if (*row) {
    base::Reader in(**row);
    std::uint32_t version = in.u32();
    if (!in.at_end() || version == 0) return fail(Fault::corrupt, "the store's version can't be read", "CORRUPT");
    return version;
  }
  // Version 1 did not say so.
  bool any = false;
  auto end = (*snapshot)->scan(keys::join('a'), keys::after(keys::join('a')), 1, [&](std::string_view, std::string_view) {
    any = true;
    return false;
  });
  if (!end) return pass(end);
  return any || end->corrupt_rows ? 1 : 0;
}

Result<> set_store_version(kv::Engine& engine, std::uint32_t version) {
  std::string value;
  base::put_u32(value, version);
  kv::Batch batch;
  batch.put(keys::version(), value);
  auto receipt = engine.commit(0, batch);
  return receipt ? Result<>() : pass(receipt);
}

Result<> Upgrade::begin() {
  auto version = store_version(engine_);
  if (!version) return pass(version);
  if (*version > kStoreVersion)
    return fail(Fault::permanent,
                "the store is of version " + std::to_string(*version) + ", and this Postern knows " +
                    std::to_string(kStoreVersion) + " at most: install a newer one",
                "INVALID");
  from_ = at_ = *version;
  auto accounts = all_accounts(engine_);
  if (!accounts) return pass(accounts);
  accounts_ = std::move(*accounts);
  begun_ = true;
  return {};
}

Result<> Upgrade::one_account(std::uint64_t id) {
  kv::Batch batch;
  {
    auto snapshot = engine_.snapshot(id);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::account());
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    records::Account a;
    // Deleted and forgotten, or damaged: fsck makes it anew, in the version of then.
    if (!row || !*row || !a.ParseFromString(**row) || a.version() != at_) return {};
    a.set_version(at_ + 1);
    batch.put(keys::account(), a.SerializeAsString());
  }
  if (auto done = step_from(at_)->rows(engine_, id, batch); !done) return done;
  base::kill_point("upgrade.account");
  auto receipt = engine_.commit(id, batch);
  return receipt ? Result<>() : pass(receipt);
}

Result<bool> Upgrade::step() {
  if (!begun_)
    if (auto done = begin(); !done) return pass(done);
  if (at_ == kStoreVersion) return true;
  if (at_ != 0 && next_ < accounts_.size()) {
    if (auto done = one_account(accounts_[next_]); !done) return pass(done);
    ++next_;
    ++done_;
    return false;
  }
  at_ = at_ == 0 ? kStoreVersion : at_ + 1;
  next_ = 0;
  if (auto done = set_store_version(engine_, at_); !done) return pass(done);
  return at_ == kStoreVersion;
}

std::string Upgrade::what() const {
  const Step* s = step_from(at_);
  return s ? "version " + std::to_string(s->from + 1) + ": " + s->what : "";
}

Result<std::uint64_t> count_findings(kv::Engine& engine, std::int64_t now, std::string& first) {
  auto accounts = all_accounts(engine);
  if (!accounts) return pass(accounts);
  std::uint64_t found = 0;
  for (std::uint64_t id : *accounts) {
    Picture picture;
    PictureReader reader(id, picture);
    for (bool done = false; !done;) {
      auto step = reader.step(engine);
      if (!step) return pass(step);
      done = *step;
    }
    if (picture.rows_read == 0) continue;
    auto verdict = Judge(id, picture, now).run();
    found += verdict.findings.size();
    if (first.empty() && !verdict.findings.empty())
      first = "account " + std::to_string(id) + ", " + verdict.findings[0].key() + ": " + verdict.findings[0].what();
  }
  return found;
}

}  // namespace postern::store
