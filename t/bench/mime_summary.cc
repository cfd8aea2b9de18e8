// What a summary costs: reads every file under the folders given (a file with "From " lines is one message
// all the same), summarises all of them a few times and prints the mean CPU time a message and the speed.
// Usage: mime_summary DIR...
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "mime/structure.h"
#include "mime/summary.h"

namespace {

std::vector<std::string> load(int argc, char** argv) {
  std::vector<std::string> out;
  for (int i = 1; i < argc; ++i)
    for (const auto& e : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!e.is_regular_file()) continue;
      std::ifstream in(e.path(), std::ios::binary);
      out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
  return out;
}

template <class Fn>
void measure(const char* what, const std::vector<std::string>& messages, Fn&& fn) {
  constexpr int kRounds = 3;
  double best = 1e9;
  std::size_t bytes = 0;
  for (int round = 0; round < kRounds; ++round) {
    bytes = 0;
    auto begin = std::clock();
    for (const auto& m : messages) {
      fn(m);
      bytes += m.size();
    }
    best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  std::printf("%-10s %zu messages, %.1f KB mean: %.1f us each, %.0f MB/s\n", what, messages.size(),
              static_cast<double>(bytes) / 1e3 / static_cast<double>(messages.size()),
              best * 1e6 / static_cast<double>(messages.size()), static_cast<double>(bytes) / 1e6 / best);
}

}  // namespace

int main(int argc, char** argv) {
  auto messages = load(argc, argv);
  if (messages.empty()) {
    std::fprintf(stderr, "usage: mime_summary DIR...\n");
    return 64;
  }
  std::size_t sink = 0;
  measure("structure", messages,
          [&](const std::string& m) { sink += postern::mime::parse_structure_of(m).parts.size(); });
  measure("summary", messages,
          [&](const std::string& m) { sink += postern::mime::summarize(m).preview.size(); });
  std::vector<std::string> small;
  for (auto& m : messages)
    if (m.size() >= 4000 && m.size() <= 6000) small.push_back(m);
  if (!small.empty())
    measure("4-6 KB", small,
            [&](const std::string& m) { sink += postern::mime::summarize(m).preview.size(); });
  std::string big = "From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n";
  while (big.size() < 50'000'000)
    big += "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlz\r\n";
  big += "--x--\r\n";
  std::vector<std::string> one{std::move(big)};
  measure("50 MB", one, [&](const std::string& m) { sink += postern::mime::summarize(m).preview.size(); });
  return sink == 0;
}
