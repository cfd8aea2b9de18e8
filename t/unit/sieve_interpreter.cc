// The machine: questions, the stack, includes, errors, what is kept.
#include "sieve_test.h"

namespace postern::sieve {
namespace {

TEST(SieveInterpreter, StopsWithAQuestionAndGoesOn) {
  Interpreter i(input("require [\"mailbox\", \"fileinto\"];\nif mailboxexists \"A\" { fileinto \"A\"; }"));
  const Question* q = i.step();
  ASSERT_TRUE(q);
  EXPECT_EQ(q->kind, Question::Kind::mailbox_exists);
  EXPECT_EQ(q->values, std::vector<std::string>{"A"});
  EXPECT_EQ(q->line, 2u);
  Answer a;
  a.yes = true;
  i.resume(a);
  EXPECT_EQ(i.step(), nullptr);
  EXPECT_EQ(show(i.take()), "fileinto A");
}

TEST(SieveInterpreter, SeveralQuestionsOfOneInstruction) {
  FakeHost host;
  Outcome o = run(input("require \"mboxmetadata\";\nif metadataexists \"INBOX\" [\"/private/comment\", \"/private/other\"] { discard; }"), host);
  EXPECT_EQ(host.asked.size(), 2u);
  EXPECT_EQ(show(o), "implicit keep");
}

TEST(SieveInterpreter, NoAnswerKeepsTheMessage) {
  FakeHost host;
  host.fails = true;
  Outcome o = run(input("require [\"duplicate\", \"fileinto\"];\nfileinto \"A\";\nif duplicate { discard; }"), host);
  ASSERT_EQ(o.errors.size(), 1u);
  EXPECT_EQ(o.errors[0].kind, RunError::Kind::temporary);
  EXPECT_EQ(show(o), "implicit keep ! 3: the store is away");
  EXPECT_TRUE(o.seen.empty());
}

// V06
TEST(SieveInterpreter, AnErrorTakesTheScriptBack) {
  EXPECT_EQ(run_text("require [\"fileinto\", \"imap4flags\", \"editheader\", \"ihave\", \"duplicate\"];\nsetflag \"\\\\Seen\";\n"
                     "addheader \"X\" \"1\";\nif not duplicate { keep; }\nfileinto \"A\";\nerror \"late\";"),
            "implicit keep ! 6: late");
}

TEST(SieveInterpreter, TheStack) {
  FakeHost host;
  host.options = everything();
  auto stack = [&](std::vector<std::string> scripts) {
    RunInput in = input("keep;");
    in.scripts.clear();
    for (auto& s : scripts) in.scripts.push_back({std::to_string(in.scripts.size()), program(s), false});
    return show(run(std::move(in), host));
  };
  EXPECT_EQ(stack({}), "implicit keep");
  EXPECT_EQ(stack({"", ""}), "implicit keep");
  EXPECT_EQ(stack({"keep;", "discard;"}), "discard");
  EXPECT_EQ(stack({"require \"fileinto\"; fileinto \"A\";", "discard;"}), "fileinto A");
  EXPECT_EQ(stack({"require [\"fileinto\", \"copy\"]; fileinto :copy \"A\";", "discard;"}), "fileinto A; discard");
  EXPECT_EQ(stack({"stop;", "discard;"}), "discard");
  EXPECT_EQ(stack({"require \"imap4flags\"; addflag \"a\";", "require \"imap4flags\"; addflag \"b\";"}), "implicit keep {a b}");
  // What the admin's script did stays when the user's fails, and so does its message.
  EXPECT_EQ(stack({"require [\"editheader\", \"fileinto\", \"copy\"]; addheader \"X\" \"1\"; fileinto :copy \"A\";",
                   "require [\"editheader\", \"ihave\"]; addheader \"Y\" \"1\"; error \"e\";", "discard;"}),
            "fileinto A*; implicit keep* ! 1: e");
}

// V03
TEST(SieveInterpreter, Includes) {
  FakeHost host;
  host.options = everything();
  host.scripts["self"] = "require \"include\"; include \"self\";";
  host.scripts["broken"] = "nonsense";
  for (int i = 0; i < 300; ++i) host.scripts["s" + std::to_string(i)] = "";
  auto go = [&](const std::string& s) { return show(run(input("require [\"include\", \"variables\"];\n" + s), host)); };
  EXPECT_EQ(go("include \"self\";"), "implicit keep ! 1: script \"self\" includes itself");
  EXPECT_NE(go("include \"broken\";").find("the script \"broken\" does not compile"), std::string::npos);
  EXPECT_EQ(go("set \"n\" \"../x\"; include \"${n}\";"), "implicit keep ! 2: \"../x\" is no script's name");
  std::string many;
  for (std::size_t i = 0; i < kMaxIncludes; ++i) many += "include \"s" + std::to_string(i) + "\";";
  EXPECT_EQ(go(many), "implicit keep");
  EXPECT_EQ(go(many + "include \"s256\";"), "implicit keep ! 2: more than 64 scripts included");
  std::string chain;
  for (std::size_t i = 1; i <= kMaxIncludeNesting + 1; ++i)
    host.scripts["deep" + std::to_string(i)] = "require \"include\"; include \"deep" + std::to_string(i + 1) + "\";";
  host.scripts["deep" + std::to_string(kMaxIncludeNesting)] = "discard;";
  EXPECT_EQ(go("include \"deep1\";"), "discard");
  host.scripts["deep" + std::to_string(kMaxIncludeNesting)] = "require \"include\"; include \"deep4\";";
  EXPECT_EQ(go("include \"deep1\";"), "implicit keep ! 1: scripts included more than 3 deep");
}

// V03
TEST(SieveInterpreter, VariablesThatGrow) {
  std::string script = "require \"variables\";\nset \"a\" \"0123456789\";\n";
  for (int i = 0; i < 30; ++i) script += "set \"a\" \"${a}${a}\";\n";
  script += "set :length \"n\" \"${a}\";\nif string \"${n}\" \"" + std::to_string(kMaxVariable) + "\" { discard; }";
  EXPECT_EQ(run_text(script), "discard");
}

// V04
TEST(SieveInterpreter, RedirectsThatComeBack) {
  EXPECT_EQ(run_text("redirect \"bob@example.com\";"), "implicit keep");
  EXPECT_EQ(run_text("redirect \"BOB+work@example.com\";"), "implicit keep");
  std::string mail = std::string("X-Sieve-Redirected-From: bob@example.com\r\n") + kMail;
  EXPECT_EQ(run_text("redirect \"x@example.org\";", mail), "implicit keep");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "redirect \"r" + std::to_string(i) + "@example.org\";\n";
  EXPECT_EQ(run_text(many), "implicit keep ! 2: number of redirect actions exceeds policy limit (1)");
  EXPECT_EQ(run_text("redirect \"x@example.org\"; redirect \"x@example.org\";"), "redirect x@example.org");
}

// V05
TEST(SieveInterpreter, HostileNames) {
  auto with = [](const std::string& s) { return run_text("require [\"variables\", \"fileinto\", \"editheader\", \"encoded-character\"];\n" + s); };
  EXPECT_EQ(with("set \"n\" \"a${hex:0a}b\"; fileinto \"${n}\";"), "implicit keep ! 2: \"a\\x0ab\" is an invalid folder name");
  EXPECT_EQ(with("set \"n\" \"\"; fileinto \"${n}\";"), "implicit keep ! 2: \"\" is an invalid folder name");
  EXPECT_EQ(with("addheader \"X\" \"a${hex:0d 0a}Bcc: x\";").substr(0, 30), "implicit keep ! 2: a header fi");
  EXPECT_EQ(with("deleteheader \"Received\";"), "implicit keep");
  EXPECT_EQ(with("deleteheader \"Subject\";"), "implicit keep*");
}

// What others are to carry is UTF-8 without NUL: names that are not are the script's error, text for people is mended.
TEST(SieveInterpreter, OctetsThatAreNoText) {
  auto with = [](const std::string& s) {
    return run_text("require [\"variables\", \"encoded-character\", \"fileinto\", \"mailbox\", \"mailboxid\", \"special-use\", \"copy\",\n"
                    "\"reject\", \"vacation\", \"enotify\", \"editheader\", \"imap4flags\", \"envelope\", \"redirect-dsn\", \"redirect-deliverby\",\n"
                    "\"extlists\", \"include\", \"environment\", \"mboxmetadata\", \"servermetadata\", \"fcc\", \"ihave\", \"duplicate\", \"convert\",\n"
                    "\"foreverypart\", \"replace\", \"enclose\", \"regex\", \"vnd.dovecot.pipe\", \"vnd.dovecot.filter\", \"vnd.dovecot.execute\",\n"
                    "\"vnd.dovecot.report\", \"vnd.dovecot.debug\"]; set \"x\" \"a${hex:ff}\"; set \"z\" \"a${hex:0}\";\n" + s);
  };
  std::string no_text = "\"a\\xff\" is no UTF-8 text, or has a NUL in it";
  for (const char* of_a_name : {
           "notify \"xmpp:${x}\";", "notify :from \"${x}\" \"xmpp:x\";", "notify :options [\"b=c\", \"${x}\"] \"xmpp:x\";",
           "notify :importance \"${x}\" \"xmpp:x\";", "pipe \"p\" [\"b\", \"${x}\"];", "filter \"p\" [\"${x}\"];",
           "execute \"p\" [\"${x}\"];", "vacation :from \"${x}\" \"gone\";", "report \"${x}\" \"text\" \"a@example.org\";",
           "redirect :notify \"${x}\" \"a@example.org\";", "redirect :ret \"${x}\" \"a@example.org\";",
           "redirect :bytimerelative 9 :bymode \"${x}\" \"a@example.org\";", "redirect :bytimeabsolute \"${x}\" \"a@example.org\";",
           "convert \"${x}\" \"image/jpeg\" [\"b\"];", "convert \"image/tiff\" \"${x}\" [\"b\"];",
           "convert \"image/tiff\" \"image/jpeg\" [\"${x}\"];", "replace :from \"${x}\" \"text\";"}) {
    std::string out = with(of_a_name);
    EXPECT_EQ(out.find("implicit keep ! 6: \""), 0u) << of_a_name << out;
    EXPECT_NE(out.find(no_text.substr(1)), std::string::npos) << of_a_name << out;
  }
  for (const char* bad : {"${x}", "${z}"}) {
    std::string b = bad, shown = b == "${x}" ? "a\\xff" : "a\\x00", mended = "a\xef\xbf\xbd";
    EXPECT_EQ(with("fileinto \"" + b + "\";"), "implicit keep ! 6: \"" + shown + "\" is an invalid folder name");
    EXPECT_EQ(with("fileinto :mailboxid \"" + b + "\" \"A\";"), "fileinto A");
    EXPECT_EQ(with("fileinto :specialuse \"" + b + "\" \"A\";"), "implicit keep ! 6: \"" + shown + "\" is no special-use attribute");
    EXPECT_EQ(with("fileinto :flags \"b " + b + " c\" \"A\";"), "fileinto A {b c}");
    EXPECT_EQ(with("addflag \"" + b + "\"; addflag \"v\" \"" + b + "\"; keep;"), "keep");
    EXPECT_EQ(with("redirect \"" + b + "@example.org\";"), "implicit keep ! 6: \"" + shown + "@example.org\" is no e-mail address");
    EXPECT_EQ(with("redirect \"a@" + b + ".example.org\";"), "implicit keep ! 6: \"a@" + shown + ".example.org\" is no e-mail address");
    EXPECT_EQ(with("redirect :list \":" + b + "\";"), "implicit keep ! 6: \":" + shown + "\" is no list");
    EXPECT_EQ(with("include \"" + b + "\";"), "implicit keep ! 6: \"" + shown + "\" is no script's name");
    EXPECT_EQ(with("vacation :fcc \"" + b + "\" \"gone\";").substr(0, 22), "implicit keep ! 6: \"" + shown.substr(0, 2));
    EXPECT_EQ(with("reject \"" + b + "\";"), "reject " + mended);
    EXPECT_EQ(with("notify :message \"" + b + "\" \"xmpp:x\";"), "notify xmpp:x " + mended + "; implicit keep");
    EXPECT_EQ(with("notify \"mailto:" + b + "@example.org\";").substr(0, 20), "implicit keep ! 6: \"");
    EXPECT_EQ(with("error \"" + b + "\";"), "implicit keep ! 6: " + mended);
    EXPECT_EQ(with("addheader \"X-A\" \"" + b + "\"; if header \"x-a\" \"a${unicode:fffd}\" { discard; }"), "discard*");
    EXPECT_EQ(with("addheader \"X-" + b + "\" \"v\";"), "implicit keep ! 6: \"X-" + shown + "\" is no header field's name");
    EXPECT_EQ(with("vacation :subject \"" + b + "\" \"" + b + "\"; vacation :mime \"\";").substr(0, 18), "implicit keep ! 6:");  // twice
    EXPECT_EQ(with("report \"abuse\" \"" + b + "\" \"a@example.org\";"), "report abuse; implicit keep");
    EXPECT_EQ(with("enclose :subject \"" + b + "\" \"" + b + "\"; replace :subject \"" + b + "\" \"" + b + "\";"), "implicit keep*");
    EXPECT_EQ(with("execute :input \"" + b + "\" \"p\";"), "implicit keep");
    EXPECT_EQ(with("debug_log \"" + b + "\";"), "implicit keep");
    // Tests are false, and nobody is asked about what can't be.
    for (std::string test : {"mailboxexists \"?\"", "mailboxidexists \"?\"", "specialuse_exists \"?\"", "metadataexists \"?\" \"/private/comment\"",
                             "metadataexists \"INBOX\" \"?\"", "metadata :contains \"INBOX\" \"?\" \"\"", "servermetadata :contains \"?\" \"\"",
                             "servermetadataexists \"?\"", "valid_ext_list \":?\"", "valid_notify_method \"xmpp:?\"", "environment :contains \"?\" \"\"",
                             "notify_method_capability \"xmpp:?\" \"online\" \"yes\"", "header :contains \"?\" \"\"", "exists \"?\"",
                             "envelope :contains \"?\" \"\"", "hasflag \"?\""}) {
      test.replace(test.find('?'), 1, b);
      std::string out = with("if " + test + " { discard; }");
      EXPECT_TRUE(out == "implicit keep" || out.starts_with("implicit keep ! 6: ")) << test << out;
    }
  }
  EXPECT_EQ(with("notify \"mailto:a@example.org?subject=%ff%00&body=%ff%00&x-a=%ff%00\";"), "notify mailto:a@example.org?subject=%ff%00&body=%ff%00&x-a=%ff%00 Offer 17: cheap; implicit keep");
  // Octets are compared as octets, and found in what came with them.
  EXPECT_EQ(with("if string :comparator \"i;octet\" :contains \"b${x}c\" \"${hex:ff}\" { discard; }"), "discard");
  EXPECT_EQ(with("if string :comparator \"i;octet\" :regex \"${x}\" \"^a${hex:f0}*[${hex:fe ff}]$\" { discard; }"), "discard");
  EXPECT_EQ(with("if string :matches \"${z}b\" \"?${hex:0}?\" { discard; }"), "discard");
  EXPECT_EQ(with("set :length \"n\" \"${z}\"; if string \"${n}\" \"2\" { discard; }"), "discard");
}

// A copy of what goes by another way is written to the user, whatever the address consists of.
TEST(SieveInterpreter, OddOwnAddress) {
  FakeHost host;
  RunInput in = input("require [\"enotify\", \"fcc\"];\nnotify :fcc \"A\" \"xmpp:x\";");
  in.user_address = "a=b&c%d?e@example.com";
  Outcome o = run(std::move(in), host);
  ASSERT_EQ(show(o), "notify xmpp:x Offer 17: cheap; implicit keep");
  EXPECT_NE(std::get<Notify>(o.actions[0].what).mail->text.find("\r\nTo: a=b&c%d?e@example.com\r\n"), std::string::npos);
}

// A test may cut a character in two, too.
TEST(SieveInterpreter, HalfACharacter) {
  EXPECT_EQ(run_text("require [\"variables\", \"fileinto\"];\nif header :matches :comparator \"i;octet\" \"subject\" \"?*\" { fileinto \"${1}\"; }",
                     "Subject: \xc3\xa9t\xc3\xa9\r\n\r\n"),
            "implicit keep ! 2: \"\\xc3\" is an invalid folder name");
}

TEST(SieveInterpreter, MailboxNamesFromHostileMessages) {
  std::string mail = "Subject: \xff\xfe/../x\r\n\r\n";
  std::string out = run_text("require [\"variables\", \"fileinto\"];\nif header :matches \"subject\" \"*\" { fileinto \"${1}\"; }", mail);
  EXPECT_EQ(out.find("fileinto"), 0u) << out;  // decoded to UTF-8 first
}

TEST(SieveInterpreter, OddMessages) {
  for (const char* mail : {"", "\r\n", "\n", "no header at all", "Subject: x", "Subject: x\r\n", ": \r\n\r\n", "\r\n\r\nSubject: x\r\n"}) {
    SCOPED_TRACE(mail);
    EXPECT_EQ(run_text("require [\"editheader\", \"body\", \"foreverypart\", \"mime\"];\naddheader \"X-A\" \"1\";\nforeverypart { if exists :mime \"x-a\" { keep; } }\n"
                       "if body :raw :contains \"zzz\" { discard; }", mail),
              "keep*");
  }
}

TEST(SieveInterpreter, EditedHeaderIsWhole) {
  FakeHost host;
  Outcome o = run(input("require \"editheader\";\naddheader \"X-A\" \"1\"; addheader :last \"X-B\" \"2\"; deleteheader \"To\";",
                        "From: a\r\nTo: b\r\n folded\r\nSubject: s\r\n\r\nbody\r\n"), host);
  ASSERT_EQ(o.actions.size(), 1u);
  EXPECT_EQ(o.versions[o.actions[0].version].bytes().value(), "X-A: 1\r\nFrom: a\r\nSubject: s\r\nX-B: 2\r\n\r\nbody\r\n");
  EXPECT_EQ(o.versions[0].bytes().value(), "From: a\r\nTo: b\r\n folded\r\nSubject: s\r\n\r\nbody\r\n");
}

TEST(SieveInterpreter, UnderImapEvents) {
  FakeHost host;
  RunInput in = input("require [\"imap4flags\", \"editheader\"];\naddheader \"X\" \"1\"; addflag \"$y\";");
  in.imap_event = true;
  in.flags = {"\\Seen"};
  EXPECT_EQ(show(run(std::move(in), host)), "stay {\\Seen $y}");
  in = input("require \"envelope\";\nif envelope \"from\" \"x\" { }");
  in.imap_event = true;
  EXPECT_NE(show(run(std::move(in), host)).find("! 2: an envelope test"), std::string::npos);
}

TEST(SieveInterpreter, DuplicateMarks) {
  FakeHost host;
  host.seen = false;
  auto marks = [&](const std::string& s) { return run(input("require \"duplicate\";\nif duplicate " + s + " { discard; }"), host).seen; };
  ASSERT_EQ(marks("").size(), 1u);
  EXPECT_EQ(marks("")[0].seconds, kDuplicateSeconds);
  EXPECT_EQ(marks(":seconds 5")[0].seconds, 5u);
  EXPECT_EQ(marks(":seconds 100M")[0].seconds, kDuplicateMaxSeconds);
  EXPECT_EQ(marks(":seconds 0").size(), 0u);
  EXPECT_LE(marks(":uniqueid \"x\"")[0].handle.size(), 64u);
  host.seen = true;
  EXPECT_EQ(marks("").size(), 0u);
  EXPECT_EQ(marks(":last").size(), 1u);
}

TEST(SieveInterpreter, VacationPeriods) {
  FakeHost host;
  auto seconds = [&](const std::string& s, std::uint64_t least = kVacationMinDays * 86'400) {
    RunInput in = input("require \"vacation-seconds\";\nvacation " + s + " \"away\";");
    in.limits.vacation_min_seconds = least;
    Outcome o = run(std::move(in), host);
    return std::get<Vacation>(o.actions[0].what).seconds;
  };
  constexpr std::uint64_t kDay = 86'400;
  EXPECT_EQ(seconds(""), kVacationDays * kDay);
  EXPECT_EQ(seconds(":days 0"), kVacationMinDays * kDay);
  EXPECT_EQ(seconds(":days 30"), kVacationMaxDays * kDay);
  EXPECT_EQ(seconds(":days 31"), kVacationMaxDays * kDay);
  EXPECT_EQ(seconds(":days 4G"), kVacationMaxDays * kDay);
  EXPECT_EQ(seconds(":seconds 60"), kVacationMinDays * kDay);
  EXPECT_EQ(seconds(":seconds 60", 60), 60u);
  EXPECT_EQ(seconds(":seconds 0", 0), 0u);
}

TEST(SieveInterpreter, VacationHandles) {
  FakeHost host;
  auto handle = [&](const std::string& s, const std::string& from = "ann@example.net") {
    RunInput in = input("require \"vacation\";\nvacation " + s + ";");
    in.envelope.from = from;
    return std::get<Vacation>(run(std::move(in), host).actions[0].what).handle;
  };
  EXPECT_EQ(handle("\"a\""), handle("\"a\""));
  EXPECT_NE(handle("\"a\""), handle("\"b\""));
  EXPECT_NE(handle("\"a\""), handle("\"a\"", "other@example.net"));
  EXPECT_EQ(handle("\"a\"", "ANN@example.net"), handle("\"a\""));
  EXPECT_NE(handle(":subject \"s\" \"a\""), handle("\"a\""));
  EXPECT_EQ(handle(":handle \"h\" \"a\""), handle(":handle \"h\" \"b\""));
  EXPECT_LE(handle("\"a\"").size(), 64u);
}

// sieved begins runs with little, and gives what has a question all that it may use.
TEST(SieveInterpreter, LittleAtFirstAndMoreLater) {
  FakeHost host;
  std::string steps;
  for (int i = 0; i < 50; ++i) steps += "if header \"subject\" \"x\" { stop; }\n";
  std::string script = "require [\"mailbox\"];\nif mailboxexists \"There\" { }\n" + steps + "discard;";
  auto little = [&](const std::string& text) {
    RunInput in = input(text);
    in.limits.steps = 20;
    return in;
  };
  Interpreter short_of(little(steps + "discard;"));
  EXPECT_EQ(short_of.step(), nullptr);
  Outcome spent = short_of.take();
  ASSERT_EQ(spent.errors.size(), 1u);
  EXPECT_EQ(spent.errors[0].kind, RunError::Kind::limit);
  Interpreter widened(little(script));
  const Question* q = widened.step();
  ASSERT_NE(q, nullptr);
  widened.widen(Limits());
  widened.resume(host.answer(*q));
  EXPECT_EQ(widened.step(), nullptr);
  Outcome done = widened.take();
  EXPECT_EQ(show(done), "discard");
  EXPECT_EQ(done.steps, run(input(script), host).steps) << "steps are counted as if there had been all from the beginning";
}

// What a script of the stack keeps is kept with its flags by the next that says nothing, and INBOX is no other place.
TEST(SieveInterpreter, AKeepGoesDownTheStack) {
  FakeHost host;
  auto stack = [&](const std::string& first, const std::string& second) {
    RunInput in = input(first);
    in.scripts.push_back({"after", program(second), true});
    return show(run(std::move(in), host));
  };
  const std::string quiet = "if header \"x-none\" \"x\" { discard; }";
  EXPECT_EQ(stack("require \"imap4flags\"; keep :flags \"\\\\Seen\";", quiet), "implicit keep {\\Seen}");
  EXPECT_EQ(stack("require [\"imap4flags\", \"fileinto\"]; fileinto :flags \"$x\" \"Inbox\";", quiet), "implicit keep {$x}");
  EXPECT_EQ(stack("require \"imap4flags\"; keep :flags \"$x\";", "require \"imap4flags\"; addflag \"$y\";"), "implicit keep {$y}");
  EXPECT_EQ(stack("keep;", "require \"fileinto\"; fileinto \"A\";"), "fileinto A");
  EXPECT_EQ(stack("require \"fileinto\"; fileinto \"A\";", "discard;"), "fileinto A");
  EXPECT_EQ(stack("require [\"fileinto\", \"copy\"]; fileinto :copy \"A\";", "require \"reject\"; reject \"no\";"), "fileinto A; implicit keep");
}

TEST(SieveInterpreter, Trace) {
  FakeHost host;
  RunInput in = input("require \"fileinto\";\nif header :contains \"subject\" [\"offer\", \"sale\"] {\n  fileinto \"A\";\n}");
  in.trace = true;
  Outcome o = run(std::move(in), host);
  ASSERT_EQ(o.trace.size(), 2u);
  EXPECT_EQ(o.trace[0].line, 2u);
  EXPECT_EQ(o.trace[0].what, "header :contains \"subject\" [\"offer\", \"sale\"]");
  EXPECT_EQ(o.trace[0].result, "true");
  EXPECT_EQ(o.trace[1].what, "fileinto \"A\"");
  EXPECT_EQ(o.trace[1].line, 3u);
}

}  // namespace
}  // namespace postern::sieve
