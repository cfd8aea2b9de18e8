// The Berkeley DB engine under crashes, power cuts, torn and flipped pages, failing disks: what flush()
// promised is there afterwards (RELIABILITY F03, F04, F05, F10, X02).
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "kv/berkeley.h"
#include "kv_fault_disk.h"

// After a panic the library cannot free all of its memory; the process is meant to end then.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libdb-5.3.so";
}

namespace postern::kv {
namespace {

namespace fs = std::filesystem;
using test::FaultDisk;
using test::TempDir;

BerkeleyOptions options_in(const std::string& dir) {
  return {.home = dir + "/db",
          .cache_bytes = 2u << 20,
          .log_file_bytes = 256u << 10,
          .log_buffer_bytes = 64u << 10,
          .keep_free_bytes = 0};
}

std::string key_of(std::uint32_t n) {
  return "row " + std::to_string(n);
}

// Each commit rewrites some rows of account 1 and the row "number".  Since the log is a sequence, what a
// crash leaves must be the state after one commit, not older than the last that was flushed.
class Workload {
 public:
  explicit Workload(unsigned seed) : rng_(seed) {}

  // False when the engine refused.
  bool step(Engine& engine) {
    Batch b;
    Changes changes;
    for (unsigned i = 0; i < 6; ++i) {
      std::string key = key_of(rng_() % 400), value(rng_() % 40 == 0 ? rng_() % 9'000 : rng_() % 250,
                                                    static_cast<char>('a' + rng_() % 26));
      b.put(key, value);
      changes.emplace_back(key, value);
    }
    if (rng_() % 4 == 0) {
      std::string key = key_of(rng_() % 400);
      b.del(key);
      changes.emplace_back(key, std::nullopt);
    }
    std::string number = std::to_string(++last_);
    b.put("number", number);
    changes.emplace_back("number", number);
    // A commit whose outcome is unknown may come back after the restart.
    commits_.push_back(std::move(changes));
    return engine.commit(1, b).has_value();
  }
  // With `believe` false the machine may be off already: its word counts for nothing.
  bool flush(Engine& engine, const std::function<bool()>& believe = [] { return true; }) {
    if (!engine.flush(engine.last())) return false;
    if (believe()) promised_ = last_;
    return true;
  }
  // Compares everything, then goes on from there.
  void check(Engine& engine) {
    std::map<std::string, std::string> rows;
    auto s = engine.snapshot(1);
    ASSERT_TRUE(s);
    auto end = (*s)->scan("", "", 1'000'000, [&](std::string_view k, std::string_view v) {
      rows.emplace(k, v);
      return true;
    });
    ASSERT_TRUE(end) << end.error().what;
    ASSERT_EQ(end->corrupt_rows, 0u);
    std::size_t n = rows.contains("number") ? std::stoul(rows["number"]) : 0;
    ASSERT_GE(n, promised_) << "an acknowledged commit is lost";
    ASSERT_LE(n, last_);
    for (std::size_t i = 0; i < commits_.size() - (last_ - n); ++i)
      for (auto& [key, value] : commits_[i])
        if (value)
          known_[key] = *value;
        else
          known_.erase(key);
    commits_.clear();
    ASSERT_EQ(rows, known_);
    last_ = promised_ = n;
  }
  std::mt19937& rng() { return rng_; }

