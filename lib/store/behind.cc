// What is done behind: mailboxes that were deleted with many rows are emptied, what was deleted long ago is forgotten, and
// the mailbox that shows all mail is made as the configuration wants it (all_mail.cc).  Each call of work_behind() is one
// slice on the store thread; the caller lets others have their turn.
#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "store/annotations.h"
#include "store/content_rows.h"
#include "store/keys.h"
#include "store/threading.h"
#include "store/verb_util.h"

namespace postern::store {

namespace {

constexpr std::int64_t kSweepEvery = 6 * 3'600;   // seconds between two rounds over all accounts
constexpr std::size_t kSlice = 200;               // emails forgotten in one commit

struct Due {
  std::string key;
  std::string value;
};

// The first rows of a kind, up to `max`.
Result<std::vector<Due>> first_rows(kv::Engine& engine, std::uint64_t account, const std::string& from,
                                    const std::string& to, std::size_t max) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  std::vector<Due> out;
  auto end = (*snapshot)->scan(from, to, max, [&](std::string_view key, std::string_view value) {
    out.push_back({std::string(key), std::string(value)});
    return true;
  });
  if (!end) return pass(end);
  log_corrupt(account, *end);
  return out;
}

Result<std::vector<Due>> first_rows(kv::Engine& engine, std::uint64_t account, char kind, std::size_t max) {
  return first_rows(engine, account, keys::join(kind), keys::after(keys::join(kind)), max);
}

template <class Message>
Result<std::optional<Message>> read_row(kv::Engine& engine, std::uint64_t account, const std::string& key) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(key);
  if (!row && row.error().fault != base::Fault::corrupt) return pass(row);
  std::optional<Message> out;
  if (row && *row && !out.emplace().ParseFromString(**row)) out.reset();
  return out;
}

}  // namespace

Result<> Store::commit_behind(Txn& txn, std::vector<Changed>& changed, kv::Batch* extra) {
  if (auto done = txn.apply(); !done) return done;
  Call nobody;
  auto done = commit(txn, nobody, extra);
  changed.insert(changed.end(), nobody.changed.begin(), nobody.changed.end());
  return done;
}

// The emails of a deleted mailbox lose their places in it; its rows stay, for undelete.
Result<bool> Store::empty_mailbox(AccountState& a, MailboxState& m, std::vector<Changed>& changed) {
  std::uint32_t id = m.rec.id();
  auto rows = first_rows(engine_, a.id, keys::uid_row(id, m.emptied_to + 1), keys::after(keys::uid_rows(id)),
                         kMaxEmailsPerCommit);
  if (!rows) return pass(rows);
  Txn txn(engine_, a, now());
  for (const Due& row : *rows) {
    m.emptied_to = keys::u32_at(row.key, 5);
    auto decoded = model::decode_uid_row(m.emptied_to, row.value);
    if (!decoded) continue;
    auto e = txn.email(decoded->email);
    if (!e && e.error().fault != base::Fault::corrupt) return pass(e);
    if (!e || !*e) continue;
    if (int at = find_place((*e)->rec, id, m.emptied_to); at >= 0) txn.remove_place(**e, at);
  }
  if (rows->size() < kMaxEmailsPerCommit) {
    // Rows that were damaged are counted no more.
    txn.rewrite(m);
    m.rec.set_rows(0);
  }
  if (auto done = commit_behind(txn, changed); !done) return pass(done);
  return true;
}

// Its last traces go.
Result<bool> Store::forget_mailbox(AccountState& a, MailboxState& m) {
  std::uint32_t id = m.rec.id();
  kv::Batch batch;
  for (const auto& prefix :
       {keys::uid_rows(id), keys::flag_blocks(id), keys::expunged_of(id), keys::metadata_of(id),
        keys::own_seen_of(id)}) {
    auto rows = first_rows(engine_, a.id, prefix, keys::after(prefix), kMaxRowsPerRead / 5);
    if (!rows) return pass(rows);
    for (const Due& row : *rows) batch.del(row.key);
    stats_.purged_rows += rows->size();
  }
  bool last = batch.empty();
  if (last) batch.del(keys::mailbox(id)), batch.del(keys::url_key(id));
  Call nobody;
  if (auto done = commit_quiet(a, batch, nobody); !done) return pass(done);
  if (last) {
    if (options_.purged)
      options_.purged(a.id, "mailbox " + std::to_string(id) + " " + base::printable(m.rec.name(), 100));
    std::erase(a.trash, id);
    std::erase(a.all, id);
    a.mailboxes.erase(id);
  }
  return true;
}

