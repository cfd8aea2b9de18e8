// Every suite in t/sieve: t/sieve/EXTENSION.svtest and the scripts that they compile.  What `postern sieve test` runs
// is run here in the library.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "sieve/testsuite.h"

namespace postern::sieve {
namespace {

const std::string kFolder = std::string(SOURCE_DIR) + "/t/sieve/";

std::vector<std::string> suites() {
  std::vector<std::string> out;
  for (const auto& e : std::filesystem::directory_iterator(kFolder))
    if (e.path().extension() == ".svtest") out.push_back(e.path().stem());
  std::sort(out.begin(), out.end());
  return out;
}

class Suites : public testing::TestWithParam<std::string> {};

TEST_P(Suites, Pass) {
  auto read = [](const std::string& path) -> std::optional<std::string> {
    auto r = base::read_file(kFolder + path);
    return r ? std::optional(std::move(*r)) : std::nullopt;
  };
  auto text = read(GetParam() + ".svtest");
  ASSERT_TRUE(text);
  SuiteReport report = Testsuite(read).run(*text);
  for (const Diagnostic& d : report.errors) ADD_FAILURE() << GetParam() << ".svtest:" << to_string(d);
  EXPECT_EQ(report.broken, "");
  EXPECT_TRUE(report.tests.size() > 0 || !report.errors.empty());
  for (const SuiteTest& t : report.tests)
    EXPECT_TRUE(t.passed) << GetParam() << ".svtest:" << t.failed_at << ": " << t.name << ": " << t.why;
}

INSTANTIATE_TEST_SUITE_P(Sieve, Suites, testing::ValuesIn(suites()), [](const auto& i) {
  std::string name = i.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace postern::sieve
