// Each limit of sieve/limits.h, at it and one past it.
#include "sieve_test.h"

namespace postern::sieve {
namespace {

std::string repeat(const std::string& s, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += s;
  return out;
}

std::string run_with(const std::string& script, const std::string& mail = kMail) {
  return run_text(script, mail);
}

TEST(SieveLimits, OfTexts) {
  std::string at = "keep;" + std::string(kMaxScript - 5, ' ');
  EXPECT_EQ(first_error(at), "");
  EXPECT_NE(first_error(at + " ").find("more than"), std::string::npos);
  auto string = [](std::size_t n) { return "require \"reject\";\nreject \"" + std::string(n, 'x') + "\";"; };
  EXPECT_EQ(first_error(string(kMaxString)), "");
  EXPECT_NE(first_error(string(kMaxString + 1)), "");
  auto pattern = [](std::size_t n) { return "if header :matches \"a\" \"" + std::string(n, 'x') + "\" {}"; };
  EXPECT_EQ(first_error(pattern(kMaxPattern)), "");
  EXPECT_NE(first_error(pattern(kMaxPattern + 1)), "");
  auto list = [](std::size_t n) { return "if header \"a\" [" + repeat("\"x\",", n - 1) + "\"x\"] {}"; };
  EXPECT_EQ(first_error(list(kMaxListItems)), "");
  EXPECT_NE(first_error(list(kMaxListItems + 1)), "");
  EXPECT_EQ(first_error(repeat("keep;", kMaxCommands)), "");
  EXPECT_NE(first_error(repeat("keep;", kMaxCommands + 1)), "");
}

TEST(SieveLimits, OfNesting) {
  auto blocks = [](std::size_t n) { return repeat("if true {", n) + repeat("}", n); };
  EXPECT_EQ(first_error(blocks(kMaxBlockNesting)), "");
  EXPECT_NE(first_error(blocks(kMaxBlockNesting + 1)), "");
  auto tests = [](std::size_t n) { return "if " + repeat("not ", n - 1) + "true {}"; };
  EXPECT_EQ(first_error(tests(kMaxTestNesting)), "");
  EXPECT_NE(first_error(tests(kMaxTestNesting + 1)), "");
  auto loops = [](std::size_t n) { return "require \"foreverypart\";" + repeat("foreverypart {", n) + repeat("}", n); };
  EXPECT_EQ(first_error(loops(kMaxLoopNesting)), "");
  EXPECT_NE(first_error(loops(kMaxLoopNesting + 1)), "");
}

TEST(SieveLimits, OfVariables) {
  auto variables = [](std::size_t n) {
    std::string s = "require \"variables\";";
    for (std::size_t i = 0; i < n; ++i) s += "set \"v" + std::to_string(i) + "\" \"x\";";
    return s;
  };
  EXPECT_EQ(first_error(variables(kMaxVariables)), "");
  EXPECT_NE(first_error(variables(kMaxVariables + 1)), "");
  auto length = [](std::size_t n) {
    return run_with("require \"variables\"; set \"a\" \"" + std::string(n, 'x') + "\"; set :length \"n\" \"${a}\"; if string \"${n}\" \"" +
                    std::to_string(kMaxVariable) + "\" { discard; }");
  };
  EXPECT_EQ(length(kMaxVariable), "discard");
  EXPECT_EQ(length(kMaxVariable + 1), "discard");  // cut
  EXPECT_EQ(length(kMaxVariable - 1), "implicit keep");
}

TEST(SieveLimits, OfFlags) {
  auto flags = [](std::size_t n) {
    std::string s = "require \"imap4flags\"; setflag [";
    for (std::size_t i = 0; i < n; ++i) s += (i ? ",\"f" : "\"f") + std::to_string(i) + "\"";
    return run_with(s + "]; discard;");
  };
  EXPECT_EQ(flags(kMaxFlags), "discard");
  EXPECT_NE(flags(kMaxFlags + 1).find("flags"), std::string::npos);
}

TEST(SieveLimits, OfActions) {
  auto stores = [](std::size_t n) {
    std::string s = "require \"fileinto\";";
    for (std::size_t i = 0; i < n; ++i) s += "fileinto \"m" + std::to_string(i) + "\";";
    return run_with(s);
  };
  EXPECT_EQ(stores(kMaxActions).find('!'), std::string::npos);
  EXPECT_NE(stores(kMaxActions + 1).find("total number of actions exceeds"), std::string::npos);
  auto redirects = [](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s += "redirect \"r" + std::to_string(i) + "@example.org\";";
    return run_with(s);
  };
  EXPECT_EQ(redirects(kMaxRedirects), "redirect r0@example.org");
  EXPECT_NE(redirects(kMaxRedirects + 1).find("redirect actions exceeds"), std::string::npos);
  auto notifications = [](std::size_t n) {
    std::string s = "require \"enotify\";";
    for (std::size_t i = 0; i < n; ++i) s += "notify \"mailto:r" + std::to_string(i) + "@example.org\";";
    return run_with(s);
  };
  EXPECT_EQ(notifications(kMaxOutgoing).find('!'), std::string::npos);
  EXPECT_NE(notifications(kMaxOutgoing + 1).find("messages to send exceeds"), std::string::npos);
  auto notified = [](std::size_t n, std::size_t most) {
    std::string s = "require \"enotify\";";
    for (std::size_t i = 0; i < n; ++i) s += "notify \"mailto:r" + std::to_string(i) + "@example.org\";";
    RunInput in = input(s);
    in.limits.outgoing = 100;
    in.limits.notifications = most;
    FakeHost host;
    return show(run(std::move(in), host));
  };
  EXPECT_EQ(Limits().notifications, kMaxNotifications);
  EXPECT_EQ(notified(kMaxNotifications, kMaxNotifications).find('!'), std::string::npos);
  EXPECT_NE(notified(kMaxNotifications + 1, kMaxNotifications).find("number of notify actions exceeds policy limit (10)"), std::string::npos);
  EXPECT_NE(notified(1, 0).find("local policy prohibits"), std::string::npos);
  CompileOptions none = everything();
  none.limits.notifications = 0;
  EXPECT_NE(first_error("require \"enotify\"; notify \"mailto:a@example.org\";", none).find("local policy prohibits"), std::string::npos);
  auto fields = [](std::size_t n) { return run_with("require \"editheader\";" + repeat("addheader \"X\" \"1\";", n)); };
  EXPECT_EQ(fields(kMaxAddedFields), "implicit keep*");
  EXPECT_NE(fields(kMaxAddedFields + 1).find("header fields added"), std::string::npos);
  auto reason = [](std::size_t n) { return run_with("require \"reject\"; reject \"" + std::string(n, 'x') + "\";"); };
  EXPECT_EQ(reason(kMaxReason).find('!'), std::string::npos);
  EXPECT_NE(reason(kMaxReason + 1).find("a reason of more"), std::string::npos);
}

TEST(SieveLimits, OfSteps) {
  // Each keep is a step, and so is the end.
  EXPECT_EQ(run_with(repeat("keep;", kMaxSteps - 1)), "keep");
  EXPECT_NE(run_with(repeat("keep;", kMaxSteps)).find("budget of steps"), std::string::npos);
}

TEST(SieveLimits, OfBudgets) {
  FakeHost host;
  std::string script = "require [\"body\", \"variables\"];\nif body :raw :contains \"zzz\" { discard; }\nset \"a\" \"${a}x\";";
  auto with = [&](auto set) {
    RunInput in = input(script, "Subject: x\r\n\r\n" + std::string(100'000, 'y'));
    set(in.limits);
    return show(run(std::move(in), host));
  };
  EXPECT_EQ(with([](Limits&) {}), "implicit keep");
  EXPECT_NE(with([](Limits& l) { l.match_work = 50'000; }).find("budget of comparing"), std::string::npos);
  EXPECT_NE(with([](Limits& l) { l.memory = 50'000; }).find("budget of memory"), std::string::npos);
  // Names times fields, and values times keys, are work, too.
  std::string names = "if header [" + repeat("\"a\",", 999) + "\"a\"] \"x\" { discard; }";
  RunInput wide = input(names, repeat("B: c\r\n", 2'000) + "\r\n");
  wide.limits.match_work = 1'999'999;
  EXPECT_NE(show(run(std::move(wide), host)).find("budget of comparing"), std::string::npos);
  // Time: no limit of milliseconds can be met by a test without a clock; 0 is met by none that works at all.
  RunInput in = input("require \"body\";" + repeat("if body :raw :contains \"zzz\" { discard; }", 400), "Subject: x\r\n\r\n" + std::string(200'000, 'y'));
  in.limits.run_ms = 0;
  EXPECT_NE(show(run(std::move(in), host)).find("budget of time"), std::string::npos);
  Limits defaults;
  EXPECT_EQ(defaults.match_work, kMaxMatchWork);
  EXPECT_EQ(defaults.memory, kMaxMemory);
  EXPECT_EQ(defaults.run_ms, kMaxRunMs);
}

TEST(SieveLimits, OfBodies) {
  auto found = [](std::size_t at, const char* transform) {
    std::string body(at, 'y');
    return run_with(std::string("require \"body\";\nif body ") + transform + " :contains \"z\" { discard; }", "Subject: x\r\n\r\n" + body + "z");
  };
  EXPECT_EQ(found(kMaxExtractedText - 1, ":text"), "discard");
  EXPECT_EQ(found(kMaxExtractedText, ":text"), "implicit keep");
  EXPECT_EQ(found(kMaxRawBody - 1, ":raw"), "discard");
  EXPECT_EQ(found(kMaxRawBody, ":raw"), "implicit keep");
}

TEST(SieveLimits, OfTraces) {
  FakeHost host;
  RunInput in = input(repeat("keep;", kMaxTrace + 10));
  in.limits.steps = 10 * kMaxTrace;
  in.trace = true;
  EXPECT_EQ(run(std::move(in), host).trace.size(), kMaxTrace);
}

}  // namespace
}  // namespace postern::sieve
