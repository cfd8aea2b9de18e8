#include "imap/annotation_args.h"

#include <gtest/gtest.h>

#include "imap/append_args.h"
#include "imap/args.h"
#include "imap/fetch.h"
#include "imap/lexer.h"
#include "imap/search_program.h"
#include "model/annotation.h"

namespace {

using namespace postern;
using namespace postern::imap;
using Q = AnnotationQuery;

template <class F>
auto parse(F f, std::string_view text) {
  Lexer in(text);
  auto out = f(in);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error();
  return out;
}
template <class F>
bool good(F f, std::string_view text) {
  Lexer in(text);
  (void)f(in);
  return in.ok() && in.at_end();
}
auto fetch = [](Lexer& in) { return parse_fetch(in, false); };

TEST(AnnotationArgs, Values) {
  auto v = parse(parse_annotation_values, R"((/comment (value.priv "a" value.shared NIL) /altsubject (value.shared "")))");
  ASSERT_EQ(v.size(), 3u);
  EXPECT_EQ(v[0].value, "a");
  EXPECT_FALSE(v[0].shared);
  EXPECT_TRUE(v[1].nil && v[1].shared);
  EXPECT_EQ(v[2].entry, "/altsubject");
  EXPECT_FALSE(v[2].nil) << "empty is a value";
  EXPECT_EQ(parse(parse_annotation_values, std::string_view("(/x (value.priv ~{3}\r\na\0b))", 28))[0].value.size(), 3u);
  for (auto bad : {"()", "(/comment)", "(/comment ())", "(/comment (value \"x\"))", "(/comment (size.priv \"1\"))",
                   "(comment (value.priv \"x\"))", "(/a* (value.priv \"x\"))", "(/comment (value.priv))",
                   "(/1/flags/seen (value.priv \"2\"))", "(/comment (value.priv \"x\")", "/comment (value.priv \"x\")"})
    EXPECT_FALSE(good(parse_annotation_values, bad)) << bad;
  std::string many = "(";
  for (std::size_t i = 0; i < 2 * model::kMaxAnnotations; ++i) many += "/v/" + std::to_string(i) + " (value.priv NIL) ";
  many.back() = ')';
  EXPECT_TRUE(good(parse_annotation_values, many));
  many.back() = ' ';
  EXPECT_FALSE(good(parse_annotation_values, many + "/x (value.priv NIL))"));
}

TEST(AnnotationArgs, Query) {
  auto q = parse(parse_annotation_query, "(/comment value)");
  EXPECT_EQ(q.attributes, Q::value_priv | Q::value_shared);
  q = parse(parse_annotation_query, "((/comment \"/*\") (value.priv size.shared))");
  EXPECT_EQ(q.patterns.size(), 2u);
  EXPECT_EQ(q.attributes, Q::value_priv | Q::size_shared);
  for (auto bad : {"(/comment)", "(() value)", "(/comment ())", "(/comment colour)", "(comment value)", "/comment value",
                   "(/comment value"})
    EXPECT_FALSE(good(parse_annotation_query, bad)) << bad;
  auto f = parse(fetch, "1:2 (FLAGS ANNOTATION (/% value))");
  ASSERT_EQ(f.items.size(), 2u);
  EXPECT_EQ(f.items[1].kind, FetchItem::Kind::annotation);
  EXPECT_FALSE(f.sets_seen);
  EXPECT_TRUE(good(fetch, "1 ANNOTATION (/comment value)"));
  EXPECT_FALSE(good(fetch, "1 (ANNOTATION (/a value) ANNOTATION (/b value))"));
}

TEST(AnnotationArgs, InCommands) {
  auto s = parse(parse_store, "1 (UNCHANGEDSINCE 5) ANNOTATION (/comment (value.priv \"x\"))");
  EXPECT_TRUE(s.silent && s.unchanged_since_given);
  EXPECT_EQ(s.annotations.size(), 1u);
  EXPECT_FALSE(good(parse_store, "1 +ANNOTATION (/comment (value.priv \"x\"))"));
  EXPECT_TRUE(parse(parse_select, "INBOX (ANNOTATE CONDSTORE)").annotate);
  auto search = parse(parse_search, "NOT ANNOTATION /vendor/* value.shared \"x\"");
  ASSERT_EQ(search.program.annotations.size(), 1u);
  EXPECT_EQ(search.program.annotations[0].attributes, Q::value_shared);
  EXPECT_FALSE(good(parse_search, "ANNOTATION /comment size \"x\""));
  auto sort = parse(parse_sort, "(REVERSE ANNOTATION /comment value.priv DATE) UTF-8 ALL");
  EXPECT_EQ(sort.order.by[0].name, "/comment");
  EXPECT_FALSE(sort.order.by[0].shared);
  EXPECT_TRUE(sort.order.by[0].descending);
  EXPECT_FALSE(good(parse_sort, "(ANNOTATION /comment value) UTF-8 ALL"));
  EXPECT_FALSE(good(parse_sort, "(ANNOTATION /* value.priv) UTF-8 ALL"));
}

// A literal in an annotation is a word of the command; the message's own comes behind.
TEST(AnnotationArgs, InAnAppendThatIsStillComing) {
  auto prefix = [](std::string_view text) {
    Lexer in(text);
    auto args = parse_append_prefix(in, false);
    EXPECT_TRUE(in.ok()) << text << ": " << in.error();
    return args.next;
  };
  using Next = AppendArgs::Next;
  EXPECT_EQ(prefix("drafts ANNOTATION (/comment (value.priv \"x\")) "), Next::data);
  EXPECT_EQ(prefix("drafts ANNOTATION (/comment (value.priv "), Next::word);
  EXPECT_EQ(prefix("drafts (\\Seen) ANNOTATION ("), Next::word);
  EXPECT_EQ(prefix("drafts ANNOTATION (/comment (value.priv {3}\r\nabc)) "), Next::data);
  Lexer in("drafts ANNOTATION (comment (value.priv \"x\")) ");
  (void)parse_append_prefix(in, false);
  EXPECT_FALSE(in.ok());
}

}  // namespace
