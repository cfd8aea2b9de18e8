// What the compiler refuses, and where it says the mistake is.
#include "sieve_test.h"

#include "sieve/strings.h"

namespace postern::sieve {
namespace {

TEST(SieveCompile, ErrorsNameLineColumnAndWhatWasExpected) {
  EXPECT_EQ(first_error("keep;\n  fielinto \"x\";"), "2:3: unknown command \"fielinto\"; expected \"fileinto\"");
  EXPECT_EQ(first_error("fileinto \"x\";"), "1:1: command \"fileinto\" is not required; expected `require \"fileinto\"`");
  EXPECT_EQ(first_error("kep;"), "1:1: unknown command \"kep\"; expected \"keep\"");
  EXPECT_EQ(first_error("if heder \"a\" \"b\" {}"), "1:4: unknown test \"heder\"; expected \"header\"");
  EXPECT_EQ(first_error("frobnicate;"), "1:1: unknown command \"frobnicate\"; expected a command");
  EXPECT_EQ(first_error("if header :contain \"a\" \"b\" {}"), "1:11: header has no \":contain\"; expected \":contains\"");
  EXPECT_EQ(first_error("if size :big 1 {}"), "1:9: size has no \":big\"; expected one of: :over :under");
  EXPECT_EQ(first_error("require \"fileino\";"), "1:9: unknown extension \"fileino\"; expected \"fileinto\"");
  EXPECT_EQ(first_error("keep\ndiscard;"), "2:1: missing \";\" after \"keep\"; expected \";\"");
  EXPECT_EQ(first_error("if header \"a\" 5 { keep; }"), "1:15: header: wrong argument 2; expected a string or a list of strings");
  EXPECT_EQ(first_error("if header :is :contains \"a\" \"b\" {}"), "1:15: \":contains\" comes after a tag that excludes it, or twice");
  EXPECT_EQ(first_error("if true { keep; "), "1:9: \"{\" without \"}\"; expected \"}\"");
  EXPECT_EQ(first_error("keep; }"), "1:7: \"}\" without \"{\"");
  EXPECT_EQ(first_error("require \"nonsense\";").substr(0, 37), "1:9: unknown extension \"nonsense\"; ex");
  EXPECT_EQ(first_error("keep;\nrequire \"fileinto\";"), "2:1: \"require\" stands after other commands");
  EXPECT_EQ(first_error("redirect \"no address\";"), "1:1: redirect: \"no address\" is no e-mail address");
  EXPECT_EQ(first_error("else { keep; }"), "1:1: \"else\" without \"if\"; expected a command");
  EXPECT_EQ(first_error("if keep { }"), "1:4: \"keep\" is a command; expected a test");
  EXPECT_EQ(first_error("/* open"), "1:1: a comment that doesn't end");
  EXPECT_EQ(first_error("keep \"open;"), "1:6: a string without its closing quote");
  EXPECT_EQ(first_error("if size 5 { }"), "1:4: size: says not what size; expected :over or :under");
  EXPECT_EQ(first_error("if address \"subject\" \"x\" {}"), "1:4: address: the field \"subject\" holds no addresses; expected a field such as \"from\"");
}

TEST(SieveCompile, GoesOnAfterAMistake) {
  auto c = compile("one;\ntwo \"x\";\nif three { }\nkeep;\nfour;", everything());
  ASSERT_FALSE(c);
  ASSERT_EQ(c.error().errors.size(), 4u);
  EXPECT_EQ(c.error().errors[3].line, 5u);
  std::string many;
  for (std::size_t i = 0; i < kMaxErrors + 5; ++i) many += "x;\n";
  EXPECT_EQ(compile(many, everything()).error().errors.size(), kMaxErrors);
}

TEST(SieveCompile, AcceptsWhatRfc5228Shows) {
  EXPECT_EQ(first_error("# comment\r\n/* a\r\n comment */ if size :over 100K { discard; }"), "");
  EXPECT_EQ(first_error("if NOT Header :IS [\"A\", \"b\"] \"x\" { STOP; }"), "");
  EXPECT_EQ(first_error("require [\"fileinto\", \"reject\"];\nreject text: # why\r\n..dot\r\n.\r\n;"), "");
  EXPECT_EQ(first_error(""), "");
  EXPECT_EQ(first_error("\xef\xbb\xbfkeep;"), "");
}

// V01
TEST(SieveCompile, HostileTexts) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "if true {";
  EXPECT_NE(first_error(deep).find("nested more than 15 deep"), std::string::npos);
  std::string tests = "if ";
  for (int i = 0; i < 1000; ++i) tests += "not ";
  EXPECT_NE(first_error(tests + "true {}").find("nested more than 15 deep"), std::string::npos);
  EXPECT_NE(first_error("if size :over 99999999999G { keep; }").find("1:15: a number that is too large"), std::string::npos);
  EXPECT_EQ(first_error("if size :over 4611686018427387904 { keep; }"), "");
  EXPECT_NE(first_error("if size :over 4611686018427387905 { keep; }"), "");
  EXPECT_NE(first_error(std::string("if header \"a\" \"b\0c\" {}", 22)).find("NUL"), std::string::npos);
  EXPECT_NE(first_error("keep \"\xff\";").find("UTF-8"), std::string::npos);
  EXPECT_NE(first_error("keep text:\r\nno end").find("closing"), std::string::npos);
  EXPECT_NE(first_error("if anyof () {}"), "");
  EXPECT_NE(first_error("if header [] \"x\" {}"), "");
}

// V08: what a vacation text holds is data.
TEST(SieveCompile, TextThatLooksLikeAScript) {
  auto p = program("require \"vacation\";\nvacation \"\\\";stop;\r\n.\r\n\";\nkeep;");
  ASSERT_TRUE(p);
  EXPECT_EQ(run_text("require \"vacation\";\nvacation text:\r\n\";stop;\r\n..\r\n.\r\n;\ndiscard;"), "vacation 604800; discard");
}

TEST(SieveCompile, MatchVariablesEnd) {
  std::string last = std::to_string(kMatchVariables - 1), past = std::to_string(kMatchVariables);
  EXPECT_EQ(first_error("require \"variables\";\nset \"a\" \"${" + last + "}\";"), "");
  EXPECT_NE(first_error("require \"variables\";\nset \"a\" \"${" + past + "}\";"), "");
}

TEST(SieveCompile, IhaveLetsTheUnknownPass) {
  EXPECT_EQ(first_error("require \"ihave\";\nif ihave \"x\" { magic :y \"z\"; }"), "");
  EXPECT_EQ(first_error("require \"ihave\";\nif ihave \"fileinto\" { fileinto \"x\"; }"), "");
  EXPECT_EQ(run_text("require \"ihave\";\nmagic;"), "implicit keep ! 2: unknown command \"magic\"");
}

TEST(SieveCompile, NotHereButThere) {
  CompileOptions imap = everything();
  imap.extensions = available(Place{false, true, false, false});
  EXPECT_NE(first_error("require \"vacation\";", imap), "");
  EXPECT_NE(first_error("require \"vnd.dovecot.pipe\";", imap), "");
  CompileOptions no_hook = everything();
  no_hook.notify = {};
  EXPECT_NE(first_error("require \"enotify\";\nnotify \"xmpp:a@example.com\";", no_hook), "");
}

}  // namespace
}  // namespace postern::sieve
