// The serialised form: what was written is read, and nothing else (V06).
#include "sieve_test.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/codec.h"
#include "base/file.h"

namespace postern::sieve {
namespace {

const char* kScript =
    "require [\"fileinto\", \"variables\", \"foreverypart\", \"mime\", \"imap4flags\", \"vacation\", \"include\"];\n"
    "global \"g\";\nset :upper \"a\" \"x${1}\";\nforeverypart :name \"p\" { if header :mime :matches \"content-type\" \"*\" { break; } }\n"
    "if anyof (not address :domain [\"from\", \"to\"] \"x\", allof (true, size :over 1K)) { fileinto :flags \"\\\\Seen\" \"${a}${g}\"; stop; }\n"
    "vacation :days 3 :addresses [\"a@example.com\"] \"text\";";

std::string resealed(std::string bytes) {
  bytes.resize(bytes.size() - 4);
  base::put_u32(bytes, base::crc32c(bytes));
  return bytes;
}

TEST(SieveProgram, RoundTrip) {
  auto p = program(kScript);
  ASSERT_TRUE(p);
  std::string bytes = serialize(*p);
  auto again = parse_program(bytes);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(serialize(*again), bytes);
}

TEST(SieveProgram, CutAndFlippedBytesAreCorrupt) {
  std::string bytes = serialize(*program(kScript));
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(parse_program(bytes.substr(0, n)));
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    std::string bad = bytes;
    bad[n] = static_cast<char>(bad[n] ^ 1);
    auto r = parse_program(bad);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().fault, base::Fault::corrupt);
  }
  EXPECT_FALSE(parse_program(bytes + "x"));
}

TEST(SieveProgram, AnotherVersionSaysSo) {
  std::string bytes = serialize(*program("keep;"));
  bytes[3] = 99;
  auto r = parse_program(resealed(bytes));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, "VERSION");
}

// With a right checksum: whatever is accepted must run without harm.
TEST(SieveProgram, ForgedOnesAreRefusedOrHarmless) {
  std::string bytes = serialize(*program(kScript));
  FakeHost host;
  host.options = everything();
  std::size_t accepted = 0;
  for (std::size_t n = 4; n + 4 < bytes.size(); ++n)
    for (int x : {1, 2, 16, 127, 255}) {
      std::string bad = bytes;
      bad[n] = static_cast<char>(bad[n] ^ x);
      auto p = parse_program(resealed(bad));
      if (!p) continue;
      ++accepted;
      RunInput in = input("keep;");
      in.scripts[0].program = std::make_shared<const Program>(std::move(*p));
      run(std::move(in), host);
    }
  EXPECT_GT(accepted, 0u);
}

TEST(SieveProgram, Limits) {
  EXPECT_EQ(parse_program(std::string(kMaxProgram + 1, 'x')).error().fault, base::Fault::limit);
  EXPECT_EQ(parse_program(std::string(kMaxProgram, 'x')).error().fault, base::Fault::corrupt);
  Program p;
  p.code.push_back({Op::stop, 0, 0, {}});
  EXPECT_TRUE(parse_program(serialize(p)));
  p.code.insert(p.code.begin(), {Op::jump, 1, 0, {}});  // to itself
  EXPECT_FALSE(parse_program(serialize(p)));
  p.code[0] = {Op::keep, 1, 0, {{Slot::mailbox, 0, {}}}};  // an argument that keep doesn't have
  EXPECT_FALSE(parse_program(serialize(p)));
  p.code[0] = {Op::fileinto, 1, 0, {}};  // and one that fileinto must have
  EXPECT_FALSE(parse_program(serialize(p)));
  p.code.clear();
  EXPECT_FALSE(parse_program(serialize(p)));
}

// Seeds that are refused at their first byte would test nothing: a new extension makes all of them such.  They are
// made of those of sieve_run, anew with POSTERN_WRITE_SEEDS=1.
TEST(SieveProgram, SeedsOfTheFuzzTargetAreRead) {
  std::string corpus = std::string(SOURCE_DIR) + "/t/fuzz/corpus/";
  CompileOptions options = everything();
  options.extensions.reset(static_cast<std::size_t>(Ext::dovecot_testsuite));
  std::size_t read = 0;
  for (const auto& e : std::filesystem::directory_iterator(corpus + "sieve_run")) {
    SCOPED_TRACE(e.path().filename().string());
    std::string seed = base::read_file(e.path().string()).value(), path = corpus + "sieve_program/" + e.path().filename().string();
    auto made = serialize(*program(seed.substr(0, seed.find("\n%%\n")), options));
    if (std::getenv("POSTERN_WRITE_SEEDS")) std::ofstream(path, std::ios::binary) << made;
    auto bytes = base::read_file(path);
    ASSERT_TRUE(bytes);
    auto p = parse_program(*bytes);
    EXPECT_TRUE(p) << p.error().what;
    ++read;
  }
  EXPECT_GT(read, 0u);
}

}  // namespace
}  // namespace postern::sieve
