// The engine contract, the same for every engine: kv/engine.h.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "kv/berkeley.h"
#include "kv/memory.h"
#include "kv_fault_disk.h"

namespace postern::kv {
namespace {

struct Contract : testing::TestWithParam<const char*> {
  bool berkeley() const { return GetParam() == std::string_view("berkeley"); }
  void SetUp() override { open(); }
  void open() {
    engine.reset();
    if (!berkeley()) {
      engine = open_memory();
      return;
    }
    auto e = open_berkeley({.home = dir.path() + "/db",
                            .cache_bytes = 8u << 20,
                            .log_file_bytes = 2u << 20,
                            .keep_free_bytes = 0});
    ASSERT_TRUE(e) << e.error().what;
    engine = std::move(*e);
  }
  Receipt put(Account a, std::string_view key, std::string_view value) {
    Batch b;
    b.put(key, value);
    auto r = engine->commit(a, b);
    EXPECT_TRUE(r) << r.error().what;
    return r.value_or(Receipt{});
  }
  std::optional<std::string> get(Account a, std::string_view key) {
    auto s = engine->snapshot(a);
    EXPECT_TRUE(s);
    auto v = (*s)->get(key);
    EXPECT_TRUE(v) << v.error().what;
    return v.value_or(std::nullopt);
  }
  std::vector<std::pair<std::string, std::string>> scan(Account a, std::string_view from, std::string_view to,
                                                        std::size_t max = 1'000'000, bool reverse = false) {
    std::vector<std::pair<std::string, std::string>> out;
    auto s = engine->snapshot(a);
    auto fn = [&](std::string_view k, std::string_view v) {
      out.emplace_back(k, v);
      return true;
    };
    last_end = reverse ? (*s)->scan_reverse(from, to, max, fn) : (*s)->scan(from, to, max, fn);
    EXPECT_TRUE(last_end) << last_end.error().what;
    return out;
  }

