// The three kinds of JMAP errors: of a request (RFC 8620 3.6.1), of a method call (3.6.2), of one record
// (5.3).
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jmap/json.h"

namespace postern::jmap {

// The whole request is refused: answered by HTTP with a problem document (RFC 7807).
struct RequestError {
  int status = 400;
  std::string type;  // "urn:ietf:params:jmap:error:notJSON"; "about:blank" for plain HTTP errors
  std::string detail;
  std::string limit;  // name of the limit, with type limit
};
RequestError not_json(std::string detail);
RequestError not_request(std::string detail);
RequestError unknown_capability(std::string_view capability);
RequestError over_limit(std::string_view limit, int status = 400);
RequestError plain_error(int status, std::string detail);
std::string problem_document(const RequestError& e);

// One method call failed.
struct MethodError {
  std::string type;
  std::string description;  // empty: left out
};
template <class T>
using Method = std::expected<T, MethodError>;
std::unexpected<MethodError> method_error(std::string_view type, std::string description = {});
inline std::unexpected<MethodError> invalid_arguments(std::string what) {
  return method_error("invalidArguments", std::move(what));
}
template <class T>
std::unexpected<MethodError> pass(Method<T>& r) {
  return std::unexpected(std::move(r.error()));
}
// An error of stored as a method's: UNAVAILABLE and what is temporary become serverUnavailable, DENIED
// forbidden, CANNOT_CALCULATE cannotCalculateChanges, LIMIT requestTooLarge, the rest serverFail.
MethodError from_store(const base::Error& e);
json::object to_json(const MethodError& e, json::storage_ptr sp);

// One record of a /set failed.
struct SetError {
  std::string type;
  std::string description;
  std::vector<std::string> properties;  // with invalidProperties
  std::vector<std::string> not_found;   // with blobNotFound
  std::string existing_id = {};         // with alreadyExists
};
SetError set_error(std::string_view type, std::string description = {});
SetError invalid_properties(std::vector<std::string> properties, std::string description = {});
SetError set_error_from_store(const base::Error& e);
json::object to_json(const SetError& e, json::storage_ptr sp);

}  // namespace postern::jmap
