#include "store/marks.h"

#include <algorithm>

#include "proto/records.pb.h"
#include "store/keys.h"
#include "store/limits.h"

namespace postern::store {

using base::Result;

Result<std::vector<std::uint64_t>> all_accounts(kv::Engine& engine, std::size_t* damaged) {
  std::vector<std::uint64_t> out;
  auto snapshot = engine.snapshot(0);
  if (!snapshot) return pass(snapshot);
  auto take = [&](std::string_view key) {
    if (key.size() == 9) out.push_back(keys::u64_at(key, 1));
    return true;
  };
  std::string from = keys::join('a'), to = keys::after(from);
  for (bool more = true; more;) {
    auto end = (*snapshot)->scan(from, to, kMaxRowsPerRead,
                                 [&](std::string_view key, std::string_view) { return take(key); });
    if (!end) return pass(end);
    for (const auto& key : end->corrupt) take(key);
    if (damaged) *damaged += end->corrupt_rows - end->corrupt.size();
    more = end->more;
    from = end->resume;
  }
  std::ranges::sort(out);
  return out;
}

void Marker::mark(std::string_view sha256) {
  base::Reader in(sha256);
  marks_.push_back(in.u64());
}

bool Marker::contains(std::string_view sha256) const {
  base::Reader in(sha256);
  return std::ranges::binary_search(marks_, in.u64());
}

Result<bool> Marker::step(kv::Engine& engine) {
  if (!listed_) {
    auto all = all_accounts(engine, &damaged_);
    if (!all) return pass(all);
    accounts_ = std::move(*all);
    listed_ = true;
  }
  if (next_ == accounts_.size()) {
    std::ranges::sort(marks_);
    marks_.erase(std::ranges::unique(marks_).begin(), marks_.end());
    return true;
  }
  auto snapshot = engine.snapshot(accounts_[next_]);
  if (!snapshot) return pass(snapshot);
  if (resume_.empty()) resume_ = keys::join('B');
  bool of_blobs = resume_[0] == 'B';
  std::string to = keys::after(keys::join(of_blobs ? 'B' : 'E'));
  auto end = (*snapshot)->scan(resume_, to, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
    records::Email e;
    if (of_blobs && key.size() == 33)
      mark(key.substr(1));
    else if (!of_blobs && e.ParseFromArray(value.data(), static_cast<int>(value.size())) && e.blob().size() == 32)
      mark(e.blob());
    else
      ++damaged_;
    return true;
  });
  if (!end) return pass(end);
  damaged_ += end->corrupt_rows;
  if (end->more) {
    resume_ = end->resume;
  } else if (of_blobs) {
    resume_ = keys::join('E');
  } else {
    resume_.clear();
    ++next_;
  }
  return false;
}

}  // namespace postern::store
