// Sieve text to a Program, or to a list of errors.
// Runs in: sieved, postern.  Input: hostile.  Pure; linear in the text; limits of limits.h.
// RFC 5228 and the extensions of extensions.h.  Tests: t/unit/sieve_compile.cc, t/fuzz/sieve_compile.cc
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sieve/extensions.h"
#include "sieve/limits.h"
#include "sieve/program.h"

namespace postern::sieve {

struct CompileOptions {
  Limits limits;
  ExtensionSet extensions = available(Place{});  // what `require` may name here
  NotifyMethods notify;                          // methods that `notify` may name
};

// One thing to tell the author.  Lines and columns count from 1, columns in bytes.
struct Diagnostic {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string what;      // "unknown command \"fielinto\""
  std::string expected;  // "a command", "\";\"", or empty
};
// "LINE:COLUMN: WHAT; expected EXPECTED": what ManageSieve and `postern sieve check` show.
std::string to_string(const Diagnostic& d);

struct Compiled {
  Program program;
  std::vector<Diagnostic> warnings;
};
struct Rejected {
  std::vector<Diagnostic> errors;  // 1 to Limits::errors, in the text's order
  std::vector<Diagnostic> warnings;
};

// `text` is not kept.
std::expected<Compiled, Rejected> compile(std::string_view text, const CompileOptions& options);

}  // namespace postern::sieve
