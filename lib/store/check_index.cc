// The store's own rows: who is registered, whose tickets are void, and where the bodies are.
#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "store/check.h"
#include "store/keys.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

class IndexCheck : public Check {
 public:
  explicit IndexCheck(const stored::CheckAccount& r) : repair_(r.repair()), aside_(r.aside()) {}
  Result<bool> step(Store& store, Call& call) override;

 private:
  Result<> read(Store& store, Call& call);
  void look_at(Store& store, std::string_view key, std::string_view value);
  void look_at_place(Store& store, std::string_view key, std::string_view value);
  std::string misplaced(const blob::Location& l) const;
  void measure(Store& store);
  void wrong(std::string_view key, const std::string& kind, const std::string& what);
  Result<> mend(Store& store, Call& call);
  Result<> registry_again(Store& store, const std::string& key, kv::Batch& batch);
  Result<bool> search(Store& store, Call& call);

  enum class Phase { read, mark, search };
  bool repair_;
  std::string aside_;
  Phase phase_ = Phase::read;
  std::string resume_ = std::string(1, '\x01');
  std::map<std::uint32_t, std::uint64_t> segments_;   // bytes of each
  struct Wrong {
    Picture::Damaged row;
    int finding;
  };
  std::vector<Wrong> wrong_;   // of this slice
  Marker marker_;
  SegmentSearch search_;
};

void IndexCheck::wrong(std::string_view key, const std::string& kind, const std::string& what) {
  find(kind, key_words(key), what);
  wrong_.push_back({{std::string(key), "", true}, told.findings_size() - 1});
}

void IndexCheck::measure(Store& store) {
  segments_.clear();
  for (const auto& s : store.blobs().segment_stats()) segments_[s.segment] = s.bytes;
}

std::string IndexCheck::misplaced(const blob::Location& l) const {
  auto segment = segments_.find(l.segment);
  if (segment == segments_.end()) return "it is said to be in a segment that is not there";
  return l.end() > segment->second ? "it is said to be behind the end of its segment" : "";
}

void IndexCheck::look_at_place(Store& store, std::string_view key, std::string_view value) {
  records::BlobPlace place;
  bool parsed = key.size() == 33 && place.ParseFromArray(value.data(), static_cast<int>(value.size()));
  auto location = blob::Location::parse(place.location());
  if (!parsed || !location) return wrong(key, "corrupt", "it can't be read");
  std::string what = misplaced(*location);
  if (what.empty()) return;
  measure(store);   // it may have been put since
  what = misplaced(*location);
  if (!what.empty()) wrong(key, "blob", what);
}

void IndexCheck::look_at(Store& store, std::string_view key, std::string_view value) {
  if (key[0] == 'b') return look_at_place(store, key, value);
  records::Registered r;
  bool sound = key[0] == 'a'   ? key.size() == 9 && r.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                                   r.account() == keys::u64_at(key, 1)
               : key[0] == 'g' ? key.size() == 9 && value.size() == 8
                               : true;
  if (!sound) wrong(key, "corrupt", "it can't be read");
}

// The account's own row says when it began; that it was deleted is forgotten.
Result<> IndexCheck::registry_again(Store& store, const std::string& key, kv::Batch& batch) {
  if (key.size() != 9) return {};
  records::Registered r;
  r.set_account(keys::u64_at(key, 1));
  r.set_created(store.now());
  auto snapshot = store.engine().snapshot(r.account());
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::account());
  records::Account a;
  if (row && *row && a.ParseFromString(**row)) r.set_created(static_cast<std::int64_t>(a.created()));
  batch.put(key, r.SerializeAsString());
  return {};
}

// Rows that are wrong go, kept aside; those of the registry come back, those of bodies are looked for in the segments.
Result<> IndexCheck::mend(Store& store, Call& call) {
  if (!repair_ || wrong_.empty()) {
    wrong_.clear();
    return {};
  }
  auto aside = Aside::open(store, aside_);
  if (!aside) return pass(aside);
  kv::Batch batch;
  for (auto& [row, finding] : wrong_) {
    auto& f = *told.mutable_findings(finding);
    {
      auto snapshot = store.engine().snapshot(0);
      if (!snapshot) return pass(snapshot);
      auto raw = (*snapshot)->get_raw(row.key);
      if (!raw) return pass(raw);
      row.raw = raw->value_or("");
    }
    auto file = aside->keep(0, row);
    if (!file) return pass(file);
    f.set_aside(*file);
    f.set_repaired(true);
    batch.del(row.key);
    if (row.key[0] == 'a')
      if (auto done = registry_again(store, row.key, batch); !done) return done;
  }
  wrong_.clear();
  base::kill_point("fsck.index");
  auto receipt = store.engine().commit(0, batch);
  if (!receipt) return pass(receipt);
  call.receipt = std::max(call.receipt, *receipt);
  return {};
}

