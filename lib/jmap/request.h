// The JMAP Request object, result references and creation ids.  RFC 8620 3.3, 3.7, 5.3.
// Runs in: jmapd, after login.  Input: hostile; pure.  Tests: t/unit/jmap_request.cc, t/fuzz/jmap_request.cc
#pragma once
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/errors.h"
#include "jmap/json.h"

namespace postern::jmap {

inline constexpr std::string_view kCore = "urn:ietf:params:jmap:core";
inline constexpr std::string_view kMail = "urn:ietf:params:jmap:mail";
inline constexpr std::string_view kSieve = "urn:ietf:params:jmap:sieve";
inline constexpr std::string_view kVacation = "urn:ietf:params:jmap:vacationresponse";

// RFC 8620 1.2: 1-255 of A-Za-z0-9, '-', '_'.
bool valid_id(std::string_view s);

// What "#name" stands for: given with the request, or made by it.
class CreatedIds {
 public:
  // False when kMaxCreatedIds is reached.
  bool add(std::string_view creation_id, std::string_view id);
  // The id for "#name", an id as it is, or nothing where the name is unknown.  Never followed twice.
  std::optional<std::string_view> resolve(std::string_view id_or_reference) const;
  const std::map<std::string, std::string, std::less<>>& all() const { return ids_; }

 private:
  std::map<std::string, std::string, std::less<>> ids_;
};

// One method call; the views and the pointer are into Request::root.
struct Call {
  std::string_view name;
  json::object* arguments = nullptr;
  std::string_view id;
};

struct Request {
  json::value root;  // owns everything below
  std::vector<Call> calls;
  std::vector<std::string_view> uses;
  bool has_created_ids = false;
  CreatedIds created_ids;
  bool uses_capability(std::string_view uri) const;
};

// `capabilities` are those that the server supports.  `sp` must outlive the request.
std::expected<Request, RequestError> parse_request(std::string_view body,
                                                   std::span<const std::string_view> capabilities,
                                                   json::storage_ptr sp);

// Replaces every "#name" of `arguments` by what it refers to in `responses` (the methodResponses so far).
// Fails with invalidResultReference, or invalidArguments when a name is there in both forms.  `budget` begins
// as kMaxReferenceBytes for a request and shrinks by what is copied: answers that quote answers must not grow
// without end.
Method<void> resolve_references(json::object& arguments, const json::array& responses, std::size_t& budget);

}  // namespace postern::jmap
