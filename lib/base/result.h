// Errors as values.  Every fallible function of Postern returns Result<T>; nothing throws across a file.
// Runs in: every process.
#pragma once
#include <expected>
#include <string>
#include <utility>

namespace postern::base {

// What a caller may do about an error.
enum class Fault {
  temporary,  // try again later: disk full, peer away, deadline passed
  permanent,  // will fail again: not found, not allowed, malformed request
  limit,      // a named limit was reached
  corrupt,    // stored or received bytes are not what they must be
};

// `what` is one printable line, fit to be logged and, unless it names files, to be shown to an admin.
// `code` is a short stable word that callers may branch on ("NOT_FOUND", "OVER_QUOTA"); empty when nobody does.
struct Error {
  Fault fault = Fault::permanent;
  std::string what;
  std::string code;
};

template <class T = void>
using Result = std::expected<T, Error>;

// `return fail(Fault::limit, "too many parts");`
inline std::unexpected<Error> fail(Fault f, std::string what, std::string code = {}) {
  return std::unexpected(Error{f, std::move(what), std::move(code)});
}

// `if (!r) return pass(r);` hands an error of any Result<T> upward.
template <class T>
std::unexpected<Error> pass(std::expected<T, Error>& r) {
  return std::unexpected(std::move(r.error()));
}
template <class T>
std::unexpected<Error> pass(std::expected<T, Error>&& r) {
  return std::unexpected(std::move(r.error()));
}

// Stops the process with a message: for our own bugs only, never for what a peer, a message or the disk said.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
inline void check(bool ok, const char* what, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!ok) [[unlikely]] check_failed(what, file, line);
}

}  // namespace postern::base
