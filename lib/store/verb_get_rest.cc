// GetRest: what an archive keeps of an account beside what its clients see.  A stream in four parts, each item one slice of
// one part: the deleted mailboxes with their rows, the destroyed emails, marks, what sharers have seen.
#include <algorithm>
#include <array>

#include "model/flag_block.h"
#include "model/rows.h"
#include "store/deleted.h"
#include "store/keys.h"
#include "store/verb_util.h"

namespace postern::store {

namespace {

struct Reading {
  std::vector<std::uint32_t> mailboxes;   // still to be told of, the next one last
  std::uint32_t next_uid = 0;             // of that one; 0: it was not begun
  std::size_t part = 0;                   // of kParts
  std::string resume;                     // in that part; empty: at its beginning
};

using Take = std::function<void(std::string_view key, std::string_view value)>;

// The next slice of the rows of a kind; true at their end.
Result<bool> slice(Store& store, std::uint64_t account, char kind, Reading& r, const Take& take) {
  auto snapshot = store.engine().snapshot(account);
  if (!snapshot) return pass(snapshot);
  if (r.resume.empty()) r.resume = keys::join(kind);
  auto end = (*snapshot)->scan(r.resume, keys::after(keys::join(kind)), kMaxEmailsPerCommit,
                               [&](std::string_view key, std::string_view value) {
                                 take(key, value);
                                 return true;
                               });
  if (!end) return pass(end);
  log_corrupt(account, *end);
  r.resume = end->more ? end->resume : std::string();
  return !end->more;
}

// One deleted mailbox, or a slice of its rows.
Result<bool> mailboxes(Store& store, AccountState& a, Reading& r, stored::Rest& out) {
  if (r.mailboxes.empty()) return true;
  std::uint32_t id = r.mailboxes.back();
  auto m = deleted_mailbox(store, a, id);
  if (!m) {   // restored or forgotten meanwhile
    r.mailboxes.pop_back();
    r.next_uid = 0;
    return false;
  }
  if (r.next_uid == 0) {
    *out.add_mailboxes() = (*m)->rec;
    r.next_uid = 1;
  }
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  auto take = [&](std::string_view key, std::string_view value) {
    if (key.size() != 9) return true;
    r.next_uid = keys::u32_at(key, 5);
    auto row = model::decode_uid_row(r.next_uid, value);
    if (!row) return true;
    auto& one = *out.add_rows();
    one.set_mailbox(id);
    fill_row(*one.mutable_row(), *row);
    return true;
  };
  auto end = (*snapshot)->scan(keys::uid_row(id, r.next_uid), keys::after(keys::uid_rows(id)), kMaxEmailsPerCommit, take);
  if (!end) return pass(end);
  log_corrupt(a.id, *end);
  if (end->more) {
    r.next_uid = keys::u32_at(end->resume, 5);
    return false;
  }
  r.mailboxes.pop_back();
  r.next_uid = 0;
  return false;
}

Result<bool> emails(Store& store, AccountState& a, Reading& r, stored::Rest& out) {
  return slice(store, a.id, 'Q', r, [&](std::string_view key, std::string_view) {
    if (key.size() == 17 && store.restorable(keys::u64_at(key, 1))) out.add_emails(keys::u64_at(key, 9));
  });
}

Result<bool> marks(Store& store, AccountState& a, Reading& r, stored::Rest& out) {
  return slice(store, a.id, 'K', r, [&](std::string_view key, std::string_view value) {
    if (key.size() != 1 + kMarkBytes || value.size() != 8) return;
    auto until = static_cast<std::int64_t>(keys::u64_at(value, 0));
    if (until <= store.now()) return;
    auto& one = *out.add_marks();
    one.set_id(std::string(key.substr(1)));
    one.set_until(until);
  });
}

Result<bool> seen(Store& store, AccountState& a, Reading& r, stored::Rest& out) {
  return slice(store, a.id, 'G', r, [&](std::string_view key, std::string_view value) {
    if (key.size() != 17 || value.size() != 8 || !a.mailbox(keys::u32_at(key, 1))) return;
    stored::SeenBy one;
    one.set_mailbox(keys::u32_at(key, 1));
    one.set_principal(keys::u64_at(key, 5));
    std::uint64_t bits = keys::u64_at(value, 0);
    std::uint32_t first = model::FlagBlock::first_uid(keys::u32_at(key, 13));
    for (std::uint32_t i = 0; i < model::kBlockSlots; ++i) {
      if (!(bits >> i & 1)) continue;
      int n = one.uid_ranges_size();
      if (n && one.uid_ranges(n - 1) + 1 == first + i) {
        one.set_uid_ranges(n - 1, first + i);
      } else {
        one.add_uid_ranges(first + i);
        one.add_uid_ranges(first + i);
      }
    }
    if (bits) *out.add_seen() = std::move(one);
  });
}

constexpr std::array kParts{mailboxes, emails, marks, seen};

}  // namespace

Result<> get_rest(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  if (!call.work) {
    auto reading = std::make_shared<Reading>();
    for (const auto& [id, m] : a.mailboxes)
      if (!m.alive()) reading->mailboxes.push_back(id);
    std::ranges::sort(reading->mailboxes, std::greater());
    call.work = std::move(reading);
  }
  auto& r = *std::static_pointer_cast<Reading>(call.work);
  auto& out = *call.reply.mutable_rest();
  auto end = kParts[r.part](store, a, r, out);
  if (!end) return pass(end);
  r.part += *end;
  out.set_end(r.part == kParts.size());
  call.state = out.end() ? Call::State::done : Call::State::item;
  return {};
}

}  // namespace postern::store