 private:
  using Changes = std::vector<std::pair<std::string, std::optional<std::string>>>;
  std::mt19937 rng_;
  std::map<std::string, std::string> known_;  // at the last check
  std::vector<Changes> commits_;              // since
  std::size_t last_ = 0, promised_ = 0;       // numbers of commits
};

std::unique_ptr<Engine> open(const BerkeleyOptions& o) {
  auto e = open_berkeley(o);
  EXPECT_TRUE(e) << e.error().what;
  return e ? std::move(*e) : nullptr;
}

void run_some(Workload& w, Engine& engine, int steps, bool base_copies) {
  for (int i = 0; i < steps; ++i) {
    if (!w.step(engine)) return;
    if (w.rng()() % 3 == 0 && !w.flush(engine)) return;
    if (w.rng()() % 25 == 0 && !engine.checkpoint()) return;
    if (base_copies && w.rng()() % 60 == 0 && (!engine.base_copy() || !engine.remove_old_logs())) return;
  }
}

void flip_byte(const std::string& path, std::uint64_t at) {
  std::fstream f(path, std::ios::in | std::ios::out | std::ios::binary);
  f.seekg(static_cast<std::streamoff>(at));
  char c = static_cast<char>(f.get() ^ 0x10);
  f.seekp(static_cast<std::streamoff>(at));
  f.put(c);
}

TEST(KvCrash, PowerCutAtAnyWrite) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    TempDir dir;
    Workload w(seed);
    for (int life = 0; life < 4; ++life) {
      FaultDisk disk(dir.path());
      disk.freeze_at(1 + static_cast<long>(w.rng()() % (life == 0 ? 60 : 400)));
      if (auto engine = open_berkeley(options_in(dir.path()))) {
        // After the freeze nothing is acknowledged any more: the machine is off.
        for (int i = 0; i < 300 && !disk.frozen(); ++i) {
          ASSERT_TRUE(w.step(**engine));
          if (w.rng()() % 3 == 0) ASSERT_TRUE(w.flush(**engine, [&] { return !disk.frozen(); }));
          if (w.rng()() % 25 == 0) ASSERT_TRUE((*engine)->checkpoint());
          if (w.rng()() % 60 == 0) ASSERT_TRUE((*engine)->base_copy());
        }
      }
      disk.power_cut(w.rng());
      disk.heal();
      auto again = open(options_in(dir.path()));
      ASSERT_TRUE(again);
      EXPECT_FALSE(again->stats().restored_from_base_copy) << "the double-write file should have been enough";
      w.check(*again);
      ASSERT_TRUE(again->verify_pages());
      if (HasFatalFailure()) return;
    }
  }
}

