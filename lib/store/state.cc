#include "store/state.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "model/rows.h"
#include "store/keys.h"
#include "store/limits.h"

namespace postern::store {
namespace {

std::string name_key(std::uint32_t parent, std::string_view name) {
  std::string k;
  base::put_u32(k, parent);
  if (parent == 0 && base::iequals(name, "INBOX"))
    k += "INBOX";
  else
    k += name;
  return k;
}

// All rows with this prefix, in reads of kMaxRowsPerRead.
template <class Fn>
Result<> scan_all(kv::Engine& engine, std::uint64_t account, const std::string& prefix, Fn&& fn) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  std::string from = prefix, to = keys::after(prefix);
  for (;;) {
    auto end =
        (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
          fn(key, value);
          return true;
        });
    if (!end) return pass(end);
    log_corrupt(account, *end);
    if (!end->more) return {};
    from = end->resume;
  }
}

void warn_corrupt(std::uint64_t account, std::string_view key, const char* what) {
  base::log(base::Level::error, "corrupt-row", {{"account", account}, {"key", base::hex(key)}, {"what", what}});
}

void warn_unreadable(std::uint64_t account, std::string_view key) { warn_corrupt(account, key, "unreadable"); }

Result<std::optional<std::string>> get_row(kv::Engine& engine, std::uint64_t account, std::string_view key) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(key);
  if (!row && row.error().fault == base::Fault::corrupt) warn_corrupt(account, key, "checksum");
  return row;
}

constexpr std::size_t kRowOverhead = 80;   // of a row in a RowCache

HotEmail hot_email(const records::Email& e) {
  HotEmail h;
  h.row.flags = {e.flags_lo(), e.flags_hi()};
  h.row.modseq = e.modseq();
  h.row.email = e.id();
  h.row.thread = e.thread();
  h.row.size = e.size();
  h.row.received = e.received();
  h.row.sent = e.sent();
  for (const auto& p : e.places())
    if (!p.deleted() && std::ranges::find(h.mailboxes, p.mailbox()) == h.mailboxes.end())
      h.mailboxes.push_back(p.mailbox());
  return h;
}

// All blocks of an account, for one walk over its emails, of which neighbours mostly share a block.
class AllFlags {
 public:
  void add(std::uint32_t mailbox, std::uint32_t number, std::string_view bytes) {
    rows_[flag_row_id(mailbox, number)] = bytes;
  }
  Result<std::optional<model::RowFlags>> find(std::uint32_t mailbox, std::uint32_t uid) {
    std::uint64_t wanted = flag_row_id(mailbox, model::FlagBlock::number(uid));
    if (wanted != latest_) {
      auto it = rows_.find(wanted);
      block_ = it == rows_.end() ? std::nullopt : model::FlagBlock::decode(it->second);
      latest_ = wanted;
    }
    const model::RowFlags* slot = block_ ? block_->find(uid) : nullptr;
    return slot ? std::optional(*slot) : std::nullopt;
  }

 private:
  std::unordered_map<std::uint64_t, std::string> rows_;
  std::uint64_t latest_ = UINT64_MAX;
  std::optional<model::FlagBlock> block_;
};

}  // namespace

void log_corrupt(std::uint64_t account, const kv::ScanEnd& end) {
  for (const auto& key : end.corrupt) warn_corrupt(account, key, "checksum");
}

base::Error corrupt_row(std::uint64_t account, std::string_view key) {
  warn_unreadable(account, key);
  return {base::Fault::corrupt,
          "row " + base::hex(key) + " of account " + std::to_string(account) + " is unreadable", "CORRUPT"};
}

const std::string* RowCache::find(std::uint64_t id) const {
  auto it = rows_.find(id);
  return it == rows_.end() ? nullptr : &it->second;
}

