// How fast the Berkeley DB engine commits and scans.  Not built by default:
//   cmake -G Ninja -S . -B build-bench && ninja -C build-bench postern_kv
//   clang++-19 -std=c++2b -O2 -I lib t/bench/kv_bench.cc build-bench/libpostern_kv.a
//   build-bench/libpostern_base.a
//     -ldb-5.3 -lnettle -lfmt -lpthread -o kv_bench && ./kv_bench DIR
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "kv/berkeley.h"

namespace {

using namespace postern;

double wall() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double cpu() {
  rusage u;
  getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

std::string key(char type, std::uint32_t n) {
  std::string k(5, type);
  for (int i = 0; i < 4; ++i) k[1 + i] = static_cast<char>(n >> (24 - 8 * i));
  return k;
}

void die(const base::Error& e) {
  std::fprintf(stderr, "%s\n", e.what.c_str());
  std::exit(1);
}

// Six puts of 60 to 200 bytes, three of them new rows, over 2,000 accounts; `group` account batches a
// transaction, a flush after every `per_flush` commits (0: one at the end).
void commits(kv::Engine& engine, const char* name, int n, int group, int per_flush) {
  std::string value(256, 'v');
  double w = wall(), c = cpu();
  std::vector<kv::Batch> batches(static_cast<std::size_t>(group));
  std::vector<kv::AccountBatch> many(static_cast<std::size_t>(group));
  int since = 0;
  for (int i = 0; i < n; i += group) {
    for (int g = 0; g < group; ++g) {
      kv::Batch& b = batches[static_cast<std::size_t>(g)];
      b.clear();
      auto number = static_cast<std::uint32_t>(i + g);
      for (int j = 0; j < 6; ++j)
        b.put(key(static_cast<char>('a' + j), j < 3 ? number : 0),
              std::string_view(value).substr(0, static_cast<std::size_t>(60 + 28 * j)));
      many[static_cast<std::size_t>(g)] = {(number * 2654435761u) % 2'000, &b};
    }
    if (auto r = engine.commit_many(many); !r) die(r.error());
    since += group;
    if (per_flush && since >= per_flush) {
      since = 0;
      if (auto r = engine.flush(engine.last()); !r) die(r.error());
    }
  }
  if (auto r = engine.flush(engine.last()); !r) die(r.error());
  w = wall() - w, c = cpu() - c;
  std::printf("%-44s %8.0f/s  wall %6.1f us  cpu %5.1f us\n", name, n / w, w / n * 1e6, c / n * 1e6);
}

void scan(kv::Engine& engine) {
  std::string value(60, 's');
  kv::Batch b;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    b.put(key('u', i), value);
    if (b.size() < 1'000) continue;
    if (auto r = engine.commit(9'999, b); !r) die(r.error());
    b.clear();
  }
  for (int round = 0; round < 20; ++round) {
    std::size_t bytes = 0;
    double w = wall(), c = cpu();
    auto snapshot = engine.snapshot(9'999);
    if (!snapshot) die(snapshot.error());
    auto end = (*snapshot)->scan("u", "v", 1'000'000, [&](std::string_view, std::string_view v) {
      bytes += v.size();
      return true;
    });
    if (!end) die(end.error());
    std::printf("scan of %zu rows of 60 bytes: %.2f ms, cpu %.2f ms\n", end->rows, (wall() - w) * 1e3,
                (cpu() - c) * 1e3);
  }
  double w = wall();
  auto snapshot = engine.snapshot(9'999);
  for (std::uint32_t i = 0; i < 100'000; ++i)
    if (auto r = (*snapshot)->get(key('u', i * 7919 % 100'000)); !r || !*r) std::abort();
  std::printf("get: %.2f us\n", (wall() - w) / 1e5 * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  std::string dir = argc > 1 ? argv[1] : "/tmp/postern-kv-bench";
  std::filesystem::remove_all(dir);
  auto engine = kv::open_berkeley({.home = dir});
  if (!engine) die(engine.error());
  commits(**engine, "no flush", 100'000, 1, 0);
  commits(**engine, "20 accounts a transaction, no flush", 100'000, 20, 0);
  commits(**engine, "a flush each", 2'000, 1, 1);
  commits(**engine, "a flush per 20", 20'000, 1, 20);
  commits(**engine, "20 accounts a transaction, a flush each", 20'000, 20, 20);
  scan(**engine);
  double w = wall();
  if (auto r = (*engine)->checkpoint(); !r) die(r.error());
  std::printf("checkpoint: %.2f s, %llu pages in place\n", wall() - w,
              static_cast<unsigned long long>((*engine)->stats().pages_written));
  w = wall();
  if (auto r = (*engine)->base_copy(); !r) die(r.error());
  std::printf("base copy: %.2f s\n", wall() - w);
  engine->reset();
  std::filesystem::remove_all(dir);
}
