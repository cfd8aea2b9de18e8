// One account: its rows are read, judged on a worker, mended in one go; then its bodies are looked for and read.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/system.h"
#include "store/check.h"
#include "store/keys.h"
#include "store/upgrade.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kRowsPerRepair = 20'000;       // of one commit
constexpr std::size_t kRepairBytes = 16u << 20;
constexpr std::size_t kPlacesPerStep = 1'000;
constexpr std::uint64_t kBytesPerRead = 64u << 20;

struct Body {
  std::string sha256;
  std::string location;
  Result<> whole;
};

class AccountCheck : public Check {
 public:
  AccountCheck(std::uint64_t account, const stored::CheckAccount& r, std::shared_ptr<void> hold)
      : account_(account), repair_(r.repair()), bodies_(r.bodies()), aside_(r.aside()), hold_(std::move(hold)) {}
  Result<bool> step(Store& store, Call& call) override;

 private:
  // What the worker and the store thread both need outlives neither the call nor this.
  struct Work {
    Picture picture;
    Verdict verdict;
    std::vector<Body> reading;
  };
  Result<> read(Store& store);
  Result<> judge(Store& store, Call& call);
  Result<> mend(Store& store, Call& call);
  Result<> commit(Store& store, Call& call);
  Result<> set_aside(Store& store);
  Result<> look_for_bodies(Store& store, Call& call);
  void told_of_bodies();

  enum class Phase { read, judge, judged, mend, bodies, done };
  std::uint64_t account_;
  bool repair_, bodies_;
  std::string aside_;
  std::shared_ptr<void> hold_;
  Phase phase_ = Phase::read;
  std::shared_ptr<Work> work_ = std::make_shared<Work>();
  std::unique_ptr<PictureReader> reader_;
  std::vector<std::string> named_;   // bodies, each once
  std::size_t next_body_ = 0;
};

Result<> AccountCheck::read(Store& store) {
  if (!reader_) reader_ = std::make_unique<PictureReader>(account_, work_->picture);
  auto done = reader_->step(store.engine());
  if (!done) return pass(done);
  told.set_rows(work_->picture.rows_read);
  if (*done) phase_ = Phase::judge;
  return {};
}

Result<> AccountCheck::judge(Store& store, Call& call) {
  const auto& a = work_->picture.account;
  if (a && a->version() > kStoreVersion)
    return fail(Fault::permanent, "the account is of version " + std::to_string(a->version()) + ", which is newer", "INVALID");
  if (work_->picture.rows_read == 0) return fail(Fault::permanent, "no such account", "NOT_FOUND");
  told.set_emails(work_->picture.emails.size());
  call.offload = [work = work_, account = account_, now = store.now()] {
    work->verdict = Judge(account, work->picture, now).run();
  };
  phase_ = Phase::judged;
  return {};
}

Result<> AccountCheck::set_aside(Store& store) {
  if (work_->picture.damaged.empty()) return {};
  auto aside = Aside::open(store, aside_);
  if (!aside) return pass(aside);
  for (const auto& row : work_->picture.damaged) {
    auto file = aside->keep(account_, row);
    if (!file) return pass(file);
    for (auto& f : work_->verdict.findings)
      if (f.kind() == "corrupt" && f.key() == key_words(row.key)) f.set_aside(*file);
  }
  return {};
}

// The account's own row goes first: from then on a crash leaves only what the next check mends.
Result<> AccountCheck::commit(Store& store, Call& call) {
  auto& rows = work_->verdict.rows;
  while (!rows.empty()) {
    kv::Batch batch;
    std::size_t bytes = 0;
    for (auto it = rows.begin(); it != rows.end() && batch.size() < kRowsPerRepair && bytes < kRepairBytes;) {
      if (it->second)
        batch.put(it->first, *it->second);
      else
        batch.del(it->first);
      bytes += it->first.size() + (it->second ? it->second->size() : 0);
      it = rows.erase(it);
    }
    base::kill_point("fsck.repair");
    auto receipt = store.engine().commit(account_, batch);
    if (!receipt) return pass(receipt);
    call.receipt = std::max(call.receipt, *receipt);
  }
  return {};
}

Result<> AccountCheck::mend(Store& store, Call& call) {
  auto& v = work_->verdict;
  bool wrong = !v.rows.empty() || !v.findings.empty();
  if (repair_ && wrong) {
    if (auto kept = set_aside(store); !kept) return kept;
    if (auto done = commit(store, call); !done) return done;
    store.forget(account_);
    if (v.visible) call.changed.push_back({account_, work_->picture.account->modseq()});
    if (wrong)
      base::log(base::Level::warning, "repaired", {{"account", account_}, {"findings", v.findings.size()}});
  }
  for (auto& f : v.findings) {
    // What has to be parsed again is mended by who asked.
    bool later = f.kind() == "content";
    f.set_repaired(repair_ && !later);
    *told.add_findings() = std::move(f);
  }
  for (const auto& sha : v.unnamed)
    if (repair_) find("salvaged", base::hex(sha), "a body that no email names");
  std::set<std::string> named;
  for (const auto& [_, e] : work_->picture.emails) named.insert(e.rec.blob());
  named_.assign(named.begin(), named.end());
  hold_.reset();
  work_->picture = {};
  phase_ = Phase::bodies;
  return {};
}

// Each body has a place; with `bodies`, what lies there is read and compared with its hash.
Result<> AccountCheck::look_for_bodies(Store& store, Call& call) {
  told_of_bodies();
  std::uint64_t bytes = 0;
  for (std::size_t n = 0; next_body_ < named_.size() && n < kPlacesPerStep && bytes < kBytesPerRead; ++n) {
    const std::string& sha = named_[next_body_++];
    auto place = store.find_blob(sha);
    if (!place) return pass(place);
    if (!*place) {
      find("blob", "body " + base::hex(sha), "no place is known: check the whole store, with a repair it is looked for");
      continue;
    }
    bytes += (*place)->size;
    if (bodies_) work_->reading.push_back({sha, (*place)->location, {}});
  }
  if (!work_->reading.empty())
    call.offload = [work = work_, blobs = &store.blobs()] {
      for (Body& b : work->reading) {
        base::Digest sha{};
        std::ranges::copy(b.sha256, sha.begin());
        b.whole = blobs->verify(*blob::Location::parse(b.location), sha);
      }
    };
  else if (next_body_ == named_.size())
    phase_ = Phase::done;
  return {};
}

void AccountCheck::told_of_bodies() {
  for (const Body& b : work_->reading) {
    told.set_bytes(told.bytes() + blob::Location::parse(b.location)->size);
    if (!b.whole && b.whole.error().code != "NOT_FOUND")
      find("body", "body " + base::hex(b.sha256), b.whole.error().what);
    else if (!b.whole)
      find("body", "body " + base::hex(b.sha256), "its segment is missing");
  }
  work_->reading.clear();
}

Result<bool> AccountCheck::step(Store& store, Call& call) {
  Result<> done;
  switch (phase_) {
    case Phase::read: done = read(store); break;
    case Phase::judge: done = judge(store, call); break;
    case Phase::judged: phase_ = Phase::mend; break;
    case Phase::mend: done = mend(store, call); break;
    case Phase::bodies: done = look_for_bodies(store, call); break;
    case Phase::done: break;
  }
  if (!done) return pass(done);
  return phase_ == Phase::done;
}

}  // namespace

Result<std::unique_ptr<Check>> check_account_rows(Store& store, Call& call) {
  std::uint64_t account = call.request.account();
  return std::make_unique<AccountCheck>(account, call.request.check_account(), store.hold(account));
}

}  // namespace postern::store