  test::TempDir dir;
  test::FaultDisk disk{dir.path()};
  std::unique_ptr<Engine> engine;
  Result<ScanEnd> last_end;
};

TEST_P(Contract, CommitIsVisibleAtOnceAndDurableAfterFlush) {
  Receipt before = engine->last();
  EXPECT_TRUE(engine->durable(before));
  Receipt r = put(1, "k", "v");
  EXPECT_EQ(get(1, "k"), "v");
  EXPECT_GT(r, before);
  EXPECT_EQ(engine->last(), r);
  EXPECT_FALSE(engine->durable(r));
  ASSERT_TRUE(engine->flush(r));
  EXPECT_TRUE(engine->durable(r));
  Receipt second = put(2, "k", "w");
  EXPECT_GT(second, r);
  EXPECT_FALSE(engine->durable(second));
}

TEST_P(Contract, OneFlushCoversAllBefore) {
  Receipt first = put(1, "a", "1"), second = put(2, "b", "2");
  ASSERT_TRUE(engine->flush(second));
  EXPECT_TRUE(engine->durable(first));
  auto flushes = engine->stats().flushes;
  ASSERT_TRUE(engine->flush(first));
  EXPECT_EQ(engine->stats().flushes, flushes);
}

TEST_P(Contract, LastChangeOfAKeyInABatchCounts) {
  Batch b;
  b.put("a", "1");
  b.put("a", "2");
  b.put("b", "1");
  b.del("b");
  b.del("c");
  b.put("c", "3");
  b.del("never there");
  ASSERT_TRUE(engine->commit(7, b));
  EXPECT_EQ(get(7, "a"), "2");
  EXPECT_EQ(get(7, "b"), std::nullopt);
  EXPECT_EQ(get(7, "c"), "3");
}

TEST_P(Contract, AccountsDoNotSeeEachOther) {
  std::vector<Account> accounts{0, 1, 2, 255, 256, 1ull << 40, ~0ull - 1, ~0ull};
  for (Account a : accounts) {
    put(a, "key", "of " + std::to_string(a));
    put(a, std::string(1, '\0'), "low");
    put(a, std::string(kMaxKey, '\xff'), "high");
  }
  for (Account a : accounts) {
    EXPECT_EQ(get(a, "key"), "of " + std::to_string(a));
    for (bool reverse : {false, true}) {
      auto rows = scan(a, "", "", 100, reverse);
      if (reverse) std::reverse(rows.begin(), rows.end());
      ASSERT_EQ(rows.size(), 3u) << a;
      EXPECT_EQ(rows[0].second, "low");
      EXPECT_EQ(rows[1].second, "of " + std::to_string(a));
      EXPECT_EQ(rows[2].second, "high");
    }
  }
  EXPECT_TRUE(scan(3, "", "").empty());
  EXPECT_TRUE(scan(3, "", "", 100, true).empty());
}

TEST_P(Contract, GuardHoldsOrNothingIsWritten) {
  auto version = [&](Account a) { return (*engine->snapshot(a))->version().value(); };
  EXPECT_EQ(version(5), 0u);
  Batch b;
  b.put("k", "1");
  ASSERT_TRUE(engine->commit(5, b, 0));
  EXPECT_EQ(version(5), 1u);
  b.clear();
  b.put("k", "2");
  auto r = engine->commit(5, b, 0);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, "CONFLICT");
  EXPECT_EQ(r.error().fault, base::Fault::temporary);
  EXPECT_EQ(get(5, "k"), "1");
  b.clear();
  ASSERT_TRUE(engine->commit(5, b, 1));
  EXPECT_EQ(version(5), 2u);
  put(5, "k", "3");
  EXPECT_EQ(version(5), 2u);
  EXPECT_EQ(scan(5, "", "").size(), 1u);
  EXPECT_EQ(engine->stats().conflicts, 1u);
}

TEST_P(Contract, ManyAccountsInOneCommitFailApart) {
  std::vector<Batch> batches(4);
  for (int i = 0; i < 4; ++i) batches[i].put("k", std::to_string(i));
  batches[3].put(std::string(kMaxKey + 1, 'x'), "");
  std::vector<AccountBatch> many{
      {1, &batches[0], 0}, {2, &batches[1], 9}, {3, &batches[2]}, {4, &batches[3]}};
  auto before = engine->last();
  auto r = engine->commit_many(many);
  ASSERT_TRUE(r) << r.error().what;
  EXPECT_EQ(r->lsn, before.lsn + 1);
  EXPECT_FALSE(many[0].refused);
  ASSERT_TRUE(many[1].refused);
  EXPECT_EQ(many[1].refused->code, "CONFLICT");
  EXPECT_FALSE(many[2].refused);
  ASSERT_TRUE(many[3].refused);
  EXPECT_EQ(many[3].refused->fault, base::Fault::limit);
  EXPECT_EQ(get(1, "k"), "0");
  EXPECT_EQ(get(2, "k"), std::nullopt);
  EXPECT_EQ(get(3, "k"), "2");
  EXPECT_EQ(get(4, "k"), std::nullopt);
}

TEST_P(Contract, LimitsHoldAtTheLimitAndOnePast) {
  auto commit = [&](std::string_view k, std::string_view v) {
    Batch b;
    b.put(k, v);
    return engine->commit(1, b);
  };
  std::string key(kMaxKey, 'k'), value(kMaxValue, 'v');
  EXPECT_TRUE(commit(key, value));
  EXPECT_EQ(get(1, key), value);
  EXPECT_EQ(commit(key + "k", "v").error().fault, base::Fault::limit);
  EXPECT_EQ(commit("k", value + "v").error().fault, base::Fault::limit);
  EXPECT_EQ(commit("", "v").error().fault, base::Fault::limit);
  EXPECT_TRUE(commit("k", ""));
  EXPECT_EQ(get(1, "k"), "");
  EXPECT_EQ(get(1, ""), std::nullopt);
  EXPECT_EQ(get(1, key + "k"), std::nullopt);
  auto rows = scan(1, "", "");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].second, value);
  EXPECT_EQ(scan(1, "", "", 10, true)[0].second, value);
  Batch b;
  for (std::size_t i = 0; i < kMaxBatchRows; ++i) b.del("x");
  EXPECT_TRUE(engine->commit(1, b));
  b.clear();
  for (std::size_t i = 0; i <= kMaxBatchRows; ++i) b.del("x");
  EXPECT_EQ(engine->commit(1, b).error().fault, base::Fault::limit);
}

