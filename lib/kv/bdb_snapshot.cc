#include "kv/bdb_snapshot.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <shared_mutex>

#include "kv/row.h"

namespace postern::kv {

using base::Fault;
using base::Result;

namespace {

// A scan copies a chunk of rows under the lock and hands them over without it.
constexpr std::size_t kFirstChunk = 16 * 1024;
constexpr std::size_t kLargeChunk = 64 * 1024;
constexpr std::size_t kReverseChunk = 64;  // rows
constexpr std::size_t kFirstValue = 4096;

struct CursorClose {
  void operator()(DBC* c) const noexcept { c->close(c); }
};
using Cursor = std::unique_ptr<DBC, CursorClose>;

DBT dbt(std::string_view bytes) {
  DBT d;
  std::memset(&d, 0, sizeof d);
  d.data = const_cast<char*>(bytes.data());
  d.size = static_cast<u_int32_t>(bytes.size());
  return d;
}

DBT dbt_into(std::string& buffer) {
  DBT d;
  std::memset(&d, 0, sizeof d);
  d.data = buffer.data();
  d.ulen = static_cast<u_int32_t>(buffer.size());
  d.flags = DB_DBT_USERMEM;
  return d;
}

// Buffers keep their size between uses of one thread; they hold nothing between calls.
std::string& chunk_buffer() {
  static thread_local std::string buffer;
  return buffer;
}

struct OwnedRow {
  std::string key, stored;
};

class BdbSnapshot : public Snapshot {
 public:
  BdbSnapshot(BdbShared& shared, Account account) : shared_(shared), account_(account) {
    shared_.live.enter(account_, &stale_);
  }
  ~BdbSnapshot() override { shared_.live.leave(account_, &stale_); }

  Result<std::uint64_t> version() override;
  Result<std::optional<std::string>> get(std::string_view key) override;
  Result<std::optional<std::string>> get_raw(std::string_view key) override;
  Result<std::vector<std::optional<std::string>>> get_many(std::span<const std::string> keys,
                                                           std::vector<std::string>* corrupt) override;
  Result<ScanEnd> scan(std::string_view from, std::string_view to, std::size_t max_rows,
                       const RowFn& fn) override;
  Result<ScanEnd> scan_reverse(std::string_view from, std::string_view to, std::size_t max_rows,
                               const RowFn& fn) override;

 private:
  Result<> usable() const;
  Result<std::optional<std::string>> find(std::string_view key);
  Result<Cursor> cursor(u_int32_t flags);
  Result<DBT> fill_chunk(const std::string& from, std::size_t chunk);
  bool deliver_chunk(DBT& chunk, std::string_view to, std::size_t max_rows, const RowFn& fn, ScanEnd& end,
                     std::string& next);
  Result<std::vector<OwnedRow>> read_backward(const std::string& below, std::string_view from);

  // False: stop, and `end.resume` is for the caller to set.
  bool deliver(std::string_view full_key, std::string_view stored, const RowFn& fn, ScanEnd& end) const {
    std::string_view key = full_key.substr(kAccountSize);
    if (!row_intact(full_key, stored)) {
      if (end.corrupt_rows++ < kMaxCorruptReported) end.corrupt.emplace_back(key);
      return true;
    }
    ++end.rows;
    return fn(key, row_value(stored));
  }

