// String constants as a script writes them to Templates: encoded characters (RFC 5228 2.4.2.4) and variable
// references (RFC 5229 3).
// Input: hostile.  Pure, linear.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sieve/program.h"

namespace postern::sieve {

inline constexpr std::size_t kMatchVariables = 33;  // ${0} to ${32}; named by t/unit/sieve_compile.cc

// "${hex: 24 24}" and "${unicode: 20ac}" replaced; what isn't well-formed stays.  An error is a code point
// that Unicode doesn't have.  The octets of the first are arbitrary: what comes out may be no UTF-8, and hold NUL.
base::Result<std::string> decode_characters(std::string_view text);

// [A-Za-z_][A-Za-z0-9_]*
bool valid_variable_name(std::string_view name);

// How names become references: the compiler knows the locals and what `global` declared.
using ResolveName = std::function<base::Result<Piece>(std::string_view name)>;

// Splits `text` at its "${...}".  What isn't well-formed stays as text.  Without `resolve` all is text.
base::Result<Template> split_references(std::string_view text, const ResolveName& resolve);

// The text of a template without references.
std::optional<std::string_view> constant(const Template& t);

}  // namespace postern::sieve
