#include "imap/uid_map.h"

#include <algorithm>

#include "base/result.h"

namespace postern::imap {

std::uint32_t UidRuns::length(std::size_t i) const {
  return (i + 1 < runs_.size() ? runs_[i + 1].seq : count_ + 1) - runs_[i].seq;
}

std::uint32_t UidRuns::last_uid() const {
  return runs_.empty() ? 0 : runs_.back().uid + length(runs_.size() - 1) - 1;
}

void UidRuns::append(std::uint32_t uid) {
  append_run(uid, uid);
}

void UidRuns::append_run(std::uint32_t lo, std::uint32_t hi) {
  std::uint32_t last = last_uid();
  base::check(lo > last && lo <= hi, "UIDs only grow");
  if (runs_.empty() || lo != last + 1) runs_.push_back({lo, count_ + 1});
  count_ += hi - lo + 1;
}

std::uint32_t UidRuns::uid_of(std::uint32_t seq) const {
  if (seq == 0 || seq > count_) return 0;
  auto it = std::prev(std::ranges::upper_bound(runs_, seq, {}, &Start::seq));
  return it->uid + (seq - it->seq);
}

std::uint32_t UidRuns::seq_of(std::uint32_t uid) const {
  auto it = std::ranges::upper_bound(runs_, uid, {}, &Start::uid);
  if (it == runs_.begin()) return 0;
  --it;
  std::uint32_t offset = uid - it->uid;
  if (offset >= length(static_cast<std::size_t>(it - runs_.begin()))) return 0;
  return it->seq + offset;
}

UidSet UidRuns::all() const {
  UidSet out;
  for (std::size_t i = 0; i < runs_.size(); ++i) out.add(runs_[i].uid, runs_[i].uid + length(i) - 1);
  return out;
}

void UidRuns::assign(const UidSet& uids) {
  runs_.clear();
  count_ = 0;
  for (const Run& r : uids.runs()) append_run(r.lo, r.hi);
  runs_.shrink_to_fit();
}

void UidRuns::erase(const UidSet& uids) {
  if (!uids.empty()) assign(all().minus(uids));
}

void UidRuns::clear() {
  std::vector<Start>().swap(runs_);
  count_ = 0;
}

UidSet UidRuns::existing(const UidSet& uids) const {
  return all().intersect(uids);
}

UidSet UidRuns::uids_of(const UidSet& seqs) const {
  UidSet out;
  for (Run r : seqs.runs()) {
    std::uint32_t hi = std::min(r.hi, count_);
    std::uint32_t seq = r.lo;
    while (seq != 0 && seq <= hi) {
      auto it = std::prev(std::ranges::upper_bound(runs_, seq, {}, &Start::seq));
      std::uint32_t n =
          std::min(hi - seq, it->seq + length(static_cast<std::size_t>(it - runs_.begin())) - 1 - seq);
      std::uint32_t uid = it->uid + (seq - it->seq);
      out.add(uid, uid + n);
      seq += n + 1;
    }
  }
  return out;
}

}  // namespace postern::imap
