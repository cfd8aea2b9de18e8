#include "store/own_seen.h"

#include "model/flag_block.h"
#include "store/keys.h"
#include "store/limits.h"

namespace postern::store {

namespace {
std::uint64_t bit_of(std::uint32_t uid) {
  return std::uint64_t{1} << (uid - model::FlagBlock::first_uid(model::FlagBlock::number(uid)));
}
}  // namespace

Result<std::optional<OwnSeen>> OwnSeen::load(kv::Engine& engine, std::uint64_t account, const records::Mailbox& m,
                                             const Principal& who) {
  if (!keeps_own_seen(who, account, m)) return std::nullopt;
  OwnSeen out;
  out.mailbox_ = m.id();
  out.principal_ = who.id;
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  std::string from = keys::own_seen_of(m.id(), who.id), to = keys::after(from);
  for (bool more = true; more;) {
    auto end = (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
      if (key.size() == 17 && value.size() == 8) out.blocks_[keys::u32_at(key, 13)] = keys::u64_at(value, 0);
      return true;
    });
    if (!end) return pass(end);
    log_corrupt(account, *end);
    more = end->more;
    from = end->resume;
  }
  return out;
}

bool OwnSeen::has(std::uint32_t uid) const {
  auto it = blocks_.find(model::FlagBlock::number(uid));
  return it != blocks_.end() && it->second & bit_of(uid);
}

bool OwnSeen::set(std::uint32_t uid, bool seen) {
  if (has(uid) == seen) return false;
  std::uint32_t number = model::FlagBlock::number(uid);
  blocks_[number] ^= bit_of(uid);
  changed_.insert(number);
  return true;
}

void OwnSeen::put(kv::Batch& batch) const {
  for (std::uint32_t number : changed_) {
    std::string value;
    base::put_u64(value, blocks_.at(number));
    batch.put(keys::own_seen(mailbox_, principal_, number), value);
  }
}

void OwnSeen::show(stored::Row& row) const {
  model::Flags f = flags(row.uid(), {row.flags_lo(), row.flags_hi()});
  row.set_flags_lo(f.lo);
  row.set_flags_hi(f.hi);
}

std::uint32_t OwnSeen::unseen(const HotRows& rows) const {
  std::uint32_t n = 0;
  for (const model::SheetRow* r = rows.from(1); r; r = rows.next(r)) n += !has(r->uid);
  return n;
}

std::uint32_t OwnSeen::first_unseen(const HotRows& rows) const {
  for (const model::SheetRow* r = rows.from(1); r; r = rows.next(r))
    if (!has(r->uid)) return r->uid;
  return 0;
}

}  // namespace postern::store
