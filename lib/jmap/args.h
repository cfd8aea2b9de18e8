// Reads the arguments of a method call, or the members of any object that must hold known members only: the
// first member of a wrong type, and any member nobody asked for, is an error.  RFC 8620 3.5, 3.9.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/errors.h"
#include "jmap/json.h"

namespace postern::jmap {

class Args {
 public:
  // `object` must outlive this and everything it returns.
  explicit Args(const json::object& object) : object_(object), used_(object.size(), false) {}

  // Each marks the member as known.  null counts as absent where that is allowed; a wrong type is remembered
  // as error and gives what an absent member gives.
  const json::value* any(std::string_view name);
  std::optional<std::string_view> string(std::string_view name);  // String|null
  std::string_view required_string(std::string_view name);
  bool boolean(std::string_view name, bool fallback);
  std::int64_t integer(std::string_view name, std::int64_t fallback);           // Int
  std::optional<std::uint64_t> unsigned_int(std::string_view name);             // UnsignedInt|null
  const json::object* object(std::string_view name);                            // Object|null
  const json::array* array(std::string_view name);                              // Array|null
  std::optional<std::vector<std::string_view>> strings(std::string_view name);  // String[]|null
  bool has(std::string_view name) const { return object_.if_contains(name) != nullptr; }
  // All of it, for a method that takes anything.
  const json::object& object_itself() const { return object_; }

  void fail(std::string what);
  // The first error, or unknown members.
  Method<void> finish();
  // The name of the member that was wrong; empty when none was, for SetErrors.
  const std::string& wrong() const { return wrong_; }

 private:
  void wrong_type(std::string_view name, std::string_view wanted);
  const json::object& object_;
  std::vector<bool> used_;
  std::string error_, wrong_;
};

}  // namespace postern::jmap