// F04, F05: the n-th call fails, once or for ever.  Nothing acknowledged is lost, nothing crashes, and when
// the disk is well again the next opening finds everything.
TEST(KvCrash, FailingDiskAtEveryCall) {
  for (int err : {EIO, ENOSPC}) {
    for (bool forever : {false, true}) {
      bool reached = true;
      for (long n = 1; reached; n += n < 60 ? 1 : 13) {
        SCOPED_TRACE(testing::Message()
                     << "errno " << err << (forever ? " for ever" : " once") << " at call " << n);
        TempDir dir;
        Workload w(static_cast<unsigned>(n));
        FaultDisk disk(dir.path());
        disk.fail_at(n, err, forever);
        if (auto engine = open_berkeley(options_in(dir.path()))) run_some(w, **engine, 80, true);
        reached = disk.calls() >= n;
        disk.heal();
        auto again = open(options_in(dir.path()));
        ASSERT_TRUE(again);
        w.check(*again);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// After a failed flush nothing is promised any more, even if the disk recovers: what the kernel dropped is
// unknown.
TEST(KvCrash, FailedFlushIsNeverRetriedAndAcknowledged) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto engine = open(options_in(dir.path()));
  Workload w(1);
  ASSERT_TRUE(w.step(*engine));
  disk.fail_at(2, EIO, false);  // the flush behind the write
  auto r = engine->flush(engine->last());
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, "PANIC");
  disk.heal();
  EXPECT_EQ(engine->flush(engine->last()).error().code, "PANIC");
  EXPECT_FALSE(engine->durable(engine->last()));
  Batch b;
  b.put("k", "v");
  EXPECT_EQ(engine->commit(1, b).error().code, "PANIC");
  EXPECT_EQ(engine->snapshot(1).error().code, "PANIC");
  EXPECT_EQ(engine->checkpoint().error().code, "PANIC");
  engine.reset();
  engine = open(options_in(dir.path()));
  w.check(*engine);
}

// F07: writes that take only a part.
TEST(KvCrash, ShortWrites) {
  for (long n = 1; n < 40; ++n) {
    TempDir dir;
    FaultDisk disk(dir.path());
    disk.cut_short_at(n);
    Workload w(static_cast<unsigned>(n));
    {
      auto engine = open(options_in(dir.path()));
      ASSERT_TRUE(engine);
      run_some(w, *engine, 60, false);
    }
    auto engine = open(options_in(dir.path()));
    ASSERT_TRUE(engine);
    w.check(*engine);
  }
}

// A write that came half-way and says so, at each call in turn.
TEST(KvCrash, TornWriteAtEveryCall) {
  bool reached = true;
  for (long n = 1; reached; n += n < 60 ? 1 : 13) {
    SCOPED_TRACE(n);
    TempDir dir;
    Workload w(static_cast<unsigned>(n));
    FaultDisk disk(dir.path());
    disk.tear_at(n);
    if (auto engine = open_berkeley(options_in(dir.path()))) run_some(w, **engine, 80, true);
    reached = disk.calls() >= n;
    disk.heal();
    auto again = open(options_in(dir.path()));
    ASSERT_TRUE(again);
    w.check(*again);
    ASSERT_TRUE(again->verify_pages());
    if (HasFatalFailure()) return;
  }
}

// Commits, flushes, checkpoints and copies on threads of their own, as stored has them, while each call in turn is
// overtaken by the others; then the power goes.
TEST(KvCrash, DelayedCallsOfSeveralThreads) {
  for (long n = 1; n < 90; n += 3) {
    SCOPED_TRACE(n);
    TempDir dir;
    std::mt19937 rng(static_cast<unsigned>(n));
    FaultDisk disk(dir.path());
    std::size_t promised = 0, last = 0;
    {
      auto engine = open(options_in(dir.path()));
      disk.delay_at(n);
      std::atomic<bool> stop{false};
      std::atomic<std::size_t> written{0};
      std::thread flusher([&] {
        while (!stop) {
          std::size_t covers = written;
          ASSERT_TRUE(engine->flush(engine->last()));
          promised = covers;
        }
      });
      std::thread keeper([&] {
        while (!stop) {
          ASSERT_TRUE(engine->checkpoint());
          ASSERT_TRUE(engine->base_copy());
          ASSERT_TRUE(engine->remove_old_logs());
        }
      });
      for (last = 1; last <= 150; ++last) {
        Batch b;
        for (unsigned i = 0; i < 5; ++i) b.put(key_of(rng() % 200), std::to_string(last));
        b.put("number", std::to_string(last));
        ASSERT_TRUE(engine->commit(1, b));
        written = last;
      }
      stop = true;
      flusher.join();
      keeper.join();
      disk.freeze_at(1);
    }
    disk.power_cut(rng);
    disk.heal();
    auto engine = open(options_in(dir.path()));
    ASSERT_TRUE(engine);
    auto number = (*engine->snapshot(1))->get("number");
    ASSERT_TRUE(number) << number.error().what;
    std::size_t found = *number ? std::stoul(**number) : 0;
    EXPECT_GE(found, promised);
    EXPECT_LE(found, last);
    ASSERT_TRUE(engine->verify_pages());
  }
}

// A page half written in place when the power went, at 512 and 2048 bytes, followed by old bytes or by
// garbage.
TEST(KvCrash, TornPageIsRestoredFromTheDoubleWriteFile) {
  for (std::size_t torn : {512u, 2048u}) {
    for (bool garbage : {false, true}) {
      TempDir dir;
      FaultDisk disk(dir.path());
      auto o = options_in(dir.path());
      std::string database = o.home + "/store.db";
      Workload w(7);
      auto read_all = [&] {
        std::ifstream in(database, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
      };
      {
        auto engine = open(o);
        run_some(w, *engine, 100, false);
        ASSERT_TRUE(engine->checkpoint());
        std::string old = read_all();
        for (int i = 0; i < 50; ++i) ASSERT_TRUE(w.step(*engine));
        ASSERT_TRUE(w.flush(*engine));
        ASSERT_TRUE(engine->checkpoint());
        ASSERT_TRUE(w.flush(*engine));
        // Everything from here on is as the crash left it.
        fs::copy(o.home, dir.path() + "/crashed", fs::copy_options::recursive);
        std::string now = read_all();
        std::size_t changed = 0;
        for (std::size_t at = 0; at + kPageSize <= now.size(); at += kPageSize) {
          if (at + kPageSize <= old.size() && now.compare(at, kPageSize, old, at, kPageSize) == 0) continue;
          ++changed;
          std::string rest = garbage                        ? std::string(kPageSize - torn, '\x5a')
                             : at + kPageSize <= old.size() ? old.substr(at + torn, kPageSize - torn)
                                                            : std::string(kPageSize - torn, '\0');
          now.replace(at + torn, rest.size(), rest);
        }
        ASSERT_GT(changed, 10u);
        std::ofstream(dir.path() + "/crashed/store.db", std::ios::binary | std::ios::trunc) << now;
      }
      o.home = dir.path() + "/crashed";
      auto engine = open(o);
      ASSERT_TRUE(engine);
      EXPECT_FALSE(engine->stats().restored_from_base_copy);
      w.check(*engine);
      ASSERT_TRUE(engine->verify_pages());
    }
  }
}

// A byte flipped on the disk: found when the page is read, or when all are checked; the base copy and the
// logs since bring everything back without help.
TEST(KvCrash, FlippedByteIsRestoredFromBaseCopyAndLogs) {
  for (bool with_base : {true, false}) {
    for (std::uint64_t page : {0u, 1u, 5u, 9u}) {
      for (bool check : {false, true}) {
        SCOPED_TRACE(testing::Message()
                     << "page " << page << (with_base ? " with" : " without") << " base copy");
        TempDir dir;
        FaultDisk disk(dir.path());
        auto o = options_in(dir.path());
        Workload w(static_cast<unsigned>(page) + 1);
        {
          auto engine = open(o);
          run_some(w, *engine, 300, false);
          if (with_base) {
            ASSERT_TRUE(engine->base_copy());
            auto removed = engine->remove_old_logs();
            ASSERT_TRUE(removed);
            EXPECT_GT(*removed, 0u);
          }
          run_some(w, *engine, 300, false);
          ASSERT_TRUE(w.flush(*engine));
        }
        fs::remove(o.home + "/double-write");  // it happened long ago
        flip_byte(o.home + "/store.db", page * kPageSize + 100);
        if (!check && page > 0) {
          auto engine = open(o);
          ASSERT_TRUE(engine);
          auto end = (*engine->snapshot(1))->scan("", "", 1'000'000, [](std::string_view, std::string_view) {
            return true;
          });
          if (end) ASSERT_FALSE(engine->verify_pages());  // a page that no row is on
          if (!end) EXPECT_EQ(end.error().code, "PANIC");
        }
        o.check_all_pages = check;
        auto engine = open(o);
        ASSERT_TRUE(engine);
        EXPECT_TRUE(engine->stats().restored_from_base_copy);
        w.check(*engine);
        ASSERT_TRUE(engine->verify_pages());
        run_some(w, *engine, 50, true);
        engine.reset();
        o.check_all_pages = false;
        engine = open(o);
        EXPECT_FALSE(engine->stats().restored_from_base_copy);
        w.check(*engine);
        std::size_t aside = 0;
        for (auto& e : fs::directory_iterator(o.home))
          aside += e.path().filename().string().starts_with("broken-");
        EXPECT_EQ(aside, 1u);
      }
    }
  }
}

TEST(KvCrash, DatabaseFileGone) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto o = options_in(dir.path());
  Workload w(3);
  {
    auto engine = open(o);
    run_some(w, *engine, 200, true);
    ASSERT_TRUE(engine->base_copy());
    run_some(w, *engine, 50, false);
    ASSERT_TRUE(w.flush(*engine));
  }
  fs::remove(o.home + "/store.db");
  auto engine = open(o);
  ASSERT_TRUE(engine);
  w.check(*engine);
}

TEST(KvCrash, NothingLeftToRestoreFromIsSaidNotInvented) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto o = options_in(dir.path());
  Workload w(3);
  {
    auto engine = open(o);
    run_some(w, *engine, 300, false);
    ASSERT_TRUE(engine->base_copy());
    ASSERT_TRUE(engine->remove_old_logs());
  }
  fs::remove_all(o.home + "/base");
  flip_byte(o.home + "/store.db", 5 * kPageSize + 100);
  o.check_all_pages = true;
  for (int i = 0; i < 2; ++i) {
    auto engine = open_berkeley(o);
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().fault, base::Fault::corrupt);
    EXPECT_EQ(engine.error().code, "UNRECOVERABLE");
  }
  EXPECT_TRUE(fs::exists(o.home + "/store.db"));
}

