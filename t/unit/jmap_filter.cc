// Filters, sorts and windows of Email/query (J05).
#include <gtest/gtest.h>

#include <deque>

#include "jmap/email_filter.h"
#include "jmap/email_sort.h"
#include "jmap/limits.h"
#include "query/evaluate.h"

namespace postern::jmap {
namespace {

struct Mailbox3 {
  std::uint32_t operator()(std::string_view id) const { return id == "m1" ? 1 : id == "m2" ? 2 : 0; }
};

// Four emails: 10 and 11 are a thread in mailbox 1; 12 is in 1 and 2; 13 in 2 only.
std::shared_ptr<const model::Sheet> sheet() {
  model::SheetBuilder b;
  auto add = [&](std::uint64_t email, std::uint64_t thread, model::Flags f, std::int64_t received,
                 std::uint64_t size, std::vector<std::uint32_t> places) {
    model::SheetRow r;
    r.email = email;
    r.thread = thread;
    r.flags = f;
    r.received = received;
    r.sent = -received;
    r.size = size;
    b.add(r, places);
  };
  add(10, 1, model::kSeenBit, 1000, 500, {1});
  add(11, 1, {}, 2000, 400, {1});
  add(12, 2, model::kSeenBit | model::Flags::bit(8), 3000, 300, {1, 2});
  add(13, 3, {}, 2000, 200, {2});
  return *model::Sheet::from_bytes(b.finish(0, 1));
}

using query::Truth;

Method<query::Filter> parse(std::string_view text) {
  auto v = parse_ijson(text, {}).value;
  auto f = parse_email_filter(&v, Mailbox3{});
  if (f) f->bind({1, std::vector<std::string>{"todo"}, 0});
  return f;
}

// Ids of the emails that match by the sheet alone; "?" marks undecided ones.
std::string run(std::string_view text) {
  auto f = parse(text);
  if (!f) return f.error().type;
  auto s = sheet();
  auto threads = query::thread_table(*s);
  std::string out;
  for (std::size_t i = 0; i < s->size(); ++i) {
    auto t = query::evaluate(*f, query::row_of(*s, i, &threads), nullptr);
    if (t == Truth::no) continue;
    out += (out.empty() ? "" : " ") + std::to_string(s->email[i]) + (t == Truth::unknown ? "?" : "");
  }
  return out;
}

TEST(JmapFilter, OnTheSheet) {
  EXPECT_EQ(run("{}"), "10 11 12 13");
  EXPECT_EQ(run(R"({"inMailbox":"m1"})"), "10 11 12");
  EXPECT_EQ(run(R"({"inMailbox":"nothing"})"), "");
  EXPECT_EQ(run(R"({"inMailboxOtherThan":["m1"]})"), "12 13");
  EXPECT_EQ(run(R"({"before":"1970-01-01T00:33:20Z"})"), "10");
  EXPECT_EQ(run(R"({"after":"1970-01-01T00:33:20Z"})"), "11 12 13");
  EXPECT_EQ(run(R"({"minSize":300,"maxSize":500})"), "11 12");
  EXPECT_EQ(run(R"({"hasKeyword":"$seen"})"), "10 12");
  EXPECT_EQ(run(R"({"hasKeyword":"$SEEN"})"), "10 12");
  EXPECT_EQ(run(R"({"notKeyword":"todo"})"), "10 11 13");
  EXPECT_EQ(run(R"({"hasKeyword":"unheard-of"})"), "");
  EXPECT_EQ(run(R"({"allInThreadHaveKeyword":"$seen"})"), "12");
  EXPECT_EQ(run(R"({"someInThreadHaveKeyword":"$seen"})"), "10 11 12");
  EXPECT_EQ(run(R"({"noneInThreadHaveKeyword":"$seen"})"), "13");
  EXPECT_EQ(run(R"({"operator":"NOT","conditions":[{"inMailbox":"m1"},{"hasKeyword":"todo"}]})"), "13");
  EXPECT_EQ(run(R"({"operator":"OR","conditions":[{"inMailbox":"m2"},{"maxSize":201}]})"), "12 13");
  EXPECT_EQ(run(R"({"operator":"AND","conditions":[{"inMailbox":"m2"},{"inMailbox":"m1"}]})"), "12");
  EXPECT_EQ(run(R"({"operator":"OR","conditions":[]})"), "");
}

TEST(JmapFilter, AsksForContentOnlyWhereNeeded) {
  EXPECT_EQ(run(R"({"inMailbox":"m2","subject":"x"})"), "12? 13?");
  EXPECT_EQ(run(R"({"operator":"OR","conditions":[{"inMailbox":"m2"},{"subject":"x"}]})"), "10? 11? 12 13");
  EXPECT_EQ(run(R"({"hasAttachment":true})"), "10? 11? 12? 13?");
}

// `texts`: what is in the body; null while it has not been read.
Truth on_content(std::string_view filter, std::string_view header, const std::vector<std::string>* texts = nullptr) {
  auto f = parse(filter);
  auto s = sheet();
  std::vector<bool> hits(f->size(), false);
  query::Content content{query::Content::Header::cached, header, true, texts ? &hits : nullptr};
  for (std::size_t i = 0; texts && i < hits.size(); ++i)
    for (const auto& t : *texts) hits[i] = hits[i] || t.find(f->at(static_cast<std::int32_t>(i)).text) != std::string::npos;
  return query::evaluate(*f, query::row_of(*s, 0, nullptr), &content);
}

TEST(JmapFilter, OnContent) {
  constexpr std::string_view header =
      "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nSubject: Big RED\r\n boat\r\nX-Spam: 1\r\n\r\n";
  EXPECT_EQ(on_content(R"({"subject":"red"})", header), Truth::yes);
  EXPECT_EQ(on_content(R"({"subject":"boat big"})", header), Truth::yes);
  EXPECT_EQ(on_content(R"({"subject":"'red boat'"})", header), Truth::yes);
  EXPECT_EQ(on_content(R"({"subject":"'boat red'"})", header), Truth::no);
  EXPECT_EQ(on_content("{\"from\":\"J\xc3\x9cRGEN\"}", header), Truth::yes);
  EXPECT_EQ(on_content(R"({"to":"x"})", header), Truth::no);
  EXPECT_EQ(on_content(R"({"header":["Subject"]})", header), Truth::yes);
  EXPECT_EQ(on_content(R"({"header":["subject","green"]})", header), Truth::no);
  EXPECT_EQ(on_content(R"({"header":["Received"]})", header), Truth::unknown);  // not in the cache
  EXPECT_EQ(on_content(R"({"hasAttachment":true})", header), Truth::yes);
  EXPECT_EQ(on_content(R"({"body":"x"})", header), Truth::unknown);
  std::vector<std::string> texts = {"hello world", "other"};
  EXPECT_EQ(on_content(R"({"body":"WORLD other"})", header, &texts), Truth::yes);
  EXPECT_EQ(on_content(R"({"body":"mars"})", header, &texts), Truth::no);
  EXPECT_EQ(on_content(R"({"text":"boat world"})", header, &texts), Truth::yes);
  EXPECT_EQ(on_content(R"({"text":"boat"})", header), Truth::yes);  // without the body
}

TEST(JmapFilter, J05Refused) {
  EXPECT_EQ(run(R"([])"), "invalidArguments");
  EXPECT_EQ(run(R"({"operator":"XOR","conditions":[]})"), "invalidArguments");
  EXPECT_EQ(run(R"({"operator":"AND"})"), "invalidArguments");
  EXPECT_EQ(run(R"({"unknown":1})"), "unsupportedFilter");
  EXPECT_EQ(run(R"({"minSize":-1})"), "invalidArguments");
  EXPECT_EQ(run(R"({"before":"yesterday"})"), "invalidArguments");
  EXPECT_EQ(run(R"({"hasKeyword":"a b"})"), "invalidArguments");
  EXPECT_EQ(run(R"({"header":["Sub\r\nject"]})"), "unsupportedFilter");
  EXPECT_EQ(run(R"({"header":[]})"), "invalidArguments");
  EXPECT_EQ(run(R"({"subject":")" + std::string(kMaxSearchText + 1, 'a') + "\"}"), "unsupportedFilter");
}

TEST(JmapFilter, J05DepthAndCountAtAndPastTheLimit) {
  auto deep = [](std::size_t n) {
    std::string s = "{}";
    for (std::size_t i = 0; i < n; ++i) s = R"({"operator":"AND","conditions":[)" + s + "]}";
    return s;
  };
  // The JSON parser's own depth limit is lower than what two levels an operator would need past the filter's.
  auto value = [&](std::size_t n) {
    json::value v = json::object();
    for (std::size_t i = 0; i < n; ++i)
      v = json::object({{"operator", "AND"}, {"conditions", json::array({v})}});
    return v;
  };
  EXPECT_EQ(run(deep(8)), "10 11 12 13");
  auto at = value(kMaxFilterDepth), past = value(kMaxFilterDepth + 1);
  EXPECT_TRUE(parse_email_filter(&at, Mailbox3{}));
  EXPECT_EQ(parse_email_filter(&past, Mailbox3{}).error().type, "unsupportedFilter");
  auto wide = [](std::size_t conditions) {  // the operator counts as one
    std::string s = R"({"operator":"AND","conditions":[)";
    for (std::size_t i = 1; i < conditions; ++i) s += std::string(i > 1 ? "," : "") + R"({"minSize":1})";
    return s + "]}";
  };
  EXPECT_EQ(run(wide(kMaxFilterConditions)), "10 11 12 13");
  EXPECT_EQ(run(wide(kMaxFilterConditions + 1)), "unsupportedFilter");
}

std::string sorted(std::string_view text, std::size_t need = SIZE_MAX) {
  auto v = parse_ijson(text, {}).value;
  auto sort = parse_email_sort(&v);
  if (!sort) return sort.error().type;
  sort->bind({"todo"});
  auto s = sheet();
  auto threads = query::thread_table(*s);
  query::Sorter sorter(*sort);
  std::deque<std::string> keys;
  std::size_t i = 0;
  for (auto subject : {"Re: b", "a", "B", "c"}) {
    sorter.add(query::row_of(*s, i, &threads));
    query::StoredContent content;
    content.subject = subject;
    std::size_t k = 0;
    for (const query::Comparator& c : sort->by)
      if (c.is_text()) sorter.set_text(i, k++, keys.emplace_back(query::text_key(c, content)));
    ++i;
  }
  std::string out;
  for (auto r : sorter.sorted(need)) out += (out.empty() ? "" : " ") + std::to_string(s->email[r]);
  return out;
}

TEST(JmapSort, Orders) {
  EXPECT_EQ(sorted("null"), "12 11 13 10");
  EXPECT_EQ(sorted(R"([{"property":"receivedAt"}])"), "10 11 13 12");
  EXPECT_EQ(sorted(R"([{"property":"receivedAt","isAscending":false}])", 1).substr(0, 2), "12");
  EXPECT_EQ(sorted(R"([{"property":"sentAt"}])"), "12 11 13 10");
  EXPECT_EQ(sorted(R"([{"property":"size"}])"), "13 12 11 10");
  EXPECT_EQ(sorted(R"([{"property":"subject"},{"property":"size"}])"), "11 12 10 13");
  EXPECT_EQ(
      sorted(R"([{"property":"hasKeyword","keyword":"$seen","isAscending":false},{"property":"size"}])"),
      "12 10 13 11");
  EXPECT_EQ(sorted(R"([{"property":"allInThreadHaveKeyword","keyword":"$seen"},{"property":"size"}])"),
            "13 11 10 12");
  EXPECT_EQ(
      sorted(
          R"([{"property":"someInThreadHaveKeyword","keyword":"$seen","isAscending":false},{"property":"size"}])"),
      "12 11 10 13");
}

TEST(JmapSort, J05Refused) {
  EXPECT_EQ(sorted(R"([{"property":"colour"}])"), "unsupportedSort");
  EXPECT_EQ(sorted(R"([{"property":"size","collation":"i;klingon"}])"), "unsupportedSort");
  EXPECT_EQ(sorted(R"([{"property":"hasKeyword"}])"), "invalidArguments");
  EXPECT_EQ(sorted(R"([{"isAscending":true}])"), "invalidArguments");
  EXPECT_EQ(sorted(R"({})"), "invalidArguments");
  auto many = [](std::size_t n) {
    std::string s = "[";
    for (std::size_t i = 0; i < n; ++i) s += std::string(i ? "," : "") + R"({"property":"size"})";
    return s + "]";
  };
  EXPECT_EQ(sorted(many(kMaxSort)), "13 12 11 10");
  EXPECT_EQ(sorted(many(kMaxSort + 1)), "unsupportedSort");
}

Window window(std::string_view text, bool* ok = nullptr) {
  static json::value keep;
  keep = parse_ijson(text, {}).value;
  Args args(keep.as_object());
  auto w = read_window(args);
  bool fine = args.finish().has_value();
  if (ok) *ok = fine;
  return w;
}

TEST(JmapWindow, PositionAndAnchor) {
  EXPECT_EQ(window_start(window("{}"), 10, {}), 0u);
  EXPECT_EQ(window_start(window(R"({"position":3})"), 10, {}), 3u);
  EXPECT_EQ(window_start(window(R"({"position":30})"), 10, {}), 10u);
  EXPECT_EQ(window_start(window(R"({"position":-3})"), 10, {}), 7u);
  EXPECT_EQ(window_start(window(R"({"position":-30})"), 10, {}), 0u);
  EXPECT_EQ(window_start(window(R"({"anchor":"x","anchorOffset":-2,"position":9})"), 10, 5), 3u);
  EXPECT_EQ(window_start(window(R"({"anchor":"x","anchorOffset":-9})"), 10, 5), 0u);
  EXPECT_FALSE(window_start(window(R"({"anchor":"x"})"), 10, {}));
  bool ok = true;
  window(R"({"limit":-1})", &ok);
  EXPECT_FALSE(ok);
  window(R"({"limit":9007199254740992})", &ok);
  EXPECT_FALSE(ok);
  auto w = window(R"({"limit":9007199254740991})", &ok);
  EXPECT_TRUE(ok);
  EXPECT_EQ(w.limit, kMaxQueryIds);
  EXPECT_TRUE(w.limited_by_us);
}

}  // namespace
}  // namespace postern::jmap