namespace {

// The rows of one email that nobody can get back any more.
Result<> forget_email(kv::Engine& engine, AccountState& a, std::uint64_t id, kv::Batch& batch,
                      std::unordered_map<std::string, records::AccountBlob>& blobs) {
  auto e = read_row<records::Email>(engine, a.id, keys::email(id));
  if (!e) return pass(e);
  if (*e && !(*e)->destroyed()) return {};  // it was restored
  auto content = read_row<records::Content>(engine, a.id, keys::content(id));
  if (!content) return pass(content);
  if (*content) {
    auto thread = a.thread(engine, *e ? (*e)->thread() : 0);
    if (thread && !*thread)  // the thread has gone too: nobody can join it
      for (const auto& h : thread_hashes(**content)) {
        auto snapshot = engine.snapshot(a.id);
        if (!snapshot) return pass(snapshot);
        auto row = (*snapshot)->get(keys::thread_hash(h));
        if (row && *row && *e && keys::u64_at(**row, 0) == (*e)->thread()) batch.del(keys::thread_hash(h));
      }
  }
  for (const auto& key : {keys::email(id), keys::wire(id)}) batch.del(key);
  drop_content(batch, id);
  if (a.rec.annotations())
    if (auto done = drop_annotations(engine, a.id, id, batch); !done) return done;
  a.email_rows.drop(id);
  if (!*e) return {};
  if (!(*e)->identity().empty()) {  // unless a later email has it now
    auto snapshot = engine.snapshot(a.id);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::identity((*e)->identity()));
    if (row && *row && keys::u64_at(**row, 0) == id) batch.del(keys::identity((*e)->identity()));
  }
  a.rec.set_deleted_bytes(a.rec.deleted_bytes() - std::min(a.rec.deleted_bytes(), (*e)->size()));
  auto it = blobs.find((*e)->blob());
  if (it == blobs.end()) {
    auto b = read_row<records::AccountBlob>(engine, a.id, keys::blob((*e)->blob()));
    if (!b) return pass(b);
    it = blobs.emplace((*e)->blob(), b->value_or(records::AccountBlob())).first;
  }
  it->second.set_emails(it->second.emails() ? it->second.emails() - 1 : 0);
  return {};
}

}  // namespace

Result<bool> Store::forget_emails(AccountState& a) {
  auto due = first_rows(engine_, a.id, 'Q', kSlice);
  if (!due) return pass(due);
  kv::Batch batch;
  std::unordered_map<std::string, records::AccountBlob> blobs;
  std::uint64_t cap = a.rec.quota_bytes();  // at most one further quota is kept, the oldest go first
  for (const Due& row : *due) {
    if (row.key.size() != 17) continue;
    auto when = static_cast<std::int64_t>(keys::u64_at(row.key, 1));
    bool crowded = cap && a.rec.deleted_bytes() > cap;
    if (when + options_.keep_deleted > now() && !crowded) break;
    if (auto done = forget_email(engine_, a, keys::u64_at(row.key, 9), batch, blobs); !done) {
      a.broken = true;
      return pass(done);
    }
    batch.del(row.key);
    ++stats_.purged_emails;
  }
  if (batch.empty()) return false;
  for (const auto& [sha, b] : blobs) {
    if (b.emails() || b.uploaded() + kKeepUpload > now())
      batch.put(keys::blob(sha), b.SerializeAsString());
    else
      batch.del(keys::blob(sha));
  }
  batch.put(keys::account(), a.rec.SerializeAsString());
  Call nobody;
  if (auto done = commit_quiet(a, batch, nobody); !done) {
    a.broken = true;
    return pass(done);
  }
  return true;
}

// Uploads that no email came to use.
Result<bool> Store::forget_uploads(AccountState& a) {
  auto due = first_rows(engine_, a.id, 'P', kSlice);
  if (!due) return pass(due);
  kv::Batch batch;
  for (const Due& row : *due) {
    if (row.key.size() != 41) continue;
    if (static_cast<std::int64_t>(keys::u64_at(row.key, 1)) + kKeepUpload > now()) break;
    std::string key = keys::blob(std::string_view(row.key).substr(9));
    auto b = read_row<records::AccountBlob>(engine_, a.id, key);
    if (!b) return pass(b);
    if (*b && !(*b)->emails() && (*b)->uploaded() + kKeepUpload <= now()) batch.del(key);
    batch.del(row.key);
  }
  if (batch.empty()) return false;
  Call nobody;
  if (auto done = commit_quiet(a, batch, nobody); !done) return pass(done);
  return true;
}

// Marks whose time is over.  One that was taken again has an end of its own, later than this row.
Result<bool> Store::forget_marks(AccountState& a) {
  auto due = first_rows(engine_, a.id, 'O', kMaxRowsPerRead / 10);
  if (!due) return pass(due);
  kv::Batch batch;
  for (const Due& row : *due) {
    if (row.key.size() == 9 + kMarkBytes) {
      if (static_cast<std::int64_t>(keys::u64_at(row.key, 1)) > now()) break;
      std::string key = keys::mark(std::string_view(row.key).substr(9));
      auto snapshot = engine_.snapshot(a.id);
      if (!snapshot) return pass(snapshot);
      auto mark = (*snapshot)->get(key);
      if (!mark && mark.error().fault != base::Fault::corrupt) return pass(mark);
      bool over = !mark || (*mark && ((*mark)->size() != 8 || keys::u64_at(**mark, 0) <= keys::u64_at(row.key, 1)));
      if (over) batch.del(key);
    }
    batch.del(row.key);
  }
  if (batch.empty()) return false;
  stats_.purged_rows += batch.size();
  Call nobody;
  if (auto done = commit_quiet(a, batch, nobody); !done) return pass(done);
  return true;
}

