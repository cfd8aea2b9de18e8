#include "store/hot_rows.h"

#include <algorithm>

#include "store/limits.h"

namespace postern::store {

std::size_t HotRows::lower(std::uint32_t uid) const {
  // New mail and its first flags are at the end.
  if (rows_.empty() || rows_.back().uid < uid) return rows_.size();
  if (rows_.back().uid == uid) return rows_.size() - 1;
  auto it = std::ranges::lower_bound(rows_, uid, {}, &model::SheetRow::uid);
  return static_cast<std::size_t>(it - rows_.begin());
}

void HotRows::load_flags(std::uint32_t number, const model::FlagBlock& block) {
  std::uint32_t first = model::FlagBlock::first_uid(number);
  for (std::size_t i = lower(first); i < rows_.size() && rows_[i].uid - first < model::kBlockSlots; ++i)
    if (const model::RowFlags* f = block.find(rows_[i].uid)) {
      rows_[i].flags = f->flags;
      rows_[i].modseq = f->modseq;
    }
}

model::FlagBlock HotRows::block(std::uint32_t number) const {
  model::FlagBlock out;
  std::uint32_t first = model::FlagBlock::first_uid(number);
  for (std::size_t i = lower(first); i < rows_.size() && rows_[i].uid - first < model::kBlockSlots; ++i)
    if (rows_[i].email) out.set(rows_[i].uid, {rows_[i].flags, rows_[i].modseq});
  return out;
}

const model::SheetRow* HotRows::find(std::uint32_t uid) const {
  std::size_t i = lower(uid);
  return i < rows_.size() && rows_[i].uid == uid && rows_[i].email ? &rows_[i] : nullptr;
}

const model::SheetRow* HotRows::from(std::uint32_t uid) const {
  std::size_t i = lower(uid);
  while (i < rows_.size() && !rows_[i].email) ++i;
  return i < rows_.size() ? &rows_[i] : nullptr;
}

const model::SheetRow* HotRows::next(const model::SheetRow* row) const {
  const model::SheetRow* end = rows_.data() + rows_.size();
  for (++row; row != end; ++row)
    if (row->email) return row;
  return nullptr;
}

void HotRows::put(const model::SheetRow& row) {
  std::size_t i = lower(row.uid);
  if (i < rows_.size() && rows_[i].uid == row.uid) {
    if (!rows_[i].email) --dead_;
    rows_[i] = row;
    alone_[i] = 0;
  } else {
    rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(i), row);
    alone_.insert(alone_.begin() + static_cast<std::ptrdiff_t>(i), 0);
  }
  changed(row);
}

bool HotRows::set_flags(std::uint32_t uid, const model::RowFlags& value) {
  std::size_t i = lower(uid);
  if (i >= rows_.size() || rows_[i].uid != uid || !rows_[i].email) return false;
  rows_[i].flags = value.flags;
  rows_[i].modseq = value.modseq;
  changed(rows_[i]);
  return true;
}

void HotRows::set_alone(std::uint32_t uid, bool alone) {
  std::size_t i = lower(uid);
  if (i < rows_.size() && rows_[i].uid == uid) alone_[i] = alone;
}

bool HotRows::alone(std::uint32_t uid) const {
  std::size_t i = lower(uid);
  return i < rows_.size() && rows_[i].uid == uid && rows_[i].email && alone_[i];
}

void HotRows::changed(const model::SheetRow& row) {
  if (!row.flags.has(model::kSeen)) unseen_from_ = std::min(unseen_from_, row.uid);
  touch(row.modseq, row.uid, false);
}

void HotRows::erase(std::uint32_t uid, std::uint64_t modseq) {
  std::size_t i = lower(uid);
  if (i < rows_.size() && rows_[i].uid == uid && rows_[i].email) {
    rows_[i].email = 0;
    ++dead_;
  }
  touch(modseq, uid, true);
  if (dead_ > 64 && dead_ > rows_.size() / 8) compact();
}

void HotRows::compact() {
  std::size_t to = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (!rows_[i].email) continue;
    rows_[to] = rows_[i];
    alone_[to++] = alone_[i];
  }
  rows_.resize(to);
  alone_.resize(to);
  dead_ = 0;
}

void HotRows::touch(std::uint64_t modseq, std::uint32_t uid, bool expunged) {
  recent_.push_back({modseq, uid, expunged});
  if (recent_.size() <= kMaxRecentTouches) return;
  // A commit is kept whole or not at all.
  std::size_t drop = recent_.size() / 4;
  recent_floor_ = recent_[drop - 1].modseq;
  while (!recent_.empty() && recent_.front().modseq <= recent_floor_) recent_.pop_front();
}

std::uint32_t HotRows::first_unseen() {
  for (const model::SheetRow* r = from(unseen_from_); r; r = next(r))
    if (!r->flags.has(model::kSeen)) {
      unseen_from_ = r->uid;
      return r->uid;
    }
  unseen_from_ = rows_.empty() ? 0 : rows_.back().uid;
  return 0;
}

bool HotRows::recent(std::uint64_t since, std::vector<std::uint32_t>& changed,
                     std::vector<std::uint32_t>& expunged) const {
  if (since < recent_floor_) return false;
  for (auto it = recent_.rbegin(); it != recent_.rend() && it->modseq > since; ++it)
    (it->expunged ? expunged : changed).push_back(it->uid);
  for (auto* v : {&changed, &expunged}) {
    std::ranges::sort(*v);
    v->erase(std::unique(v->begin(), v->end()), v->end());
  }
  std::erase_if(changed, [this](std::uint32_t uid) { return find(uid) == nullptr; });
  return true;
}

}  // namespace postern::store
