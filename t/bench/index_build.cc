// index_build MAIL INDEX [COUNT]: indexes the files of a folder as an account's mail and tells what it cost.
//   clang++-19 -std=c++2b -O2 -Ilib t/bench/index_build.cc lib/{index,mime,base}/*.cc -o index_build
//       -lxapian -lcld2 -lzstd -lfmt -lnettle -licuuc -licui18n -licudata
// COUNT above the number of files repeats them, each time under another Message-ID.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "index/limits.h"
#include "index/reader.h"
#include "index/writer.h"

using namespace postern;

namespace {

double cpu() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

template <class T>
T need(base::Result<T> r) {
  if (r) return std::move(*r);
  std::fprintf(stderr, "%s\n", r.error().what.c_str());
  std::exit(1);
}
void need(base::Result<> r) {
  if (r) return;
  std::fprintf(stderr, "%s\n", r.error().what.c_str());
  std::exit(1);
}

void sizes(const std::string& folder, const char* when) {
  auto info = need(need(index::Reader::open(folder))->info());
  std::printf("%s: %.1f MB for %llu messages, %.0f bytes a message, %.1f%% of %.1f MB of text, %llu words\n", when,
              static_cast<double>(info.file_bytes) / 1e6, static_cast<unsigned long long>(info.emails),
              static_cast<double>(info.file_bytes) / static_cast<double>(info.emails),
              100.0 * static_cast<double>(info.file_bytes) / static_cast<double>(info.text_bytes),
              static_cast<double>(info.text_bytes) / 1e6, static_cast<unsigned long long>(info.terms));
  for (const auto& e : std::filesystem::directory_iterator(folder))
    std::printf("  %-18s %10llu\n", e.path().filename().c_str(), static_cast<unsigned long long>(e.file_size()));
}

void search(const std::string& folder) {
  auto reader = need(index::Reader::open(folder));
  struct Ask {
    const char* text;
    index::Fields fields;
  };
  for (int round = 0; round < 2; ++round)
    for (Ask a : {Ask{"segfault", index::kTextSource}, Ask{"zebra", index::kTextSource}, Ask{"the", index::kTextSource},
                  Ask{"please find", index::kBodySource}, Ask{"eting", index::kTextSource}}) {
      double from = cpu();
      auto c = need(reader->candidates(a.text, a.fields));
      double between = cpu();
      index::Query q{.kind = index::Query::Kind::words, .text = a.text};
      auto ids = need(reader->search(q));
      std::printf("%-12s substring %6zu candidates%s in %.2f ms, words %6zu in %.2f ms\n", a.text, c.ids.size(),
                  c.everything ? " (everything)" : "", (between - from) * 1e3, ids.size(), (cpu() - between) * 1e3);
    }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  std::vector<std::string> files;
  for (const auto& e : std::filesystem::directory_iterator(argv[1]))
    if (e.is_regular_file()) files.push_back(e.path());
  std::ranges::sort(files);
  std::size_t count = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : files.size();
  need(index::Writer::discard(argv[2]));
  double from = cpu(), extracting = 0;
  {
    auto writer = need(index::Writer::open(argv[2]));
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::string message = need(base::read_file(files[i % files.size()]));
      if (i >= files.size()) message.insert(0, "Message-ID: <repeat" + std::to_string(i) + "@example.org>\r\n");
      bytes += message.size();
      double before = cpu();
      auto doc = index::extract(message);
      extracting += cpu() - before;
      need(writer->put(2 * i + 1, doc, index::find_language("en")));
      if (writer->pending_bytes() >= (4u << 20)) need(writer->commit(false));
    }
    writer->set_covered({1, count});
    need(writer->commit(true));
    double took = cpu() - from;
    std::printf("%zu messages (%.1f MB) in %.2f s of CPU, %.0f a second; reading them took %.2f s of it\n", count,
                static_cast<double>(bytes) / 1e6, took, static_cast<double>(count) / took, extracting);
    sizes(argv[2], "grown");
    from = cpu();
    need(writer->optimize());
    std::printf("optimize: %.2f s of CPU\n", cpu() - from);
  }
  sizes(argv[2], "optimized");
  search(argv[2]);
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  std::printf("largest resident size %.0f MB\n", static_cast<double>(u.ru_maxrss) / 1024);
}
