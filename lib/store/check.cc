#include "store/check.h"

#include <algorithm>
#include <ctime>

#include "base/file.h"
#include "base/text.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {
constexpr std::size_t kRecordsPerStep = 2'000;
constexpr std::uint64_t kBytesPerRead = 64u << 20;
}  // namespace

Result<Aside> Aside::open(const Store& store, const std::string& name) {
  std::string folder = name;
  if (folder.empty()) {
    std::time_t now = store.now();
    std::tm t{};
    char text[32];
    ::gmtime_r(&now, &t);
    folder.assign(text, std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &t));
  }
  auto fits = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_'; };
  if (folder.size() > 64 || !std::ranges::all_of(folder, fits))
    return fail(Fault::permanent, "the folder for damaged rows: letters, digits, - and _", "INVALID");
  if (store.options().aside_folder.empty()) return fail(Fault::permanent, "there is no folder for damaged rows", "INVALID");
  return Aside(store.options().aside_folder + "/" + folder);
}

Result<std::string> Aside::keep(std::uint64_t account, const Picture::Damaged& row) {
  if (auto made = base::make_dirs(folder_, 0700); !made) return pass(made);
  std::string path = folder_ + "/" + std::to_string(account) + "-" + base::hex(row.key).substr(0, 200) + ".row";
  if (auto written = base::write_file(path, row.raw, 0600); !written) return pass(written);
  return path;
}

stored::Finding& Check::find(const std::string& kind, std::string key, std::string what) {
  auto& f = *told.add_findings();
  f.set_kind(kind);
  f.set_key(std::move(key));
  f.set_what(std::move(what));
  return f;
}

Result<bool> SegmentSearch::step(Store& store, Call& call, stored::Checked& told, const Wanted& wanted,
                                 const Found& found) {
  if (!listed_) {
    for (const auto& s : store.blobs().segment_stats()) segments_.push_back(s.segment);
    listed_ = true;
  }
  Shared& s = *shared_;
  if (!s.error) return pass(s.error);
  for (auto& [record, whole] : s.read) {
    told.set_bytes(told.bytes() + record.location.size);
    if (!whole) continue;  // torn or damaged: no body
    if (auto done = found(record); !done) return pass(done);
  }
  s.read.clear();
  // The next records of this segment.
  std::uint64_t bytes = 0;
  for (std::size_t n = 0; next_record_ < s.walked.size() && n < kRecordsPerStep && bytes < kBytesPerRead; ++n) {
    const auto& record = s.walked[next_record_++];
    auto want = wanted(record);
    if (!want) return pass(want);
    if (!*want) continue;
    bytes += record.location.size;
    s.read.emplace_back(record, Result<>());
  }
  if (!s.read.empty()) {
    call.offload = [shared = shared_, blobs = &store.blobs()] {
      for (auto& [record, whole] : shared->read) whole = blobs->verify(record.location, record.sha256);
    };
    return false;
  }
  if (next_record_ < s.walked.size()) return false;
  if (next_segment_ == segments_.size()) return true;
  s.walked.clear();
  next_record_ = 0;
  call.offload = [shared = shared_, blobs = &store.blobs(), segment = segments_[next_segment_++]] {
    auto end = blobs->walk(segment, [&](const blob::WalkedRecord& r) {
      shared->walked.push_back(r);
      return true;
    });
    // A segment that is no segment, or that gc removed meanwhile, has nothing.
    if (!end && end.error().fault == Fault::temporary) shared->error = std::unexpected(end.error());
  };
  return false;
}

}  // namespace postern::store
