#include "kv/memory.h"

#include <map>
#include <shared_mutex>

#include "kv/live.h"
#include "kv/row.h"

namespace postern::kv {

using base::fail;
using base::Fault;

namespace {

using Rows = std::map<std::string, std::string, std::less<>>;

struct Shared {
  mutable std::shared_mutex mutex;  // over rows, stats, closed
  Rows rows;                        // as row.h describes them
  LiveSnapshots live;
  EngineStats stats;
  std::atomic<std::uint64_t> committed{0}, durable{0};
  bool closed = false;
};

base::Error closed_error() {
  return {Fault::temporary, "the engine is closed", "PANIC"};
}

class MemorySnapshot : public Snapshot {
 public:
  MemorySnapshot(Shared& shared, Account account) : shared_(shared), account_(account) {
    shared_.live.enter(account_, &stale_);
  }
  ~MemorySnapshot() override { shared_.live.leave(account_, &stale_); }

  Result<std::uint64_t> version() override {
    std::shared_lock lock(shared_.mutex);
    if (auto ok = usable(); !ok) return base::pass(ok);
    std::string key = row_key(account_, {});
    auto it = shared_.rows.find(key);
    if (it == shared_.rows.end()) return 0;
    return parse_version(key, it->second);
  }

  Result<std::optional<std::string>> get(std::string_view key) override {
    std::shared_lock lock(shared_.mutex);
    if (auto ok = usable(); !ok) return base::pass(ok);
    return find(row_key(account_, key));
  }

  Result<std::optional<std::string>> get_raw(std::string_view key) override {
    std::shared_lock lock(shared_.mutex);
    if (auto ok = usable(); !ok) return base::pass(ok);
    auto it = shared_.rows.find(row_key(account_, key));
    return it == shared_.rows.end() ? std::nullopt : std::optional(it->second);
  }

  Result<std::vector<std::optional<std::string>>> get_many(std::span<const std::string> keys,
                                                           std::vector<std::string>* corrupt) override {
    std::shared_lock lock(shared_.mutex);
    if (auto ok = usable(); !ok) return base::pass(ok);
    std::vector<std::optional<std::string>> out;
    out.reserve(keys.size());
    for (const std::string& key : keys) {
      auto one = find(row_key(account_, key));
      if (!one && !corrupt) return base::pass(one);
      if (!one) corrupt->push_back(key);
      out.push_back(one ? std::move(*one) : std::nullopt);
    }
    return out;
  }

  Result<ScanEnd> scan(std::string_view from, std::string_view to, std::size_t max_rows,
                       const RowFn& fn) override {
    ScanEnd end;
    for (std::string next(from);;) {
      auto rows = copy_forward(next, to);
      if (!rows) return base::pass(rows);
      for (auto& [key, stored] : *rows) {
        if (end.rows == max_rows) return stop(std::move(end), key);
        if (!hand_over(key, stored, end, fn)) return stop(std::move(end), key + '\0');
      }
      if (rows->size() < kChunk) return end;
      next = rows->back().first + '\0';
    }
  }

  Result<ScanEnd> scan_reverse(std::string_view from, std::string_view to, std::size_t max_rows,
                               const RowFn& fn) override {
    ScanEnd end;
    for (std::string below(to);;) {
      auto rows = copy_backward(from, below);
      if (!rows) return base::pass(rows);
      for (auto& [key, stored] : *rows) {
        if (end.rows == max_rows) return stop(std::move(end), key + '\0');
        if (!hand_over(key, stored, end, fn)) return stop(std::move(end), key);
      }
      if (rows->size() < kChunk) return end;
      below = rows->back().first;
    }
  }

 private:
  Result<> usable() const {
    if (shared_.closed) return std::unexpected(closed_error());
    if (stale_.load(std::memory_order_relaxed)) return std::unexpected(stale_snapshot());
    return {};
  }

  Result<std::optional<std::string>> find(const std::string& key) const {
    auto it = shared_.rows.find(key);
    if (it == shared_.rows.end() || key.size() == kAccountSize) return std::nullopt;
    if (!row_intact(key, it->second)) return std::unexpected(corrupt_row(key));
    return std::string(row_value(it->second));
  }

  // No lock may be held while the callback runs: rows are copied, kChunk at a time.
  static constexpr std::size_t kChunk = 256;
  using Copied = std::vector<std::pair<std::string, std::string>>;

  Result<Copied> copy_forward(std::string_view from, std::string_view to) const {
    std::shared_lock lock(shared_.mutex);
    if (auto ok = usable(); !ok) return base::pass(ok);
    Copied out;
    for (auto it = shared_.rows.lower_bound(row_key(account_, from)); it != shared_.rows.end(); ++it) {
      std::string_view key = it->first;
      if (out.size() == kChunk || get_be64(key.data()) != account_) break;
      key.remove_prefix(kAccountSize);
      if (!to.empty() && key >= to) break;
      if (!key.empty()) out.emplace_back(key, it->second);
    }
    return out;
  }

