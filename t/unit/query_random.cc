// Random filters over random messages, compared with the obvious evaluator of query_world.h.  The real one is asked three
// times, with what is at hand in each stage, and may say `unknown` in the first two only.
#include <gtest/gtest.h>

#include <deque>

#include "query/header_match.h"
#include "query_world.h"

namespace {

using namespace postern;
using namespace postern::query_world;

TEST(RandomFilters, AgreeWithTheObviousEvaluator) {
  World world(20240607);
  std::size_t by_columns = 0, by_cache = 0, by_fields = 0, yes = 0, all = 0;
  for (int round = 0; round < 1500; ++round) {
    Filter f;
    f.set_root(world.tree(f, 3));
    Filter raw = f;
    f.bind({7, kKeywords, 900'000});
    raw.take_binding(f);
    for (int k = 0; k < 4; ++k) {
      Message m = world.message();
      m.row.places = m.places;
      m.row.flags_of_thread = &m.thread;
      bool wanted = obvious(raw, raw.root(), m);
      auto agrees = [&](Truth t) { return t == Truth::unknown || (t == Truth::yes) == wanted; };
      Truth columns = evaluate(f, m.row, nullptr);
      ASSERT_TRUE(agrees(columns)) << describe(raw, raw.root()) << "\n" << m.raw;

      mime::Summary summary = mime::summarize(m.raw);
      ASSERT_TRUE(summary.cached_header_complete);
      Content content{Content::Header::cached, summary.cached_header, m.attachment, nullptr};
      Truth cached = evaluate(f, m.row, &content);
      ASSERT_TRUE(agrees(cached)) << describe(raw, raw.root()) << "\n" << m.raw;
      if (columns != Truth::unknown) ASSERT_EQ(cached, columns);
      auto fields = f.fields();
      if (!f.uses_body() && std::ranges::all_of(fields, cache_decides, &FieldForm::name)) {
        std::deque<std::string> made;
        std::vector<KeptField> kept;
        for (const auto& form : fields) kept.push_back({&form, made.emplace_back(form_field(summary.cached_header, form, f.collation()))});
        Content some{.header_kind = Content::Header::kept, .has_attachment = m.attachment, .fields = kept};
        ASSERT_EQ(evaluate(f, m.row, &some), cached) << describe(raw, raw.root()) << "\n" << m.raw;
        ++by_fields;
      }

      BodyMatcher matcher(f);
      for (std::size_t at = 0; at < m.raw.size(); at += 37) matcher.feed(std::string_view(m.raw).substr(at, 37));
      for (auto r : matcher.finish()) matcher.header(std::string_view(m.raw).substr(r.begin, r.end - r.begin));
      std::vector<bool> hits = matcher.hits();
      content = {Content::Header::whole, std::string_view(m.raw).substr(0, m.raw.find("\r\n\r\n") + 4), m.attachment, &hits};
      Truth whole = evaluate(f, m.row, &content);
      ASSERT_NE(whole, Truth::unknown);
      ASSERT_TRUE(agrees(whole)) << describe(raw, raw.root()) << "\n" << m.raw;
      ++all;
      by_columns += columns != Truth::unknown;
      by_cache += cached != Truth::unknown;
      yes += wanted;
    }
  }
  // All three ways were gone, and neither answer was rare.
  EXPECT_GT(by_columns, all / 10);
  EXPECT_GT(by_cache, by_columns);
  EXPECT_GT(by_fields, all / 10);
  EXPECT_LT(by_cache, all);
  EXPECT_GT(yes, all / 4);
  EXPECT_LT(yes, all * 3 / 4);
}

// Blanks behind the colon are no text, whatever way the value is written.
TEST(Query, AFieldsTextBeginsBehindTheBlanks) {
  Filter f;
  f.set_root(f.add({.op = Op::field, .name = "x-note", .text = " "}));
  f.bind({7, kKeywords, 0});
  auto in = [&](std::string_view header) {
    Content content{Content::Header::whole, header, false, nullptr};
    return evaluate(f, Row{}, &content);
  };
  EXPECT_EQ(in("X-Note: apple\r\n\r\n"), Truth::no);
  EXPECT_EQ(in("X-Note: =?utf-8?q?apple?=\r\n\r\n"), Truth::no);
  EXPECT_EQ(in("X-Note:   apple pie\r\n\r\n"), Truth::yes);
  EXPECT_EQ(in("X-Note:\r\n\r\n"), Truth::no);
}

}  // namespace