TEST(KvCrash, CopyOfARunningDatabaseOpens) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto o = options_in(dir.path());
  auto engine = open(o);
  Workload w(11);
  run_some(w, *engine, 400, true);
  ASSERT_TRUE(w.flush(*engine));
  ASSERT_TRUE(engine->copy_to(dir.path() + "/copy"));
  EXPECT_FALSE(engine->copy_to(dir.path() + "/copy"));
  o.home = dir.path() + "/copy";
  for (int i = 0; i < 2; ++i) {
    auto copy = open(o);
    ASSERT_TRUE(copy);
    w.check(*copy);
    ASSERT_TRUE(copy->verify_pages());
  }
}

TEST(KvCrash, SecondOpenerIsRefused) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto o = options_in(dir.path());
  auto engine = open(o);
  auto second = open_berkeley(o);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "IN_USE");
  engine.reset();
  EXPECT_TRUE(open(o));
}

TEST(KvCrash, DbConfigIsRefusedByName) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto o = options_in(dir.path());
  fs::create_directories(o.home);
  std::ofstream(o.home + "/DB_CONFIG") << "set_flags DB_TXN_NOSYNC\n";
  auto engine = open_berkeley(o);
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().what.find("DB_CONFIG"), std::string::npos);
}

TEST(KvCrash, FullDiskRefusesCommitsAndServesReads) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto o = options_in(dir.path());
  o.keep_free_bytes = ~0ull;
  auto engine = open(o);
  Batch b;
  b.put("k", "v");
  auto r = engine->commit(1, b);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, "NO_SPACE");
  EXPECT_TRUE((*engine->snapshot(1))->get("k"));
}

