#include "cmd/jmapd/changes.h"

#include "cmd/jmapd/methods.h"
#include "jmap/mailbox_view.h"

namespace postern::jmapd {
namespace {

model::IdKind kind_of(stored::GetChanges::Type type) {
  switch (type) {
    case stored::GetChanges::MAILBOX:
      return model::IdKind::mailbox;
    case stored::GetChanges::THREAD:
      return model::IdKind::thread;
    default:
      return model::IdKind::email;
  }
}

template <class Numbers>
json::array ids(const Context& c, model::IdKind kind, const Numbers& numbers) {
  json::array out(c.sp);
  out.reserve(static_cast<std::size_t>(numbers.size()));
  for (auto n : numbers) out.emplace_back(model::format_id(kind, c.account(), n));
  return out;
}

stored::Request request_for(stored::GetChanges::Type type, const model::State& since, std::uint32_t max) {
  stored::Request request;
  auto* get = request.mutable_get_changes();
  get->set_type(type);
  get->set_epoch(since.epoch);
  get->set_since(since.modseq);
  get->set_offset(since.offset);
  get->set_max_changes(max);
  return request;
}

}  // namespace

io::Task<Method<json::object>> standard_changes(Context& c, Args& args, stored::GetChanges::Type type,
                                                bool* counts_only) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto since = args.required_string("sinceState");
  auto max = args.unsigned_int("maxChanges");
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  if (max && *max == 0) co_return jmap::invalid_arguments("'maxChanges' must be greater than 0");
  auto state = model::parse_state(since);
  if (!state) co_return jmap::method_error("cannotCalculateChanges", "the state is unknown");

  auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(max.value_or(0), UINT32_MAX));
  auto reply = co_await c.read(request_for(type, *state, most));
  if (!reply) co_return jmap::pass(reply);
  const auto& found = reply->changes();
  // A state inside of a commit always leaves some of it: one that does not was made up.
  bool nothing =
      found.created().empty() && found.updated().empty() && found.destroyed().empty() && !found.has_more();
  if (state->offset && nothing)
    co_return jmap::method_error("cannotCalculateChanges", "the state is unknown");
  if (counts_only) *counts_only = found.counts_only();
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["oldState"] = since;
  out["newState"] = state_text(found.epoch(), found.new_since(), found.new_offset());
  out["hasMoreChanges"] = found.has_more();
  auto kind = kind_of(type);
  out["created"] = ids(c, kind, found.created());
  out["updated"] = ids(c, kind, found.updated());
  out["destroyed"] = ids(c, kind, found.destroyed());
  co_return out;
}

io::Task<Method<Delta>> changes_since(Context& c, stored::GetChanges::Type type, model::State since) {
  Delta out;
  while (true) {
    auto reply = co_await c.read(request_for(type, since, 0));
    if (!reply) co_return jmap::pass(reply);
    const auto& found = reply->changes();
    out.created.insert(out.created.end(), found.created().begin(), found.created().end());
    out.updated.insert(out.updated.end(), found.updated().begin(), found.updated().end());
    out.destroyed.insert(out.destroyed.end(), found.destroyed().begin(), found.destroyed().end());
    if (!found.has_more()) co_return out;
    if (out.created.size() + out.updated.size() + out.destroyed.size() > kMaxQueryDelta)
      co_return jmap::method_error("cannotCalculateChanges", "too much has changed");
    since = {found.epoch(), found.new_since(), found.new_offset()};
  }
}

std::vector<std::uint64_t> removed_from_results(const Delta& delta, const std::unordered_set<std::uint64_t>& touched) {
  std::unordered_set<std::uint64_t> skip(delta.created.begin(), delta.created.end());
  std::vector<std::uint64_t> out;
  // One that went and came back, told in two pieces of the log, was there before.
  for (auto n : delta.destroyed) skip.erase(n);
  for (const auto& list : {delta.destroyed, std::vector<std::uint64_t>(touched.begin(), touched.end())})
    for (auto n : list)
      if (skip.insert(n).second) out.push_back(n);
  return out;
}

io::Task<Method<json::object>> email_changes(Context& c, Args& args) {
  return standard_changes(c, args, stored::GetChanges::EMAIL);
}

io::Task<Method<json::object>> thread_changes(Context& c, Args& args) {
  return standard_changes(c, args, stored::GetChanges::THREAD);
}

io::Task<Method<json::object>> mailbox_changes(Context& c, Args& args) {
  bool counts_only = false;
  auto out = co_await standard_changes(c, args, stored::GetChanges::MAILBOX, &counts_only);
  if (out)
    (*out)["updatedProperties"] =
        counts_only ? json::value(jmap::mailbox_count_properties(c.sp)) : json::value(nullptr, c.sp);
  co_return out;
}

}  // namespace postern::jmapd
