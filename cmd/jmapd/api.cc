// POST /jmap/api: reads the request, runs its calls in order, answers.  RFC 8620 3.
#include <array>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/jmapd/context.h"
#include "cmd/jmapd/http_session.h"
#include "cmd/jmapd/session_object.h"

namespace postern::jmapd {
namespace {

constexpr std::array kCapabilities = {jmap::kCore, jmap::kMail, jmap::kSieve, jmap::kVacation};
constexpr std::size_t kFirstBlock = 64 * 1024;  // of a request's arena

// application/json, in any case, with or without parameters.
bool is_json(std::string_view content_type) {
  return base::iequals(base::trim(content_type.substr(0, content_type.find(';'))), "application/json");
}

// A page of another origin that posts a form's type needs no preflight: it may ride on credentials that the
// browser remembers.  Such a request is none of our clients'.
bool forged(const http::RequestHead& head) {
  auto origin = head.field("origin");
  if (origin.empty() || is_json(head.field("content-type"))) return false;
  auto scheme = origin.find("://");
  return scheme == std::string_view::npos || !base::iequals(origin.substr(scheme + 3), head.host);
}

// The whole body, or nothing when the exchange was answered or the client has gone.
io::Task<std::optional<std::string>> read_request(Exchange& x) {
  std::string body;
  if (x.head().content_length <= x.shared.max_request) body.reserve(x.head().content_length);
  while (true) {
    auto piece = co_await x.next_piece(x.shared.max_request);
    if (!piece) {
      if (piece.error().code == "REFUSED") {
        auto error = x.refusal().status == 413
                         ? jmap::over_limit("maxSizeRequest", 413)
                         : jmap::plain_error(x.refusal().status, std::string(x.refusal().what));
        co_await x.send_problem(std::move(error));
      }
      co_return std::nullopt;
    }
    if (piece->empty()) co_return body;
    body.append(*piece);
  }
}

void add_answer(json::array& responses, std::string_view name, json::object arguments, std::string_view id,
                const json::storage_ptr& sp) {
  json::array one(sp);
  one.reserve(3);
  one.emplace_back(name);
  one.emplace_back(std::move(arguments));
  one.emplace_back(id);
  responses.emplace_back(std::move(one));
}

io::Task<Method<json::object>> run_call(Context& c, const jmap::Call& call, const json::array& responses,
                                        std::size_t& reference_budget) {
  const auto* method = find_method(call.name);
  if (!method || !c.request.uses_capability(method->capability))
    co_return jmap::method_error("unknownMethod");
  auto resolved = jmap::resolve_references(*call.arguments, responses, reference_budget);
  if (!resolved) co_return jmap::pass(resolved);
  Args args(*call.arguments);
  auto run = method->run(c, args);
  auto out = co_await std::move(run);
  co_return out;
}

io::Task<std::string> run_request(Exchange& x, jmap::Request& request, json::storage_ptr sp) {
  Context c(x.shared, x.login, request, sp);
  json::array responses(sp);
  std::size_t reference_budget = jmap::kMaxReferenceBytes;
  for (const auto& call : request.calls) {
    ++x.shared.method_calls;
    auto out = co_await run_call(c, call, responses, reference_budget);
    if (out) {
      add_answer(responses, call.name, std::move(*out), call.id, sp);
      continue;
    }
    ++x.shared.method_errors;
    if (out.error().type == "serverFail")
      base::log(base::Level::error, "method_failed",
                {{"session", x.connection.session.id()},
                 {"method", call.name},
                 {"error", out.error().description}});
    add_answer(responses, "error", jmap::to_json(out.error(), sp), call.id, sp);
  }
  json::object answer(sp);
  answer["methodResponses"] = std::move(responses);
  if (request.has_created_ids) {
    auto& ids = answer["createdIds"].emplace_object();
    for (const auto& [name, id] : request.created_ids.all()) ids[name] = id;
  }
  answer["sessionState"] = session_state(x.shared, *x.login);
  co_return json::serialize(answer);
}

}  // namespace

io::Task<void> api_endpoint(Exchange& x) {
  if (forged(x.head())) {
    co_await x.send_problem(jmap::plain_error(403, "Requests of other origins must be application/json."));
    co_return;
  }
  Slot slot(x.shared, x.login->account(), &InUse::requests, jmap::kMaxConcurrentRequests);
  if (slot.full()) {
    co_await x.send_problem(jmap::over_limit("maxConcurrentRequests", 429));
    co_return;
  }
  auto body = co_await read_request(x);
  if (!body) co_return;
  if (!is_json(x.head().field("content-type"))) {
    co_await x.send_problem(jmap::not_json("The content type must be application/json."));
    co_return;
  }
  json::monotonic_resource arena(kFirstBlock);
  auto request = jmap::parse_request(*body, kCapabilities, &arena);
  if (!request) {
    co_await x.send_problem(std::move(request.error()));
    co_return;
  }
  std::string().swap(*body);
  auto answer = co_await run_request(x, *request, &arena);
  base::kill_point("jmap.reply");
  co_await x.send(200, "application/json", std::move(answer));
}

}  // namespace postern::jmapd