void RowCache::put(std::uint64_t id, std::string bytes) {
  if (bytes.size() > 16'384) return drop(id);
  if (rows_.size() >= kMaxCachedRows) {
    rows_.clear();
    bytes_ = 0;
  }
  auto [it, fresh] = rows_.try_emplace(id);
  bytes_ += bytes.size() + (fresh ? kRowOverhead : 0) - it->second.size();
  it->second = std::move(bytes);
}

void RowCache::drop(std::uint64_t id) {
  auto it = rows_.find(id);
  if (it == rows_.end()) return;
  bytes_ -= it->second.size() + kRowOverhead;
  rows_.erase(it);
}

Result<bool> AccountState::load(kv::Engine& engine) {
  auto row = get_row(engine, id, keys::account());
  if (!row) return pass(row);
  if (!*row) return false;
  if (!rec.ParseFromString(**row)) return std::unexpected(corrupt_row(id, keys::account()));
  auto boxes = scan_all(engine, id, keys::join('M'), [&](std::string_view key, std::string_view value) {
    records::Mailbox m;
    if (key.size() != 5 || !m.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      warn_unreadable(id, key);
      return;
    }
    mailboxes[m.id()].rec = std::move(m);
  });
  if (!boxes) return pass(boxes);
  for (auto& [_, m] : mailboxes)
    if (m.alive())
      index(m);
    else if (m.rec.all())
      all.push_back(m.rec.id());
    else if (m.rec.role() == "trash")
      trash.push_back(m.rec.id());
  auto kept = scan_all(engine, id, keys::join('R'), [&](std::string_view key, std::string_view value) {
    records::StoredResult r;
    if (key.size() != 5 || !r.ParseFromArray(value.data(), static_cast<int>(value.size()))) return;
    results.load(keys::u32_at(key, 1), {r.client(), r.sequence()}, r.time());
  });
  if (!kept) return pass(kept);
  return true;
}

MailboxState* AccountState::mailbox(std::uint32_t number) {
  auto it = mailboxes.find(number);
  return it == mailboxes.end() || !it->second.alive() ? nullptr : &it->second;
}

MailboxState* AccountState::child(std::uint32_t parent, std::string_view name) {
  auto it = by_name_.find(name_key(parent, name));
  return it == by_name_.end() ? nullptr : mailbox(it->second);
}

MailboxState* AccountState::top_without_case(std::string_view name) {
  if (auto* exact = child(0, name)) return exact;
  MailboxState* found = nullptr;
  for (auto& [_, m] : mailboxes)
    if (m.alive() && m.rec.parent() == 0 && base::iequals(m.rec.name(), name) &&
        (!found || m.rec.id() < found->rec.id()))
      found = &m;
  return found;
}

MailboxState* AccountState::by_role(std::string_view role) {
  for (auto& [_, m] : mailboxes)
    if (m.alive() && m.rec.role() == role) return &m;
  return nullptr;
}

void AccountState::index(MailboxState& m) {
  by_name_[name_key(m.rec.parent(), m.rec.name())] = m.rec.id();
  if (m.rec.role() == "trash") trash.push_back(m.rec.id());
  if (m.rec.all()) all.push_back(m.rec.id());
  ++living;
  if (m.rec.parent())
    if (auto it = mailboxes.find(m.rec.parent()); it != mailboxes.end()) ++it->second.children;
}

void AccountState::unindex(MailboxState& m) {
  by_name_.erase(name_key(m.rec.parent(), m.rec.name()));
  std::erase(trash, m.rec.id());
  std::erase(all, m.rec.id());
  --living;
  if (m.rec.parent())
    if (auto it = mailboxes.find(m.rec.parent()); it != mailboxes.end() && it->second.children)
      --it->second.children;
}

Result<HotRows*> AccountState::rows(kv::Engine& engine, MailboxState& m) {
  if (m.hot) return m.hot.get();
  auto hot = std::make_unique<HotRows>(m.rec.modseq());
  hot->reserve(m.rec.rows() < 16'000'000 ? m.rec.rows() : 0);
  auto read =
      scan_all(engine, id, keys::uid_rows(m.rec.id()), [&](std::string_view key, std::string_view value) {
        if (key.size() == 9)
          if (auto row = model::decode_uid_row(keys::u32_at(key, 5), value); row && row->email)
            return hot->load(*row);
        warn_unreadable(id, key);
      });
  if (!read) return pass(read);
  read = scan_all(engine, id, keys::flag_blocks(m.rec.id()), [&](std::string_view key, std::string_view value) {
    if (key.size() == 9)
      if (auto block = model::FlagBlock::decode(value)) return hot->load_flags(keys::u32_at(key, 5), *block);
    warn_unreadable(id, key);
  });
  if (!read) return pass(read);
  m.hot = std::move(hot);
  return m.hot.get();
}

Result<model::FlagBlock> AccountState::flag_block(kv::Engine& engine, std::uint32_t mailbox,
                                                  std::uint32_t number) {
  std::uint64_t cached_as = flag_row_id(mailbox, number);
  const std::string* bytes = flag_rows.find(cached_as);
  if (!bytes) {
    std::string key = keys::flag_block(mailbox, number);
    auto got = get_row(engine, id, key);
    if (!got && got.error().fault != base::Fault::corrupt) return pass(got);
    if (got && *got && !model::FlagBlock::decode(**got)) got = std::unexpected(corrupt_row(id, key));
    // The messages of a damaged block are served with the flags that their rows and emails tell.
    flag_rows.put(cached_as, got && *got ? std::move(**got) : std::string());
    bytes = flag_rows.find(cached_as);
  }
  if (bytes->empty()) return model::FlagBlock();
  auto block = model::FlagBlock::decode(*bytes);
  base::check(block.has_value(), "cached block of flags");
  return *block;
}

Result<std::optional<model::RowFlags>> AccountState::slot(kv::Engine& engine, std::uint32_t mailbox,
                                                          std::uint32_t uid) {
  auto copy = [](const auto* f) {
    return f ? std::optional(model::RowFlags{f->flags, f->modseq}) : std::nullopt;
  };
  if (auto it = mailboxes.find(mailbox); it != mailboxes.end() && it->second.hot)
    return copy(it->second.hot->find(uid));
  auto block = flag_block(engine, mailbox, model::FlagBlock::number(uid));
  if (!block) return pass(block);
  return copy(block->find(uid));
}

Result<std::optional<model::SheetRow>> AccountState::row(kv::Engine& engine, MailboxState& m,
                                                         std::uint32_t uid) {
  if (m.hot) {
    const model::SheetRow* r = m.hot->find(uid);
    return r ? std::optional(*r) : std::nullopt;
  }
  std::string key = keys::uid_row(m.rec.id(), uid);
  auto bytes = get_row(engine, id, key);
  if (!bytes) return pass(bytes);
  if (!*bytes) return std::optional<model::SheetRow>();
  auto r = model::decode_uid_row(uid, **bytes);
  if (!r) return std::unexpected(corrupt_row(id, key));
  auto flags = slot(engine, m.rec.id(), uid);
  if (!flags) return pass(flags);
  take_flags(*r, *flags ? &**flags : nullptr);
  return r;
}

Result<std::optional<records::Email>> AccountState::email(kv::Engine& engine, std::uint64_t number) {
  std::optional<records::Email> out;
  if (const std::string* cached = email_rows.find(number)) {
    base::check(out.emplace().ParseFromString(*cached), "cached email row");
  } else {
    std::string key = keys::email(number);
    auto bytes = get_row(engine, id, key);
    if (!bytes) return pass(bytes);
    if (!*bytes) return out;
    if (!out.emplace().ParseFromString(**bytes)) return std::unexpected(corrupt_row(id, key));
    email_rows.put(number, std::move(**bytes));
  }
  if (auto done = refresh(engine, *out); !done) return pass(done);
  return out;
}

Result<> AccountState::refresh(kv::Engine& engine, records::Email& e) {
  return take_flags(
      e, [&](std::uint32_t mailbox, std::uint32_t uid) { return slot(engine, mailbox, uid); });
}

Result<std::optional<records::Thread>> AccountState::thread(kv::Engine& engine, std::uint64_t number) {
  std::optional<records::Thread> out;
  if (const std::string* cached = thread_rows.find(number)) {
    base::check(out.emplace().ParseFromString(*cached), "cached thread row");
    return out;
  }
  std::string key = keys::thread(number);
  auto bytes = get_row(engine, id, key);
  if (!bytes) return pass(bytes);
  if (!*bytes) return out;
  if (!out.emplace().ParseFromString(**bytes)) return std::unexpected(corrupt_row(id, key));
  thread_rows.put(number, std::move(**bytes));
  return out;
}

Result<std::vector<HotEmail>*> AccountState::emails(kv::Engine& engine) {
  if (hot_emails) return &*hot_emails;
  AllFlags flags;
  auto read = scan_all(engine, id, keys::join('F'), [&](std::string_view key, std::string_view value) {
    if (key.size() == 9) flags.add(keys::u32_at(key, 1), keys::u32_at(key, 5), value);
  });
  if (!read) return pass(read);
  std::vector<HotEmail> all;
  read = scan_all(engine, id, keys::join('E'), [&](std::string_view key, std::string_view value) {
    records::Email e;
    if (key.size() != 9 || !e.ParseFromArray(value.data(), static_cast<int>(value.size())))
      return warn_unreadable(id, key);
    if (e.destroyed()) return;
    (void)take_flags(e, [&](std::uint32_t mailbox, std::uint32_t uid) { return flags.find(mailbox, uid); });
    all.push_back(hot_email(e));
  });
  if (!read) return pass(read);
  return &hot_emails.emplace(std::move(all));
}

void AccountState::put_hot_email(HotEmail h) {
  auto it = std::ranges::lower_bound(*hot_emails, h.row.email, {}, [](const HotEmail& x) { return x.row.email; });
  if (it != hot_emails->end() && it->row.email == h.row.email)
    *it = std::move(h);
  else if (!h.mailboxes.empty())
    hot_emails->insert(it, std::move(h));
}

// One that is destroyed is left in place without mailboxes: taking it out would move all behind it.
void AccountState::update_hot_email(const records::Email& e) {
  if (hot_emails) put_hot_email(hot_email(e));
}

void AccountState::update_hot_email(const model::SheetRow& row, std::uint32_t mailbox) {
  if (!hot_emails) return;
  HotEmail h{row, {}};
  h.row.uid = 0;
  h.row.saved = 0;
  h.row.flags = row.flags.without(model::kDeletedBit);
  if (!row.flags.has(model::kDeleted)) h.mailboxes.push_back(mailbox);
  put_hot_email(std::move(h));
}

bool AccountState::is_trash(std::uint32_t mailbox) const {
  return std::ranges::find(trash, mailbox) != trash.end();
}

MailboxState* AccountState::all_mail() {
  for (std::uint32_t id : all)
    if (MailboxState* m = mailbox(id)) return m;
  return nullptr;
}

bool AccountState::shows_all(std::uint32_t mailbox) const { return std::ranges::find(all, mailbox) != all.end(); }

std::size_t AccountState::ordinary_places(const records::Email& e) const {
  if (all.empty()) return static_cast<std::size_t>(e.places_size());
  auto shown = std::ranges::count_if(e.places(), [this](const auto& p) { return shows_all(p.mailbox()); });
  return static_cast<std::size_t>(e.places_size() - shown);
}

const std::vector<std::uint32_t>& AccountState::shared_mailboxes() {
  if (!shared_) {
    shared_.emplace();
    for (const auto& [number, m] : mailboxes)
      if (m.alive() && m.rec.acl_size()) shared_->push_back(number);
  }
  return *shared_;
}

bool AccountState::shows(const Principal& who) {
  return std::ranges::any_of(shared_mailboxes(), [&](std::uint32_t number) {
    return rights_in(who, id, mailboxes.at(number).rec) & model::kVisible;
  });
}

bool AccountState::grants_to(std::uint64_t principal) {
  return std::ranges::any_of(shared_mailboxes(), [&](std::uint32_t number) {
    return std::ranges::any_of(mailboxes.at(number).rec.acl(), [&](const records::Grant& g) {
      return g.principal() == principal && !g.negative();
    });
  });
}

void AccountState::take_quota(const Principal& owner) {
  rec.set_quota_bytes(owner.quota_bytes);
  rec.set_quota_emails(owner.quota_emails);
  rec.set_quota_mailboxes(owner.quota_mailboxes);
}

void ResultSlots::load(std::size_t slot, Key key, std::int64_t time) {
  if (slot >= kMaxResultSlots) return;
  if (slots_.size() <= slot) slots_.resize(slot + 1);
  slots_[slot] = {key, time};
  by_key_[key] = static_cast<std::uint32_t>(slot);
}

std::optional<std::uint32_t> ResultSlots::find(Key key) const {
  auto it = by_key_.find(key);
  return it == by_key_.end() ? std::nullopt : std::optional(it->second);
}

std::uint32_t ResultSlots::take(Key key, std::int64_t now, const Acknowledged& acknowledged) {
  auto is_free = [&](const Slot& s) {
    if (s.time + kKeepResult < now) return true;
    auto it = acknowledged.find(s.key.client);
    return it != acknowledged.end() && it->second >= s.key.sequence;
  };
  std::size_t slot = slots_.size();
  for (std::size_t tries = 0; tries < 4 && tries < slots_.size(); ++tries) {
    if (hand_ >= slots_.size()) hand_ = 0;
    std::size_t at = hand_++;
    if (is_free(slots_[at])) {
      slot = at;
      hand_ = at;  // the next one is likely to find this one free again
      break;
    }
  }
  if (slot == kMaxResultSlots) slot = hand_ = (hand_ + 1) % kMaxResultSlots;
  if (slot == slots_.size()) slots_.emplace_back();
  by_key_.erase(slots_[slot].key);
  slots_[slot] = {key, now};
  by_key_[key] = static_cast<std::uint32_t>(slot);
  return static_cast<std::uint32_t>(slot);
}

std::size_t AccountState::bytes() const {
  std::size_t n = 4'000 + mailboxes.size() * 500 + results.size() * 100 + email_rows.bytes() +
                  thread_rows.bytes() + flag_rows.bytes();
  for (const auto& [_, m] : mailboxes)
    if (m.hot) n += m.hot->bytes();
  if (hot_emails) n += hot_emails->size() * (sizeof(HotEmail) + 32);
  return n;
}

}  // namespace postern::store