  // Nearest below `below` first; an empty one is behind the account.
  Result<Copied> copy_backward(std::string_view from, std::string_view below) const {
    std::shared_lock lock(shared_.mutex);
    if (auto ok = usable(); !ok) return base::pass(ok);
    Copied out;
    std::string end =
        below.empty() ? row_key(account_, std::string(kMaxKey + 1, '\xff')) : row_key(account_, below);
    for (auto it = shared_.rows.lower_bound(end); it != shared_.rows.begin() && out.size() < kChunk;) {
      std::string_view key = (--it)->first;
      if (key.size() == kAccountSize || get_be64(key.data()) != account_) break;
      key.remove_prefix(kAccountSize);
      if (key < from) break;
      out.emplace_back(key, it->second);
    }
    return out;
  }

  bool hand_over(const std::string& key, const std::string& stored, ScanEnd& end, const RowFn& fn) const {
    if (!row_intact(row_key(account_, key), stored)) {
      if (end.corrupt_rows++ < kMaxCorruptReported) end.corrupt.push_back(key);
      return true;
    }
    ++end.rows;
    return fn(key, row_value(stored));
  }

  static ScanEnd stop(ScanEnd end, const std::string& resume) {
    end.more = true;
    end.resume = resume;
    return end;
  }

  Shared& shared_;
  Account account_;
  LiveSnapshots::Flag stale_{false};
};

class MemoryEngine : public Engine {
 public:
  Result<std::unique_ptr<Snapshot>> snapshot(Account account) override {
    std::shared_lock lock(shared_.mutex);
    if (shared_.closed) return std::unexpected(closed_error());
    return std::make_unique<MemorySnapshot>(shared_, account);
  }

  Result<Receipt> commit(Account account, Batch& batch, std::optional<std::uint64_t> expected) override {
    AccountBatch one{account, &batch, expected};
    auto done = commit_many({&one, 1});
    if (done && one.refused) return std::unexpected(std::move(*one.refused));
    return done;
  }

  Result<Receipt> commit_many(std::span<AccountBatch> batches) override {
    std::unique_lock lock(shared_.mutex);
    if (shared_.closed) return std::unexpected(closed_error());
    bool wrote = false;
    for (AccountBatch& b : batches) {
      auto done = apply(b);
      if (done) wrote |= *done;
      if (!done) b.refused = std::move(done.error());
    }
    if (wrote) {
      ++shared_.stats.commits;
      ++shared_.committed;
    }
    return Receipt{shared_.committed};
  }

  Result<> flush(Receipt) override {
    std::unique_lock lock(shared_.mutex);
    if (shared_.closed) return std::unexpected(closed_error());
    if (shared_.durable == shared_.committed) return {};
    ++shared_.stats.flushes;
    shared_.durable.store(shared_.committed);
    return {};
  }
  bool durable(Receipt receipt) const override { return receipt.lsn <= shared_.durable; }
  Receipt last() const override { return {shared_.committed}; }

  Result<> checkpoint() override {
    std::unique_lock lock(shared_.mutex);
    ++shared_.stats.checkpoints;
    return {};
  }
  Result<> base_copy() override { return {}; }
  Result<> copy_to(const std::string&) override {
    return fail(Fault::permanent, "the memory engine has no files");
  }
  Result<std::size_t> remove_old_logs() override { return 0; }
  Result<> verify_pages() override { return {}; }

  EngineStats stats() const override {
    std::shared_lock lock(shared_.mutex);
    return shared_.stats;
  }

  Result<> close() override {
    std::unique_lock lock(shared_.mutex);
    shared_.closed = true;
    return {};
  }

  Result<> overwrite_raw(Account account, std::string_view key, std::string_view raw) override {
    std::unique_lock lock(shared_.mutex);
    shared_.rows[row_key(account, key)] = raw;
    shared_.live.changed(account);
    return {};
  }

 private:
  // Whether anything was written.
  Result<bool> apply(AccountBatch& b) {
    if (auto ok = check_batch(*b.batch); !ok) return base::pass(ok);
    std::string version_key = row_key(b.account, {});
    if (b.expected_version) {
      auto it = shared_.rows.find(version_key);
      Result<std::uint64_t> now = 0;
      if (it != shared_.rows.end()) now = parse_version(version_key, it->second);
      if (!now) return base::pass(now);
      if (*now != *b.expected_version) {
        ++shared_.stats.conflicts;
        return fail(Fault::temporary, "the account is at another version", "CONFLICT");
      }
      shared_.rows[version_key] = version_value(version_key, *now + 1);
    }
    b.batch->seal(b.account);
    for (std::size_t i = 0; i < b.batch->size(); ++i) {
      Batch::Row row = b.batch->row(i);
      if (row.is_delete) {
        if (auto it = shared_.rows.find(row.key); it != shared_.rows.end()) shared_.rows.erase(it);
      } else {
        shared_.rows.insert_or_assign(std::string(row.key), std::string(row.value));
      }
    }
    if (b.batch->empty() && !b.expected_version) return false;
    ++shared_.stats.batches;
    shared_.live.changed(b.account);
    return true;
  }

  Shared shared_;
};

}  // namespace

std::unique_ptr<Engine> open_memory() {
  return std::make_unique<MemoryEngine>();
}

}  // namespace postern::kv