Result<> IndexCheck::read(Store& store, Call& call) {
  if (segments_.empty()) measure(store);
  {
    auto snapshot = store.engine().snapshot(0);
    if (!snapshot) return pass(snapshot);
    auto end = (*snapshot)->scan(resume_, {}, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
      look_at(store, key, value);
      return true;
    });
    if (!end) return pass(end);
    for (const auto& key : end->corrupt) wrong(key, "corrupt", "its checksum does not fit");
    told.set_rows(told.rows() + end->rows + end->corrupt_rows);
    resume_ = end->resume;
    if (!end->more) phase_ = Phase::mark;
  }
  return mend(store, call);
}

Result<bool> IndexCheck::search(Store& store, Call& call) {
  auto wanted = [&](const blob::WalkedRecord& r) -> Result<bool> {
    auto sha = base::view(r.sha256);
    if (!marker_.contains(sha)) return false;
    auto place = store.find_blob(sha);
    if (!place) return pass(place);
    return !*place;
  };
  auto found = [&](const blob::WalkedRecord& r) -> Result<> {
    records::BlobPlace place;
    place.set_location(r.location.serialize());
    place.set_last_put(store.now());
    kv::Batch batch;
    batch.put(keys::blob_place(base::view(r.sha256)), place.SerializeAsString());
    auto receipt = store.engine().commit(0, batch);
    if (!receipt) return pass(receipt);
    call.receipt = std::max(call.receipt, *receipt);
    find("blob", "body " + base::hex(base::view(r.sha256)),
         "its place was lost: found in segment " + std::to_string(r.location.segment))
        .set_repaired(true);
    return {};
  };
  return search_.step(store, call, told, wanted, found);
}

Result<bool> IndexCheck::step(Store& store, Call& call) {
  if (phase_ == Phase::read) {
    auto done = read(store, call);
    if (!done) return pass(done);
    return phase_ == Phase::mark && !repair_;
  }
  if (phase_ == Phase::search) return search(store, call);
  auto marked = marker_.step(store.engine());
  if (!marked) return pass(marked);
  if (*marked) phase_ = Phase::search;
  return false;
}

// What lies in the segments and nobody names: messages whose account is lost, and those that gc has not come to yet.
class Salvage : public Check {
 public:
  explicit Salvage(std::uint64_t account) : account_(account) {}
  Result<bool> step(Store& store, Call& call) override;

 private:
  Result<> take(Store& store, Call& call, const blob::WalkedRecord& r);
  std::uint64_t account_;
  bool marked_ = false;
  Marker marker_;
  SegmentSearch search_;
  std::unordered_set<std::string> taken_;
};

// As if the account had uploaded it just now.
Result<> Salvage::take(Store& store, Call& call, const blob::WalkedRecord& r) {
  std::string sha(base::view(r.sha256));
  if (!taken_.insert(sha).second) return {};
  records::AccountBlob b;
  b.set_uploaded(store.now());
  b.set_size(r.location.size);
  kv::Batch mine, extra;
  mine.put(keys::blob(sha), b.SerializeAsString());
  mine.put(keys::upload(static_cast<std::uint64_t>(store.now()), sha), {});
  Prepared p;
  p.location = r.location.serialize();
  p.sha256 = r.sha256;
  p.size = r.location.size;
  p.put = store.blobs().last_put();   // it may have been written a moment ago
  if (auto done = store.index_blob(p, extra); !done) return done;
  auto a = store.account(account_, call.who, call);
  if (!a) return pass(a);
  if (auto done = store.commit_quiet(**a, mine, call, &extra); !done) return done;
  find("salvaged", base::hex(sha), std::to_string(r.location.size) + " bytes that nobody names");
  return {};
}

Result<bool> Salvage::step(Store& store, Call& call) {
  if (!marked_) {
    auto done = marker_.step(store.engine());
    if (!done) return pass(done);
    marked_ = *done;
    return false;
  }
  auto wanted = [&](const blob::WalkedRecord& r) -> Result<bool> {
    auto sha = base::view(r.sha256);
    return !marker_.contains(sha) && !taken_.contains(std::string(sha));
  };
  return search_.step(store, call, told, wanted, [&](const blob::WalkedRecord& r) { return take(store, call, r); });
}

}  // namespace

std::unique_ptr<Check> check_index(Call& call) { return std::make_unique<IndexCheck>(call.request.check_account()); }
std::unique_ptr<Check> salvage(Call& call) { return std::make_unique<Salvage>(call.request.account()); }

}  // namespace postern::store