  BdbShared& shared_;
  Account account_;
  LiveSnapshots::Flag stale_{false};
};

Result<> BdbSnapshot::usable() const {
  if (!shared_.env) return base::fail(Fault::temporary, "the engine is closed", "PANIC");
  if (shared_.env->panicked()) return std::unexpected(shared_.env->panic_error());
  if (stale_.load(std::memory_order_relaxed)) return std::unexpected(stale_snapshot());
  return {};
}

Result<std::uint64_t> BdbSnapshot::version() {
  std::shared_lock lock(shared_.lock);
  if (auto ok = usable(); !ok) return base::pass(ok);
  std::string key = row_key(account_, {}), stored;
  auto found = read_row(*shared_.env, nullptr, key, stored);
  if (!found) return base::pass(found);
  if (!*found) return 0;
  return parse_version(key, stored);
}

// REQUIRES: the lock is held.
Result<std::optional<std::string>> BdbSnapshot::find(std::string_view key) {
  if (key.empty()) return std::nullopt;
  std::string full = row_key(account_, key);
  // Read into the thread's buffer first: the answer is then as large as its row.
  std::string& buffer = chunk_buffer();
  auto size = read_into(*shared_.env, nullptr, full, buffer);
  if (!size) return base::pass(size);
  if (!*size) return std::nullopt;
  std::string_view stored = std::string_view(buffer).substr(0, **size);
  if (!row_intact(full, stored)) return std::unexpected(corrupt_row(full));
  return std::string(row_value(stored));
}

Result<std::optional<std::string>> BdbSnapshot::get(std::string_view key) {
  std::shared_lock lock(shared_.lock);
  if (auto ok = usable(); !ok) return base::pass(ok);
  return find(key);
}

Result<std::optional<std::string>> BdbSnapshot::get_raw(std::string_view key) {
  std::shared_lock lock(shared_.lock);
  if (auto ok = usable(); !ok) return base::pass(ok);
  std::string raw;
  auto there = read_row(*shared_.env, nullptr, row_key(account_, key), raw);
  if (!there) return base::pass(there);
  return *there ? std::optional(std::move(raw)) : std::nullopt;
}

Result<std::vector<std::optional<std::string>>> BdbSnapshot::get_many(std::span<const std::string> keys,
                                                                      std::vector<std::string>* corrupt) {
  constexpr std::size_t kAtATime = 100;  // then a waiting commit has its turn
  std::vector<std::optional<std::string>> out;
  out.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size();) {
    std::shared_lock lock(shared_.lock);
    if (auto ok = usable(); !ok) return base::pass(ok);
    for (std::size_t until = std::min(keys.size(), i + kAtATime); i < until; ++i) {
      auto one = find(keys[i]);
      bool bad_row = !one && one.error().fault == Fault::corrupt;
      if (!one && !(bad_row && corrupt)) return base::pass(one);
      if (bad_row) corrupt->push_back(keys[i]);
      out.push_back(one ? std::move(*one) : std::nullopt);
    }
  }
  return out;
}

Result<Cursor> BdbSnapshot::cursor(u_int32_t flags) {
  DBC* c = nullptr;
  DB* db = shared_.env->db();
  if (int r = db->cursor(db, nullptr, &c, flags); r != 0)
    return std::unexpected(shared_.env->error("cursor", r));
  return Cursor(c);
}

// A chunk of rows from `from` on, in the library's bulk form; of size 0 at the end of the database.
Result<DBT> BdbSnapshot::fill_chunk(const std::string& from, std::size_t chunk) {
  std::string& buffer = chunk_buffer();
  if (buffer.size() < chunk) buffer.resize(chunk);
  std::shared_lock lock(shared_.lock);
  if (auto ok = usable(); !ok) return base::pass(ok);
  auto c = cursor(DB_CURSOR_BULK);
  if (!c) return base::pass(c);
  for (;;) {
    // The library wants room for a key: a bulk read gives none back, but one that finds the buffer too small has put
    // the first row's there.
    std::string at = from;
    at.resize(kAccountSize + kMaxKey + 16);
    DBT rows = dbt_into(buffer), seek = dbt_into(at);
    rows.ulen = static_cast<u_int32_t>(chunk);
    seek.size = static_cast<u_int32_t>(from.size());
    int r = (*c)->get(c->get(), &seek, &rows, DB_SET_RANGE | DB_MULTIPLE_KEY);
    if (r == 0) return rows;
    if (r == DB_NOTFOUND) {
      rows.size = 0;
      return rows;
    }
    if (r != DB_BUFFER_SMALL) return std::unexpected(shared_.env->error("scan", r));
    chunk = (rows.size + 2 * kLargeChunk) / 1024 * 1024;  // one row larger than the chunk
    if (chunk > 4 * kMaxValue) return std::unexpected(corrupt_row(from));
    if (buffer.size() < chunk) buffer.resize(chunk);
  }
}

// True when the scan ended; otherwise `next` says where the next chunk begins.
bool BdbSnapshot::deliver_chunk(DBT& chunk, std::string_view to, std::size_t max_rows, const RowFn& fn,
                                ScanEnd& end, std::string& next) {
  void* p;
  DB_MULTIPLE_INIT(p, &chunk);
  std::string_view last;
  for (;;) {
    void *key_at, *value_at;
    u_int32_t key_size, value_size;
    DB_MULTIPLE_KEY_NEXT(p, &chunk, key_at, key_size, value_at, value_size);
    if (!p) break;
    std::string_view key(static_cast<char*>(key_at), key_size),
        stored(static_cast<char*>(value_at), value_size);
    if (key.size() < kAccountSize || get_be64(key.data()) != account_) return true;
    std::string_view own = key.substr(kAccountSize);
    if (!to.empty() && own >= to) return true;
    last = key;
    if (own.empty()) continue;
    if (end.rows == max_rows) {
      end.more = true;
      end.resume = own;
      return true;
    }
    if (!deliver(key, stored, fn, end)) {
      end.more = true;
      end.resume = own;
      end.resume += '\0';
      return true;
    }
  }
  next.assign(last);
  next += '\0';
  return last.empty();
}

Result<ScanEnd> BdbSnapshot::scan(std::string_view from, std::string_view to, std::size_t max_rows,
                                  const RowFn& fn) {
  ScanEnd end;
  std::string next = row_key(account_, from);
  std::size_t chunk_size = kFirstChunk;
  // The callback may scan too: the thread's buffer is taken away from it while rows lie in it.
  for (;;) {
    auto chunk = fill_chunk(next, chunk_size);
    if (!chunk) return base::pass(chunk);
    if (chunk->size == 0) return end;
    std::string mine = std::move(chunk_buffer());
    bool done = deliver_chunk(*chunk, to, max_rows, fn, end, next);
    chunk_buffer() = std::move(mine);
    if (done) return end;
    chunk_size = kLargeChunk;
  }
}

// Up to kReverseChunk rows before `below` (a full key), nearest first, not below `from`.
Result<std::vector<OwnedRow>> BdbSnapshot::read_backward(const std::string& below, std::string_view from) {
  std::vector<OwnedRow> rows;
  std::shared_lock lock(shared_.lock);
  if (auto ok = usable(); !ok) return base::pass(ok);
  auto c = cursor(0);
  if (!c) return base::pass(c);
  std::string key_buffer(kAccountSize + kMaxKey + 16, '\0'), value_buffer(kFirstValue, '\0');
  u_int32_t move = DB_SET_RANGE;
  while (rows.size() < kReverseChunk) {
    if (move == DB_SET_RANGE) std::memcpy(key_buffer.data(), below.data(), below.size());
    DBT key = dbt_into(key_buffer), value = dbt_into(value_buffer);
    key.size = static_cast<u_int32_t>(below.size());
    if (move == DB_SET_RANGE) {  // only a place: its value is not wanted
      value.flags |= DB_DBT_PARTIAL;
      value.dlen = 0;
    }
    int r = (*c)->get(c->get(), &key, &value, move);
    if (r == DB_BUFFER_SMALL && value.size > value_buffer.size() && value.size <= kMaxValue + kSumSize) {
      value_buffer.resize(value.size);
      continue;
    }
    if (move == DB_SET_RANGE && (r == 0 || r == DB_NOTFOUND)) {
      move = r == 0 ? DB_PREV : DB_LAST;
      continue;
    }
    if (r == DB_NOTFOUND) break;
    if (r != 0) return std::unexpected(shared_.env->error("scan", r));
    move = DB_PREV;
    std::string_view full(key_buffer.data(), key.size);
    if (full.size() <= kAccountSize || get_be64(full.data()) != account_ || full.substr(kAccountSize) < from)
      break;
    rows.push_back({std::string(full), std::string(value_buffer.data(), value.size)});
  }
  return rows;
}

Result<ScanEnd> BdbSnapshot::scan_reverse(std::string_view from, std::string_view to, std::size_t max_rows,
                                          const RowFn& fn) {
  ScanEnd end;
  // The first key behind the range: behind the whole account when `to` is empty.
  std::string below =
      to.empty() ? row_key(account_, std::string(kMaxKey + 1, '\xff')) : row_key(account_, to);
  for (;;) {
    auto rows = read_backward(below, from);
    if (!rows) return base::pass(rows);
    for (const OwnedRow& row : *rows) {
      std::string_view key = std::string_view(row.key).substr(kAccountSize);
      if (end.rows == max_rows) {
        end.more = true;
        end.resume = std::string(key) + '\0';
        return end;
      }
      if (!deliver(row.key, row.stored, fn, end)) {
        end.more = true;
        end.resume = key;
        return end;
      }
    }
    if (rows->size() < kReverseChunk) return end;
    below = rows->back().key;
  }
}

}  // namespace

std::unique_ptr<Snapshot> make_bdb_snapshot(BdbShared& shared, Account account) {
  return std::make_unique<BdbSnapshot>(shared, account);
}

Result<bool> read_row(Environment& env, DB_TXN* txn, std::string_view full_key, std::string& out) {
  auto size = read_into(env, txn, full_key, out);
  if (!size) return base::pass(size);
  if (!*size) return false;
  out.resize(**size);
  return true;
}

Result<std::optional<std::size_t>> read_into(Environment& env, DB_TXN* txn, std::string_view full_key, std::string& out) {
  if (full_key.size() > kAccountSize + kMaxKey) return std::nullopt;
  if (out.size() < kFirstValue) out.resize(kFirstValue);
  for (;;) {
    DBT key = dbt(full_key), value = dbt_into(out);
    int r = env.db()->get(env.db(), txn, &key, &value, 0);
    if (r == DB_NOTFOUND) return std::nullopt;
    if (r == DB_BUFFER_SMALL && value.size > out.size()) {
      out.resize(value.size);
      continue;
    }
    if (r != 0) return std::unexpected(env.error("read", r));
    return value.size;
  }
}

}  // namespace postern::kv
