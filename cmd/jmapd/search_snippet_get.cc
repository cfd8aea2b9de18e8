// SearchSnippet/get.  RFC 8621 5.
#include <algorithm>
#include <map>

#include "base/log.h"
#include "cmd/jmapd/email_search.h"
#include "cmd/jmapd/methods.h"
#include "jmap/snippet.h"
#include "mime/body_values.h"
#include "mime/html.h"
#include "proto/records.pb.h"

namespace postern::jmapd {
namespace {

constexpr std::size_t kPartsLookedAt = 20;  // text parts of one message

struct Message {
  std::uint64_t id = 0, prefix = 0;
  std::string content, location;
  std::optional<std::string> subject, preview;
};

// A text part as its reader sees it, cut at kMaxSnippetText.
std::optional<std::string> text_of(const query::Bodies& bodies, const Message& m, const mime::Part& part) {
  std::uint64_t length = std::min<std::uint64_t>(part.body_end - part.body_begin, 2 * jmap::kMaxSnippetText);
  auto raw = bodies.read(m.location, m.prefix + part.body_begin, length);
  if (!raw) return std::nullopt;
  std::string text = mime::decode_part_text(part, *raw, jmap::kMaxSnippetText).text;
  return part.subtype == "html" ? mime::html_to_searchable(text, jmap::kMaxSnippetText) : text;
}

void mark(const query::Bodies& bodies, const jmap::SnippetTerms& terms, Message& m) {
  records::Content content;
  if (!content.ParseFromString(m.content)) return;
  m.subject = jmap::mark_all(terms.subject, content.subject());
  if (terms.body.empty() || m.location.empty()) return;
  auto structure = mime::parse_structure(content.structure());
  if (!structure) return;
  auto lists = mime::body_lists(*structure);
  std::size_t looked = 0;
  for (const auto* list : {&lists.text_body, &lists.html_body})
    for (std::int32_t i : *list) {
      const mime::Part& part = structure->parts[static_cast<std::size_t>(i)];
      if (!part.is_text() || m.preview || ++looked > kPartsLookedAt) continue;
      if (auto text = text_of(bodies, m, part)) m.preview = jmap::mark_part(terms.body, *text);
    }
}

struct Job {
  jmap::SnippetTerms terms;
  std::map<std::uint64_t, Message> messages;
  std::shared_ptr<const query::Bodies> bodies;
};

io::Task<base::Result<>> fetch(Context& c, const std::vector<std::uint64_t>& ids, Job& job) {
  stored::Request request;
  stored::GetEmails& get = *request.mutable_get_emails();
  for (std::uint64_t id : ids) get.add_ids(id);
  get.set_email(true);
  get.set_content(true);
  get.set_location(true);
  auto take = [&job](stored::Emails& piece) {
    for (stored::EmailData& d : *piece.mutable_emails()) {
      bool visible = d.email().destroyed() == 0 && std::ranges::any_of(d.email().places(), [](const auto& p) { return !p.deleted(); });
      if (d.corrupt() || !visible) continue;
      job.messages[d.id()] = {.id = d.id(), .prefix = d.email().prefix_size(), .content = std::move(*d.mutable_content()),
                              .location = std::move(*d.mutable_location())};
    }
    return true;
  };
  auto got = co_await c.shared.store.emails(*c.login, std::move(request), take);
  co_return got;
}

json::value text_or_null(const std::optional<std::string>& text, const json::storage_ptr& sp) {
  return text ? json::value(*text, sp) : json::value(nullptr, sp);
}

}  // namespace

io::Task<Method<json::object>> search_snippet_get(Context& c, Args& args) {
  if (auto r = c.check_account(args); !r) co_return jmap::pass(r);
  auto mailbox = c.mailbox_number();
  auto filter = jmap::parse_email_filter(args.any("filter"), [&](std::string_view id) { return mailbox(id).value_or(0); });
  if (!filter) co_return jmap::pass(filter);
  std::vector<std::string> wanted;
  auto given = args.strings("emailIds");
  if (given) wanted.assign(given->begin(), given->end());
  if (auto r = args.finish(); !r) co_return jmap::pass(r);
  if (!given) co_return jmap::invalid_arguments("'emailIds' is missing");
  if (wanted.size() > jmap::kMaxObjectsInGet) co_return jmap::method_error("requestTooLarge", "too many ids");
  std::vector<std::uint64_t> ids;
  for (const std::string& id : wanted)
    if (auto n = c.number(model::IdKind::email, id); n && std::ranges::find(ids, *n) == ids.end()) ids.push_back(*n);
  auto job = std::make_shared<Job>();
  job->terms = jmap::snippet_terms(*filter);
  job->bodies = c.shared.bodies;
  if (!ids.empty()) {
    auto got = co_await fetch(c, ids, *job);
    if (!got) co_return std::unexpected(jmap::from_store(got.error()));
    co_await c.shared.loop().blocking([job] {
      for (auto& [id, m] : job->messages) mark(*job->bodies, job->terms, m);
    });
  }
  json::array list(c.sp), not_found(c.sp);
  for (const std::string& id : wanted) {
    auto n = c.number(model::IdKind::email, id);
    auto it = n ? job->messages.find(*n) : job->messages.end();
    if (it == job->messages.end()) {
      not_found.emplace_back(id);
      continue;
    }
    auto o = c.object();
    o["emailId"] = c.email_id(it->second.id);
    o["subject"] = text_or_null(it->second.subject, c.sp);
    o["preview"] = text_or_null(it->second.preview, c.sp);
    list.emplace_back(std::move(o));
  }
  auto out = c.object();
  out["accountId"] = c.account_id();
  out["list"] = std::move(list);
  if (not_found.empty()) out["notFound"] = nullptr;
  else out["notFound"] = std::move(not_found);
  co_return out;
}

}  // namespace postern::jmapd
