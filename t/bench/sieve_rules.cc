// What Sieve costs: the CPU time to compile a script of 1,000 rules, to read its compiled form, and to run 20 rules
// over each message of a folder.
// Usage: sieve_rules DIR
// Build: clang++-19 -std=c++2b -O2 -Ilib t/bench/sieve_rules.cc -Lbuild -lpostern_sieve -lpostern_mime -lpostern_base
//        -lre2 -licui18n -licuuc -licudata -lfmt -lnettle
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sieve/compile.h"
#include "sieve/interpreter.h"

namespace {

using namespace postern::sieve;

std::string rules(int n) {
  std::string out = "require [\"fileinto\", \"imap4flags\"];\n";
  for (int i = 0; i < n; ++i) {
    std::string k = std::to_string(i);
    out += "if anyof (header :contains [\"subject\", \"x-tag\"] [\"offer " + k + "\", \"sale " + k + "\"],\n  address :is [\"from\", \"cc\"] \"user" +
           k + "@example.com\",\n  header :matches \"list-id\" \"*<list" + k + ".*>*\") {\n  addflag \"$rule" + k + "\";\n  fileinto \"Folder/" +
           std::to_string(i % 100) + "\";\n}\n";
  }
  return out;
}

struct NobodyAsked : Host {
  Answer answer(const Question&) override { return {}; }
};

template <class Fn>
double best_ms(int rounds, Fn&& fn) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    std::clock_t begin = std::clock();
    fn();
    best = std::min(best, static_cast<double>(std::clock() - begin) * 1000 / CLOCKS_PER_SEC);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: sieve_rules DIR\n");
    return 64;
  }
  std::string thousand = rules(1000);
  std::printf("compile 1,000 rules (%zu bytes): %.2f ms CPU\n", thousand.size(), best_ms(10, [&] { (void)compile(thousand, {}); }));
  std::string bytes = serialize(compile(thousand, {})->program);
  std::printf("read its compiled form (%zu bytes): %.2f ms CPU\n", bytes.size(), best_ms(10, [&] { (void)parse_program(bytes); }));
  auto twenty = std::make_shared<const Program>(std::move(compile(rules(20), {})->program));
  std::vector<std::shared_ptr<const MessageSource>> messages;
  for (const auto& e : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (!e.is_regular_file()) continue;
    std::ifstream in(e.path(), std::ios::binary);
    messages.push_back(std::make_shared<StringMessage>(std::string(std::istreambuf_iterator<char>(in), {})));
  }
  NobodyAsked host;
  double ms = best_ms(5, [&] {
    for (const auto& m : messages) {
      RunInput in;
      in.scripts.push_back({"user", twenty, false});
      in.message = m;
      in.envelope = {"a@example.com", "b@example.org"};
      (void)run(std::move(in), host);
    }
  });
  std::printf("run 20 rules: %.1f us CPU a message (%zu messages)\n", ms * 1000 / static_cast<double>(messages.size()), messages.size());
  return 0;
}