TEST_P(Contract, ScanBounds) {
  Batch b;
  for (int i = 0; i < 100; ++i) {
    char key[8];
    std::snprintf(key, sizeof key, "k%02d", i);
    b.put(key, std::to_string(i));
  }
  ASSERT_TRUE(engine->commit(1, b));
  put(2, "k50", "other account");

  auto rows = scan(1, "k10", "k20");
  ASSERT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows.front().first, "k10");
  EXPECT_EQ(rows.back().first, "k19");
  EXPECT_FALSE(last_end->more);
  EXPECT_EQ(scan(1, "k99", "").size(), 1u);
  EXPECT_EQ(scan(1, "k991", "").size(), 0u);
  EXPECT_EQ(scan(1, "k20", "k10").size(), 0u);
  EXPECT_EQ(scan(1, "k105", "k11").size(), 0u);

  rows = scan(1, "k10", "k20", 4);
  EXPECT_EQ(rows.size(), 4u);
  EXPECT_TRUE(last_end->more);
  rows = scan(1, last_end->resume, "k20", 100);
  EXPECT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows.front().first, "k14");
  scan(1, "k10", "k20", 10);
  EXPECT_FALSE(last_end->more);

  rows = scan(1, "k10", "k20", 3, true);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows.front().first, "k19");
  EXPECT_TRUE(last_end->more);
  rows = scan(1, "k10", last_end->resume, 100, true);
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows.front().first, "k16");
  EXPECT_EQ(rows.back().first, "k10");
  EXPECT_EQ(scan(1, "", "", 1, true)[0].first, "k99");
  EXPECT_EQ(scan(1, "", "", 1'000, true).size(), 100u);
}

// Rows that are larger than what a scan reads at once, with keys of one length: none is passed over.
TEST_P(Contract, ScanFindsEveryLargeRow) {
  std::map<std::string, std::string> all{{"/a", "small"}};
  for (char c = 'b'; c <= 'k'; ++c)
    all[std::string("/") + c] = std::string(40'000 + 7'000 * static_cast<std::size_t>(c - 'b'), c);
  for (const auto& [key, value] : all) put(1, key, value);
  auto rows = scan(1, "/", "0");
  EXPECT_EQ((std::map<std::string, std::string>(rows.begin(), rows.end())), all);
  EXPECT_EQ(rows.size(), all.size());
}

TEST_P(Contract, ScanStopsWhereTheCallbackSays) {
  Batch b;
  for (char c = 'a'; c <= 'z'; ++c) b.put(std::string(1, c), "");
  ASSERT_TRUE(engine->commit(1, b));
  auto s = engine->snapshot(1);
  for (bool reverse : {false, true}) {
    std::string seen;
    auto fn = [&](std::string_view k, std::string_view) {
      seen += k;
      return seen.size() < 5;
    };
    auto end = reverse ? (*s)->scan_reverse("", "", 100, fn) : (*s)->scan("", "", 100, fn);
    ASSERT_TRUE(end);
    EXPECT_EQ(seen, reverse ? "zyxwv" : "abcde");
    EXPECT_EQ(end->rows, 5u);
    EXPECT_TRUE(end->more);
    std::string rest;
    auto more = [&](std::string_view k, std::string_view) {
      rest += k;
      return true;
    };
    ASSERT_TRUE(reverse ? (*s)->scan_reverse("", end->resume, 100, more)
                        : (*s)->scan(end->resume, "", 100, more));
    EXPECT_EQ(rest.size(), 21u);
    EXPECT_EQ(rest.front(), reverse ? 'u' : 'f');
  }
}

TEST_P(Contract, CallbackMayReadThroughTheSameSnapshot) {
  Batch b;
  for (int i = 0; i < 5'000; ++i) b.put("a" + std::to_string(i), std::string(20, 'x'));
  b.put("b", "found");
  ASSERT_TRUE(engine->commit(1, b));
  auto s = engine->snapshot(1);
  std::size_t inner = 0;
  auto end = (*s)->scan("a", "b", 100'000, [&](std::string_view, std::string_view v) {
    EXPECT_EQ(v, std::string(20, 'x'));
    if (inner % 1'000 == 0) {
      EXPECT_EQ((*s)->get("b").value(), "found");
      EXPECT_TRUE((*s)->scan("a", "", 50, [](std::string_view, std::string_view) { return true; }));
    }
    ++inner;
    return true;
  });
  ASSERT_TRUE(end);
  EXPECT_EQ(inner, 5'000u);
}

TEST_P(Contract, GetManyAnswersInOrder) {
  Batch b;
  for (int i = 0; i < 300; i += 2) b.put("k" + std::to_string(i), "v" + std::to_string(i));
  ASSERT_TRUE(engine->commit(1, b));
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back("k" + std::to_string(i));
  keys.push_back("k0");
  auto got = (*engine->snapshot(1))->get_many(keys);
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), keys.size());
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ((*got)[i], i % 2 ? std::nullopt : std::optional<std::string>("v" + std::to_string(i)));
  EXPECT_EQ(got->back(), "v0");
}

