#include "jmap/errors.h"

namespace postern::jmap {
namespace {
constexpr std::string_view kPrefix = "urn:ietf:params:jmap:error:";

std::string urn(std::string_view name) {
  return std::string(kPrefix).append(name);
}
}  // namespace

RequestError not_json(std::string detail) {
  return {400, urn("notJSON"), std::move(detail), {}};
}
RequestError not_request(std::string detail) {
  return {400, urn("notRequest"), std::move(detail), {}};
}
RequestError unknown_capability(std::string_view capability) {
  return {400,
          urn("unknownCapability"),
          "The request uses the capability '" + std::string(capability.substr(0, 200)) +
              "', which is not supported.",
          {}};
}
RequestError over_limit(std::string_view limit, int status) {
  return {status, urn("limit"), "The request exceeds the limit " + std::string(limit) + ".",
          std::string(limit)};
}
RequestError plain_error(int status, std::string detail) {
  return {status, "about:blank", std::move(detail), {}};
}

std::string problem_document(const RequestError& e) {
  json::object o;
  o["type"] = e.type;
  o["status"] = e.status;
  if (!e.detail.empty()) o["detail"] = e.detail;
  if (!e.limit.empty()) o["limit"] = e.limit;
  return json::serialize(o);
}

std::unexpected<MethodError> method_error(std::string_view type, std::string description) {
  return std::unexpected(MethodError{std::string(type), std::move(description)});
}

MethodError from_store(const base::Error& e) {
  if (e.fault == base::Fault::temporary || e.code == "UNAVAILABLE") return {"serverUnavailable", e.what};
  if (e.code == "DENIED") return {"forbidden", {}};
  if (e.code == "NOT_FOUND") return {"accountNotFound", {}};
  if (e.code == "CANNOT_CALCULATE") return {"cannotCalculateChanges", {}};
  if (e.code == "CONFLICT") return {"stateMismatch", {}};
  if (e.code == "LIMIT") return {"requestTooLarge", e.what};
  return {"serverFail", e.what};
}

json::object to_json(const MethodError& e, json::storage_ptr sp) {
  json::object o(sp);
  o["type"] = e.type;
  if (!e.description.empty()) o["description"] = e.description;
  return o;
}

SetError set_error(std::string_view type, std::string description) {
  return {std::string(type), std::move(description), {}, {}};
}

SetError invalid_properties(std::vector<std::string> properties, std::string description) {
  return {"invalidProperties", std::move(description), std::move(properties), {}};
}

SetError set_error_from_store(const base::Error& e) {
  if (e.code == "NOT_FOUND") return set_error("notFound");
  if (e.code == "DENIED" || e.code == "CANNOT") return set_error("forbidden", e.what);
  if (e.code == "OVER_QUOTA") return set_error("overQuota", e.what);
  if (e.code == "HAS_CHILDREN") return set_error("mailboxHasChild");
  if (e.code == "HAS_EMAILS") return set_error("mailboxHasEmail");
  if (e.code == "LIMIT") return set_error("tooLarge", e.what);
  if (e.code == "INVALID" || e.code == "EXISTS") return invalid_properties({}, e.what);
  if (e.fault == base::Fault::temporary) return set_error("serverUnavailable", e.what);
  return set_error("serverFail", e.what);
}

json::object to_json(const SetError& e, json::storage_ptr sp) {
  json::object o(sp);
  o["type"] = e.type;
  if (!e.description.empty()) o["description"] = e.description;
  if (!e.properties.empty()) {
    json::array a(sp);
    for (const auto& p : e.properties) a.emplace_back(p);
    o["properties"] = std::move(a);
  }
  if (!e.not_found.empty()) {
    json::array a(sp);
    for (const auto& p : e.not_found) a.emplace_back(p);
    o["notFound"] = std::move(a);
  }
  if (!e.existing_id.empty()) o["existingId"] = e.existing_id;
  return o;
}

}  // namespace postern::jmap