// More dirty pages than cache and guard keep together: pages leave through every way there is.
TEST(KvCrash, MoreDataThanCache) {
  TempDir dir;
  FaultDisk disk(dir.path());
  auto o = options_in(dir.path());
  o.log_file_bytes = 4u << 20;
  o.log_buffer_bytes = 1u << 20;
  auto value = [](int i, int round) {
    return std::to_string(i * 31 + round) + std::string(700, static_cast<char>('a' + i % 26));
  };
  constexpr int kRows = 14'000;
  {
    auto engine = open(o);
    for (int round = 0; round < 2; ++round)
      for (int i = 0; i < kRows; i += 20) {
        Batch b;
        for (int j = i; j < i + 20; ++j)
          b.put("row " + std::to_string(j * 7919 % kRows), value(j * 7919 % kRows, round));
        ASSERT_TRUE(engine->commit(1, b));
      }
    EXPECT_GT(engine->stats().pages_written, kMaxDeferredPages);
    ASSERT_TRUE(engine->flush(engine->last()));
    fs::copy(o.home, dir.path() + "/crashed", fs::copy_options::recursive);
  }
  o.home = dir.path() + "/crashed";
  auto engine = open(o);
  ASSERT_TRUE(engine);
  ASSERT_TRUE(engine->verify_pages());
  for (int i = 0; i < kRows; i += 97)
    ASSERT_EQ((*engine->snapshot(1))->get("row " + std::to_string(i)).value(), value(i, 1));
}

}  // namespace
}  // namespace postern::kv