TEST_P(Contract, SnapshotIsNeverAMixture) {
  put(1, "k", "1");
  auto s = engine->snapshot(1);
  auto other = engine->snapshot(2);
  EXPECT_EQ((*s)->get("k").value(), "1");
  put(1, "k", "2");
  std::vector<std::string> keys{"k"};
  for (const std::string& code :
       {(*s)->get("k").error().code, (*s)->version().error().code, (*s)->get_many(keys).error().code,
        (*s)->scan("", "", 1, nullptr).error().code, (*s)->scan_reverse("", "", 1, nullptr).error().code})
    EXPECT_EQ(code, "STALE");
  EXPECT_EQ((*other)->get("k").value(), std::nullopt);
  EXPECT_EQ(get(1, "k"), "2");
}

TEST_P(Contract, ACommitInTheMiddleOfAScanStopsIt) {
  Batch b;
  for (int i = 0; i < 20'000; ++i) b.put("k" + std::to_string(100'000 + i), std::string(50, 'v'));
  ASSERT_TRUE(engine->commit(1, b));
  auto s = engine->snapshot(1);
  std::size_t n = 0;
  auto end = (*s)->scan("", "", 100'000, [&](std::string_view, std::string_view) {
    if (n++ == 100) put(1, "new", "row");
    return true;
  });
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, "STALE");
}

TEST_P(Contract, CorruptRowsAreNamedAndTheRestServed) {
  for (char c = 'a'; c <= 'e'; ++c) put(9, std::string(1, c), std::string("value ") + c);
  // A value without checksum, one with another row's, one too short to have one.
  ASSERT_TRUE(engine->overwrite_raw(9, "b", "value b0000"));
  ASSERT_TRUE(engine->overwrite_raw(9, "d", "xy"));
  auto s = engine->snapshot(9);
  auto bad = (*s)->get("b");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().fault, base::Fault::corrupt);
  EXPECT_NE(bad.error().what.find("account 9"), std::string::npos) << bad.error().what;
  EXPECT_NE(bad.error().what.find("62"), std::string::npos) << bad.error().what;
  EXPECT_EQ((*s)->get("c").value(), "value c");
  for (bool reverse : {false, true}) {
    EXPECT_EQ(scan(9, "", "", 100, reverse).size(), 3u);
    EXPECT_EQ(last_end->corrupt,
              reverse ? (std::vector<std::string>{"d", "b"}) : (std::vector<std::string>{"b", "d"}));
    EXPECT_EQ(last_end->corrupt_rows, 2u);
  }
  std::vector<std::string> keys{"a", "b", "c", "d"}, corrupt;
  EXPECT_EQ((*s)->get_many(keys).error().fault, base::Fault::corrupt);
  auto many = (*s)->get_many(keys, &corrupt);
  ASSERT_TRUE(many);
  EXPECT_EQ(corrupt, (std::vector<std::string>{"b", "d"}));
  EXPECT_EQ((*many)[2], "value c");
  EXPECT_EQ((*many)[1], std::nullopt);
  put(9, "b", "mended");
  EXPECT_EQ(get(9, "b"), "mended");
}

// X02 for rows: whatever single bit flips, and wherever the row is cut, it is found.
TEST_P(Contract, EveryFlippedBitOfARowIsFound) {
  std::string stored;
  Batch b;
  b.put("key", "a value of some bytes");
  b.seal(3);
  stored = b.row(0).value;
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    std::string bad = stored;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    ASSERT_TRUE(engine->overwrite_raw(3, "key", bad));
    ASSERT_EQ((*engine->snapshot(3))->get("key").error().fault, base::Fault::corrupt) << bit;
  }
  for (std::size_t n = 0; n < stored.size(); ++n) {
    ASSERT_TRUE(engine->overwrite_raw(3, "key", stored.substr(0, n)));
    ASSERT_EQ((*engine->snapshot(3))->get("key").error().fault, base::Fault::corrupt) << n;
  }
  ASSERT_TRUE(engine->overwrite_raw(3, "kex", stored));
  EXPECT_EQ((*engine->snapshot(3))->get("kex").error().fault, base::Fault::corrupt)
      << "a row under another key";
  ASSERT_TRUE(engine->overwrite_raw(4, "key", stored));
  EXPECT_EQ((*engine->snapshot(4))->get("key").error().fault, base::Fault::corrupt)
      << "a row of another account";
  ASSERT_TRUE(engine->overwrite_raw(3, "key", stored));
  EXPECT_EQ(get(3, "key"), "a value of some bytes");
}