// The change log's floor moves: what is below it, and the expunges of that time, go.
Result<bool> Store::forget_changes(AccountState& a) {
  auto log = first_rows(engine_, a.id, 'L', kMaxRowsPerRead / 10);
  if (!log) return pass(log);
  kv::Batch batch;
  std::uint64_t floor = 0;
  for (const Due& row : *log) {
    records::Change c;
    bool readable = row.key.size() == 9 && c.ParseFromString(row.value);
    if (readable && c.time() + options_.keep_changes > now()) break;
    floor = std::max(floor, keys::u64_at(row.key, 1));
    batch.del(row.key);
  }
  if (batch.empty()) return false;
  for (const auto& [id, m] : a.mailboxes) {
    auto old =
        first_rows(engine_, a.id, keys::expunged_of(id), keys::expunged(id, floor + 1), kMaxRowsPerRead / 10);
    if (!old) return pass(old);
    for (const Due& row : *old) batch.del(row.key);
    if (batch.size() > kMaxRowsPerRead) break;
  }
  stats_.purged_rows += batch.size();
  std::uint64_t before = a.rec.log_floor();
  a.rec.set_log_floor(std::max(before, floor));
  batch.put(keys::account(), a.rec.SerializeAsString());
  Call nobody;
  base::kill_point("log.forget");
  if (auto done = commit_quiet(a, batch, nobody); !done) {
    a.broken = true;
    return pass(done);
  }
  return true;
}

Result<bool> Store::forget_account(std::uint64_t id) {
  drop(id);
  auto snapshot = engine_.snapshot(id);
  if (!snapshot) return pass(snapshot);
  kv::Batch batch;
  std::string resume(1, '\x01');
  auto end = (*snapshot)->scan(resume, {}, kMaxEmailsPerCommit, [&](std::string_view key, std::string_view) {
    batch.del(key);
    return true;
  });
  if (!end) return pass(end);
  for (const auto& key : end->corrupt) batch.del(key);
  snapshot->reset();
  if (batch.empty()) return false;
  stats_.purged_rows += batch.size();
  auto receipt = engine_.commit(id, batch);
  if (!receipt) return pass(receipt);
  if (!end->more && options_.purged) options_.purged(id, "account");
  return true;
}

Result<bool> Store::work_on(std::uint64_t id, std::vector<Changed>& changed) {
  if (is_held(id)) return false;
  auto registered = read_row<records::Registered>(engine_, 0, keys::registered(id));
  if (!registered) return pass(registered);
  if (*registered && (*registered)->deleted()) {
    if ((*registered)->deleted() + options_.keep_deleted > now()) return false;
    return forget_account(id);
  }
  auto found = cached(id);
  if (!found) return pass(found);
  if (!*found) return false;
  AccountState& a = **found;
  for (auto& [_, m] : a.mailboxes) {
    if (m.alive()) continue;
    if (m.rec.rows()) return empty_mailbox(a, m, changed);
    if (static_cast<std::int64_t>(m.rec.destroyed()) + options_.keep_deleted <= now())
      return forget_mailbox(a, m);
  }
  for (auto step : {&Store::forget_emails, &Store::forget_uploads, &Store::forget_changes, &Store::forget_marks}) {
    auto more = (this->*step)(a);
    if (!more || *more) return more;
  }
  return tend_all_mail(a, changed);
}

Result<bool> Store::expire(std::uint64_t account, Call& call) {
  bool in_use = accounts_.contains(account);
  auto more = work_on(account, call.changed);
  if ((!more || !*more) && !in_use) drop(account);
  return more;
}

Result<std::uint64_t> Store::next_account(std::uint64_t after) {
  auto rows = first_rows(engine_, 0, keys::registered(after + 1), keys::after(keys::join('a')), 1);
  if (!rows) return pass(rows);
  return rows->empty() || rows->front().key.size() != 9 ? 0 : keys::u64_at(rows->front().key, 1);
}

bool Store::work_behind(std::vector<Changed>& changed) {
  if (stopped() || version_) return false;
  std::uint64_t id = 0;
  bool queued = !behind_.empty();
  if (queued) {
    id = behind_.front();
    behind_.pop_front();
  } else {
    if (!sweep_ && now() < sweep_again_) return false;
    auto next = next_account(sweep_);
    sweep_ = id = next ? *next : 0;
    if (!id) {
      sweep_again_ = now() + kSweepEvery;
      return false;
    }
  }
  bool in_use = accounts_.contains(id);
  auto more = work_on(id, changed);
  if (!more || !*more)
    if (!in_use) drop(id);  // the round must not push accounts in use out of memory
  if (!more) {
    base::log(base::Level::warning, "work-behind", {{"account", id}, {"what", more.error().what}});
    write_failed(std::move(more.error()));
    return !behind_.empty() || sweep_;
  }
  if (*more && std::ranges::find(behind_, id) == behind_.end()) behind_.push_back(id);
  evict();
  return !behind_.empty() || sweep_;
}

}  // namespace postern::store
