#include <gtest/gtest.h>

#include "mime/address.h"
#include "mime/limits.h"

namespace {

using namespace postern::mime;

// "name|local|domain" of each item; "{name" and "}" for group marks.
std::string show(std::string_view raw) {
  std::string out;
  for (const auto& a : parse_addresses(raw).items) {
    if (!out.empty()) out += ' ';
    if (a.kind == Address::Kind::group_begin)
      out += "{" + a.name();
    else if (a.kind == Address::Kind::group_end)
      out += "}";
    else
      out += a.name() + "|" + a.local + "|" + a.domain + (a.route.empty() ? "" : "|" + a.route);
  }
  return out;
}

TEST(MimeAddress, Table) {
  struct Case {
    const char *raw, *shown;
  };
  const Case cases[] = {
      {"a@b", "|a|b"},
      {"John Doe <jdoe@machine.example>", "John Doe|jdoe|machine.example"},
      {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
       "Mary Smith|mary|x.test |jdoe|example.org Who?|one|y.test"},
      {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
       "|boss|nil.test Giant; \"Big\" Box|sysservices|example.net"},
      {"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
       "{A Group Ed Jones|c|a.test |joe|where.test John|jdoe|one.test }"},
      {"Undisclosed recipients:;", "{Undisclosed recipients }"},
      {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete|pete|silly.test"},
      {"A Group(Some people)\r\n :Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org,\r\n "
       "John "
       "<jdoe@one.test> (my dear friend); (the end of the group)",
       "{A Group Chris Jones|c|public.example |joe|example.org John|jdoe|one.test }"},
      {"Joe Q. Public <john.q.public@example.com>", "Joe Q. Public|john.q.public|example.com"},
      {"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
       "Mary Smith|mary|example.net|@node.test |jdoe|test.example"},
      {"<@a,@b:c@d>", "|c|d|@a,@b"},
      {"user@host (Real Name)", "Real Name|user|host"},
      {"user@host (a (nested) one)", "a (nested) one|user|host"},
      {"\"\"@x", "||x"},
      {"\"a b\"@c", "|a b|c"},
      {"\"a\".\"b\" @ c", "|a.b|c"},
      {"j . q @ a . b", "|j.q|a.b"},
      {"y@[1.2.3.4]", "|y|[1.2.3.4]"},
      {"x@y.z <x@y.z>", "x@y.z|x|y.z"},
      {"=?utf-8?Q?Foo,_Bar?= <f@g>", "Foo, Bar|f|g"},
      {"=?ISO-8859-1?Q?Andr=E9?= Pirard <P@u.be>", "Andr\xc3\xa9 Pirard|P|u.be"},
      {"J\xc3\xb6rg <j@x>", "J\xc3\xb6rg|j|x"},
      {"J\xf6rg <j@x>", "J\xc3\xb6rg|j|x"},
      {"just a name", "|just a name|"},
      {"<>", "||"},
      {"a@b; c@d", "|a|b |c|d"},
      {"a@b c@d, e@f", "|a|b |e|f"},
      {"\"quoted\"<a@b>", "quoted|a|b"},
      {"\"one\" two \"three\" <a@b>", "one two three|a|b"},
  };
  for (const auto& c : cases) EXPECT_EQ(show(c.raw), c.shown) << c.raw;
}

TEST(MimeAddress, M03UnclosedEverything) {
  struct Case {
    const char *raw, *shown;
  };
  const Case cases[] = {
      {"\"unclosed <a@b>", "|unclosed <a@b>|"},
      {"group: a@b, <c@d", "{group |a|b |c|d }"},
      {"<@route", "|||@route"},
      {"(((((", ""},
      {"a@b (\\", "|a|b"},
      {"\"\\", "||"},
      {"x <a@[1.2", "x|a|[1.2"},
      {"<", "||"},
      {"a@", "|a|"},
      {"@", "||"},
      {"\\", "|\\|"},
      {":", "{ }"},
      {"<<a@b>>", "||"},
  };
  for (const auto& c : cases) {
    std::string exact(c.raw);
    exact.shrink_to_fit();
    EXPECT_EQ(show(exact), c.shown) << c.raw;
  }
  show(std::string(10'000, '(') + "a@b");
  EXPECT_EQ(show(std::string(10'000, '(') + std::string(10'000, ')') + "a@b").substr(0, 6), "|a|b");
}

TEST(MimeAddress, M05ListsAtTheLimitAndOnePast) {
  auto list = [](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s += "a@b,";
    return parse_addresses(s);
  };
  EXPECT_EQ(list(kMaxAddresses).items.size(), kMaxAddresses);
  EXPECT_FALSE(list(kMaxAddresses).truncated);
  EXPECT_EQ(list(kMaxAddresses + 1).items.size(), kMaxAddresses);
  EXPECT_TRUE(list(kMaxAddresses + 1).truncated);
  EXPECT_EQ(list(100'000).items.size(), kMaxAddresses);
  std::string group = "g:";
  for (int i = 0; i < 2000; ++i) group += "a@b,";
  auto g = parse_addresses(group + ";");
  EXPECT_EQ(g.items.size(), kMaxAddresses);
  EXPECT_EQ(g.items.back().kind, Address::Kind::group_end);
  EXPECT_TRUE(g.truncated);
}

TEST(MimeAddress, M05NamesAndOddGroups) {
  auto list = parse_addresses(std::string(1 << 20, 'n') + " <a@b>");
  ASSERT_EQ(list.items.size(), 1u);
  EXPECT_EQ(list.items[0].raw_name.size(), kMaxAddressName);
  EXPECT_TRUE(list.truncated);
  EXPECT_FALSE(parse_addresses(std::string(kMaxAddressName, 'n') + " <a@b>").truncated);
  EXPECT_EQ(show(";"), "");
  EXPECT_EQ(show("a:b:c;"), "{a } {b |c| }");
  EXPECT_EQ(show("a:b;:c;"), "{a |b| } { |c| }");
}

TEST(MimeAddress, M05PartsOfAnAddressAtTheLimitAndOnePast) {
  for (std::size_t over : {0, 1}) {
    std::string part(kMaxAddressPart + over, 'p');
    for (const auto& raw : {part + "@b", "a@" + part, "<" + part + "@b>", "<a@" + part + ">"}) {
      auto list = parse_addresses(raw);
      ASSERT_EQ(list.items.size(), 1u);
      EXPECT_EQ(list.items[0].local.size() + list.items[0].domain.size(), kMaxAddressPart + 1);
      EXPECT_EQ(list.truncated, over == 1);
    }
  }
}

TEST(MimeAddress, EmailQuotesTheLocalPart) {
  EXPECT_EQ(parse_address("\"\"@x")->email(), "\"\"@x");
  EXPECT_EQ(parse_address("\"a b\"@c")->email(), "\"a b\"@c");
  EXPECT_EQ(parse_address("\"a.b\"@c")->email(), "a.b@c");
  EXPECT_EQ(parse_address("\"a..b\"@c")->email(), "\"a..b\"@c");
  EXPECT_EQ(parse_address("\"a\\\"b\"@c")->email(), "\"a\\\"b\"@c");
  EXPECT_FALSE(parse_address("g:;").has_value());
}

TEST(MimeAddress, GroupedAndFlat) {
  auto list = parse_addresses(
      "\"James Smythe\" <james@example.com>, Friends: jane@example.com, "
      "=?UTF-8?Q?John_Sm=C3=AEth?= <john@example.com>;, x@y");
  auto g = grouped_addresses(list);
  ASSERT_EQ(g.size(), 3u);
  EXPECT_FALSE(g[0].name.has_value());
  EXPECT_EQ(*g[1].name, "Friends");
  EXPECT_EQ(g[1].addresses.size(), 2u);
  EXPECT_EQ(g[1].addresses[1].name(), "John Sm\xc3\xaeth");
  EXPECT_FALSE(g[2].name.has_value());
  EXPECT_EQ(flat_addresses(list).size(), 4u);
}

TEST(MimeAddress, Format) {
  EXPECT_EQ(format_address("", "a@b"), "a@b");
  EXPECT_EQ(format_address("Joe", "a@b"), "Joe <a@b>");
  EXPECT_EQ(format_address("Joe Q. Public", "a@b"), "\"Joe Q. Public\" <a@b>");
  EXPECT_EQ(format_address("a \"b\"", "a@b"), "\"a \\\"b\\\"\" <a@b>");
  EXPECT_EQ(format_address("J\xc3\xb6rg Example", "a@b"), "=?utf-8?Q?J=C3=B6rg_Example?= <a@b>");
  auto again = parse_address(format_address("x\r\nBcc: y", "a@b"));
  EXPECT_EQ(again->name(), "x  Bcc: y");
}

}  // namespace