TEST_P(Contract, ReadersAndAWriterAtOnce) {
  std::atomic<bool> stop{false};
  std::atomic<int> stale{0}, fine{0};
  // Each commit writes the same number under all keys of the account: a reader must never see two numbers.
  auto write = [&](Account a, int n) {
    Batch b;
    for (int i = 0; i < 40; ++i) b.put("k" + std::to_string(i), std::to_string(n) + std::string(60, '.'));
    ASSERT_TRUE(engine->commit(a, b));
  };
  for (Account a = 0; a < 4; ++a) write(a, 0);
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&, t] {
      for (std::uint64_t i = static_cast<std::uint64_t>(t); !stop; ++i) {
        std::optional<std::string> first;
        bool mixed = false;
        std::size_t n = 0;
        auto end =
            (*engine->snapshot(i % 4))->scan("k", "l", 1'000, [&](std::string_view, std::string_view v) {
              if (!first) first = v;
              mixed |= *first != v;
              ++n;
              return true;
            });
        if (!end) {
          EXPECT_EQ(end.error().code, "STALE");
          ++stale;
          continue;
        }
        EXPECT_FALSE(mixed);
        EXPECT_EQ(n, 40u);
        ++fine;
      }
    });
  for (int n = 1; n <= 500; ++n) {
    write(static_cast<Account>(n % 4), n);
    if (n % 50 == 0) ASSERT_TRUE(engine->flush(engine->last()));
    if (n % 100 == 0) ASSERT_TRUE(engine->checkpoint());
  }
  stop = true;
  for (auto& t : readers) t.join();
  EXPECT_GT(fine, 0);
}

TEST_P(Contract, ClosedEngineRefuses) {
  put(1, "k", "v");
  ASSERT_TRUE(engine->close());
  Batch b;
  b.put("k", "w");
  EXPECT_EQ(engine->commit(1, b).error().code, "PANIC");
  EXPECT_EQ(engine->snapshot(1).error().code, "PANIC");
  EXPECT_TRUE(engine->close());
}

// Random commits, reads and reopenings, compared row by row with a plain map.
TEST_P(Contract, RandomWorkloadAgainstAModel) {
  std::mt19937 rng(20240607);
  auto pick = [&](std::uint32_t n) { return rng() % n; };
  std::map<std::pair<Account, std::string>, std::string> model;
  std::map<Account, std::uint64_t> versions;
  auto random_key = [&] {
    std::string k = std::to_string(pick(200));
    return pick(20) == 0 ? k + std::string(pick(400), 'k') : k;
  };
  for (int step = 0; step < 1'500; ++step) {
    Account a = pick(5);
    switch (pick(8)) {
      default: {
        auto next = model;
        Batch b;
        for (std::uint32_t n = pick(12); n > 0; --n) {
          std::string k = random_key();
          if (pick(3) == 0) {
            b.del(k);
            next.erase({a, k});
          } else {
            std::string v(pick(15) == 0 ? pick(20'000) : pick(200), static_cast<char>('a' + pick(26)));
            b.put(k, v);
            next[{a, k}] = v;
          }
        }
        std::optional<std::uint64_t> expected;
        if (pick(2)) expected = versions[a] + (pick(5) == 0);
        auto r = engine->commit(a, b, expected);
        if (expected && *expected != versions[a]) {
          ASSERT_EQ(r.error().code, "CONFLICT");
        } else {
          ASSERT_TRUE(r) << r.error().what;
          model = std::move(next);
          if (expected) ++versions[a];
        }
        break;
      }
      case 0: {
        std::string k = random_key();
        auto it = model.find({a, k});
        ASSERT_EQ(get(a, k), it == model.end() ? std::nullopt : std::optional(it->second));
        break;
      }
      case 1: {
        std::string from = pick(4) ? random_key() : "", to = pick(4) ? random_key() : "";
        std::size_t max = pick(2) ? 1'000 : pick(30);
        std::vector<std::pair<std::string, std::string>> want;
        for (auto& [key, value] : model)
          if (key.first == a && key.second >= from && (to.empty() || key.second < to))
            want.emplace_back(key.second, value);
        bool reverse = pick(2);
        if (reverse) std::reverse(want.begin(), want.end());
        bool more = want.size() > max;
        if (more) want.resize(max);
        ASSERT_EQ(scan(a, from, to, max, reverse), want);
        ASSERT_EQ(last_end->more, more);
        break;
      }
      case 2:
        if (step % 7 == 0) ASSERT_TRUE(engine->checkpoint());
        if (step % 5 == 0) ASSERT_TRUE(engine->flush(engine->last()));
        if (berkeley() && step % 11 == 0) open();
        break;
    }
  }
  ASSERT_TRUE(engine->verify_pages());
  for (Account a = 0; a < 5; ++a) ASSERT_EQ((*engine->snapshot(a))->version().value(), versions[a]);
}

INSTANTIATE_TEST_SUITE_P(Engines, Contract, testing::Values("berkeley", "memory"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace postern::kv
