// Account names: one canonical key, or refused.
#include <gtest/gtest.h>

#include "auth/limits.h"
#include "auth/names.h"

namespace postern::auth {
namespace {

const NameRules kRules{"example.org"};

TEST(Names, SpellingsOfOneNameHaveOneKey) {
  struct {
    const char *text, *key;
  } kCases[] = {
      {"user@example.org", "user@example.org"},
      {"USER@Example.ORG", "user@example.org"},
      {"user", "user@example.org"},
      {"\"user\"@example.org", "user@example.org"},
      {"\"us\\er\"@example.org", "user@example.org"},
      {"first.last@example.org", "first.last@example.org"},
      {"o'brien_x=y@example.org", "o'brien_x=y@example.org"},
      // Full-width letters, composed and decomposed accents, sharp s, ligatures, capital umlauts.
      {"\xef\xbd\x95\xef\xbd\x93\xef\xbd\x85\xef\xbd\x92@example.org", "user@example.org"},
      {"caf\xc3\xa9@example.org", "caf\xc3\xa9@example.org"},
      {"CAFE\xcc\x81@example.org", "caf\xc3\xa9@example.org"},
      {"stra\xc3\x9f"
       "e@example.org",
       "strasse@example.org"},
      {"\xef\xac\x81x@example.org", "fix@example.org"},
      {"J\xc3\x9cRGEN@example.org", "j\xc3\xbcrgen@example.org"},
      {"\xce\xa3\xce\x91\xce\xa3@example.org", "\xcf\x83\xce\xb1\xcf\x83@example.org"},
      {"user@B\xc3\xbc"
       "cher.example",
       "user@xn--bcher-kva.example"},
      {"user@XN--BCHER-KVA.example", "user@xn--bcher-kva.example"},
      {"user@b\xc3\xbc"
       "cher.example",
       "user@xn--bcher-kva.example"},
      {"user@fa\xc3\x9f.de", "user@xn--fa-hia.de"},
      {"user@localhost", "user@localhost"},
      {"user@\xef\xbd\x85xample.org", "user@example.org"},
      {"user@example\xe3\x80\x82org", "user@example.org"},
  };
  for (auto& c : kCases) {
    auto r = canonical_name(c.text, kRules);
    ASSERT_TRUE(r) << c.text << ": " << r.error().what;
    EXPECT_EQ(*r, c.key) << c.text;
    EXPECT_EQ(canonical_name(*r, {}).value_or(""), *r) << "canonical form is stable";
  }
}

TEST(Names, RefusesWhatHasNoPlaceInAName) {
  const std::string kBad[] = {
      "",
      "@",
      "@example.org",
      "user@",
      "us%er@example.org",
      "us*er@example.org",
      "us(er@example.org",
      "us)er@example.org",
      "us/er@example.org",
      "../user@example.org",
      "us er@example.org",
      " user@example.org",
      "user@example.org ",
      "us\ner@example.org",
      "us\rer@example.org",
      "user\n",
      std::string("us\0er@example.org", 17),
      std::string("user\0", 5),
      std::string("user@exam\0ple.org", 17),
      "us\x7f"
      "er@example.org",
      "us..er@example.org",
      ".user@example.org",
      "user.@example.org",
      ".@example.org",
      "..@example.org",
      "a@b@example.org",
      "user,x@example.org",
      "<user@example.org>",
      "us\"er@example.org",
      "\"us er\"@example.org",
      "\"@example.org",
      "us\\er@example.org",
      "user@-example.org",
      "user@example-.org",
      "user@example..org",
      "user@.example.org",
      "user@example.org.",
      "user@exa_mple.org",
      "user@exa mple.org",
      "user@[127.0.0.1]",
      "user@*.example.org",
      "user@xn--.org",
      "user@xn--a.org",
      "us\xff"
      "er@example.org",
      "us\xc0\xaf"
      "er@example.org",
      "us\xed\xa0\x80"
      "er@example.org",
      "us\xe2\x80\x8b"
      "er@example.org",  // zero width space
      "us\xe2\x80\xae"
      "er@example.org",  // right-to-left override
      "us\xc2\xad"
      "er@example.org",  // soft hyphen, which folding would drop
      "us\xc2\x85"
      "er@example.org",  // C1 control
      "us\xe2\x80\xa8"
      "er@example.org",  // line separator
      "us\xc2\xa0"
      "er@example.org",  // no-break space
      "us\xee\x80\x80"
      "er@example.org",  // private use
      "us\xef\xbc\x85"
      "er@example.org",  // full-width %
      "us\xef\xbc\x8a"
      "er@example.org",  // full-width *
      "us\xef\xbc\x8f"
      "er@example.org",  // full-width /
      "us\xef\xbc\xa0"
      "er@example.org",  // full-width @
      "us\xef\xbc\x8e\xef\xbc\x8e"
      "er@example.org",  // full-width ..
      "user@exam\xe2\x80\xae"
      "ple.org",
      "user@exam\xef\xbc\x8fple.org",
      std::string(65536, 'a'),
      std::string(kMaxLocalPart + 1, 'a') + "@example.org",
      "user@" + std::string(64, 'a') + ".org",
      "user+detail@example.org",
      "user+@example.org",
      "+@example.org",
  };
  for (const std::string& s : kBad) {
    auto r = canonical_name(s, kRules);
    EXPECT_FALSE(r) << s.substr(0, 80) << " became " << *r;
    if (!r) EXPECT_EQ(r.error().code, "INVALID");
  }
  EXPECT_FALSE(canonical_name("user", {})) << "no domain anywhere";
  EXPECT_FALSE(canonical_name("user", {"not a domain", 0}));
}

TEST(Names, Limits) {
  EXPECT_TRUE(canonical_name(std::string(kMaxLocalPart, 'a') + "@example.org", {}));
  std::string label(61, 'a');
  std::string domain = label + "." + label + "." + label + "." + label + ".abcde";
  ASSERT_EQ(domain.size(), kMaxDomain);
  EXPECT_TRUE(canonical_domain(domain));
  EXPECT_FALSE(canonical_domain(domain + "f"));
  EXPECT_TRUE(parse_address("u+" + std::string(kMaxDetail, 'd') + "@example.org", {}));
  EXPECT_FALSE(parse_address("u+" + std::string(kMaxDetail + 1, 'd') + "@example.org", {}));
}

TEST(Names, DetailIsSplitAndKept) {
  auto a = parse_address("User+Some+Detail@example.org", {});
  ASSERT_TRUE(a);
  EXPECT_EQ(a->local, "user");
  EXPECT_EQ(a->detail, "Some+Detail");
  EXPECT_EQ(a->key(), "user@example.org");
  auto u = parse_address("user+Cafe\xcc\x81", kRules);
  ASSERT_TRUE(u);
  EXPECT_EQ(u->detail, "Caf\xc3\xa9");
  EXPECT_EQ(parse_address("user+@example.org", {})->detail, "");
  EXPECT_FALSE(parse_address("user+a\nb@example.org", {}));
  EXPECT_FALSE(parse_address("user+a\xff@example.org", {}));
}

TEST(Names, AnotherSeparatorLeavesNamesWhole) {
  const NameRules minus{"example.org", '-'}, none{"example.org", '\0'};
  for (const NameRules& r : {minus, none}) {
    EXPECT_EQ(canonical_name("mary-jane+x", r).value_or(""), "mary-jane+x@example.org");
    EXPECT_EQ(parse_address("mary-jane+x", r)->detail, "");
  }
}

}  // namespace
}  // namespace postern::auth
