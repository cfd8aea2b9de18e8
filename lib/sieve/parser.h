// The tree of RFC 5228 8.2: commands and tests with their arguments, not yet understood.
// Input: hostile.  Pure; recursion is bounded by the nesting limits.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sieve/compile.h"
#include "sieve/lexer.h"

namespace postern::sieve {

struct TextPlace {  // where something stands in the text
  std::uint32_t line = 1, column = 1;
};

struct SyntaxArgument {
  enum class Kind : std::uint8_t { string, list, number, tag };
  Kind kind = Kind::string;
  TextPlace at;
  std::string tag;  // with its colon
  std::uint64_t number = 0;
  std::vector<std::string> strings;  // one for Kind::string
};

// A command or a test.
struct Syntax {
  std::string name;
  TextPlace at;
  std::vector<SyntaxArgument> arguments;
  std::vector<Syntax> tests;
  bool has_test_list = false;  // tests stood in parentheses
  std::vector<Syntax> block;
  bool has_block = false;
};

// Collects what is wrong, so many of each kind.
class Diagnostics {
 public:
  explicit Diagnostics(std::size_t most = kMaxErrors) : most_(most) {}
  void error(TextPlace at, std::string what, std::string expected = {});
  void warning(TextPlace at, std::string what);
  bool failed() const { return !errors.empty(); }
  bool full() const { return errors.size() >= most_; }
  std::vector<Diagnostic> errors, warnings;

 private:
  std::size_t most_;
};

// The commands of a script; what could be read when there are errors.
std::vector<Syntax> parse(std::string_view text, const Limits& limits, Diagnostics& diagnostics);

}  // namespace postern::sieve
