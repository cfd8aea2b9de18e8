// Requests from arbitrary bytes; their first call's references resolved against its own arguments; filters,
// sorts, patches and Emails to be created wherever the arguments have them.
#include <stdlib.h>

#include <array>
#include <string_view>

#include "jmap/email_create.h"
#include "jmap/email_filter.h"
#include "jmap/email_sort.h"
#include "jmap/limits.h"
#include "jmap/mailbox_view.h"
#include "jmap/request.h"
#include "query/evaluate.h"

using namespace postern::jmap;

namespace {

constexpr std::array<std::string_view, 2> kCapabilities = {kCore, kMail};

std::optional<std::uint32_t> number(std::string_view id) {
  return static_cast<std::uint32_t>(id.size());
}

void use(const json::object& o) {
  auto mailbox = [](std::string_view id) { return static_cast<std::uint32_t>(id.size()); };
  std::vector<std::string> keywords = {"a", "b"};
  if (auto f = parse_email_filter(find(o, "filter"), mailbox); f) {
    f->bind({1, keywords, 0});
    std::vector<bool> hits(f->size());
    postern::query::Content content{postern::query::Content::Header::whole, "Subject: x\r\n\r\n", true, &hits};
    if (postern::query::evaluate(*f, {}, &content) == postern::query::Truth::unknown) abort();
  }
  if (auto s = parse_email_sort(find(o, "sort")); s) {
    s->bind(keywords);
    postern::query::Sorter sorter(*s);
    postern::query::StoredContent content;
    content.header = "From: a <b@c>\r\n\r\n";
    for (int i = 0; i < 3; ++i) sorter.add({});
    std::vector<std::string> keys;
    for (const auto& c : s->by)
      if (c.is_text()) keys.push_back(postern::query::text_key(c, content));
    for (std::size_t k = 0; k < keys.size(); ++k) sorter.set_text(1, k, keys[k]);
    if (sorter.sorted().size() != 3) abort();
  }
  Args window(o);
  auto w = read_window(window);
  if (auto start = window_start(w, 10, 3); start && *start > 10) abort();
  for (auto name : {"create", "update"}) {
    const auto* list = find(o, name);
    if (!list || !list->is_object()) continue;
    for (const auto& m : list->get_object()) {
      const auto* one = m.value().if_object();
      if (!one) continue;
      (void)parse_email_patch(*one, number);
      (void)parse_mailbox_change(*one, nullptr, 5, number);
      if (auto d = parse_email_create(*one, number))
        if (auto p = build_pieces(*d, {"id@host", {0, 0}, false});
            p && p->texts.size() != p->blobs.size() + 1)
          abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string_view body(reinterpret_cast<const char*>(data), size);
  json::monotonic_resource arena;
  auto request = parse_request(body, kCapabilities, &arena);
  if (!request) {
    if (problem_document(request.error()).empty()) abort();
    return 0;
  }
  if (request->calls.size() > kMaxCallsInRequest) abort();
  json::array responses(&arena);
  std::size_t budget = 1 << 20;
  for (const auto& call : request->calls) {
    auto resolved = resolve_references(*call.arguments, responses, budget);
    if (!resolved) continue;
    use(*call.arguments);
    json::array one(&arena);
    one.emplace_back(call.name);
    one.emplace_back(*call.arguments);
    one.emplace_back(call.id);
    responses.emplace_back(std::move(one));
  }
  to_text(responses);
  return 0;
}
