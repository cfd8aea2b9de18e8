// THREAD's algorithms: small cases by hand, and large and hostile ones for their bounds.
#include <gtest/gtest.h>

#include <set>

#include "query/thread_key.h"
#include "query/threading.h"

namespace {

using namespace postern::query;

struct Given {
  std::string id, subject;
  std::vector<std::string> references;
  bool reply = false;
  std::int64_t sent = 0, received = 0;
};

// "(1 2 (3)(4))", dates rising where none are given.
std::string threads(ThreadAlgorithm algorithm, const std::vector<Given>& given) {
  ThreadIds ids;
  auto number = [&ids](const std::string& id) { return ids.number(std::hash<std::string>{}(id)); };
  std::vector<ThreadMessage> messages;
  std::int64_t n = 0;
  for (const Given& g : given) {
    ThreadMessage m{g.sent ? g.sent : ++n, g.received, g.subject, g.reply, -1, {}};
    if (!g.id.empty()) m.id = number(g.id);
    for (const auto& r : g.references) m.references.push_back(number(r));
    messages.push_back(std::move(m));
  }
  Forest f = thread_messages(algorithm, messages);
  auto put = [&f](auto& self, std::int32_t i) -> std::string {
    const auto& node = f.nodes[static_cast<std::size_t>(i)];
    std::string out = node.message < 0 ? "" : std::to_string(node.message + 1);
    for (auto c : node.children) {
      std::string child = self(self, c);
      if (node.children.size() > 1) {
        out += "(" + child + ")";
      } else {
        out += " " + child;
      }
    }
    return out;
  };
  std::string out;
  for (auto r : f.roots) out += "(" + put(put, r) + ")";
  return out;
}

TEST(Threading, Names) {
  EXPECT_EQ(find_algorithm("references"), ThreadAlgorithm::references);
  EXPECT_EQ(find_algorithm("REFS"), ThreadAlgorithm::refs);
  EXPECT_FALSE(find_algorithm("X"));
}

TEST(Threading, OrderedSubject) {
  EXPECT_EQ(threads(ThreadAlgorithm::ordered_subject,
                    {{"", "B"}, {"", "A"}, {"", "B", {}, true}, {"", "B", {}, true}, {"", "A", {}, true}}),
            "(1(3)(4))(2 5)");
  EXPECT_EQ(threads(ThreadAlgorithm::ordered_subject, {}), "");
  EXPECT_EQ(threads(ThreadAlgorithm::ordered_subject, {{"", "A", {}, false, 9}, {"", "B", {}, false, 5}}), "(2)(1)");
}

TEST(Threading, References) {
  auto refs = [](const std::vector<Given>& g) { return threads(ThreadAlgorithm::references, g); };
  EXPECT_EQ(refs({{"a", ""}, {"b", "", {"a"}}, {"c", "", {"a", "b"}}, {"d", "", {"a"}}}), "(1(2 3)(4))");
  // A message that is missing holds its children together, at the top only.
  EXPECT_EQ(refs({{"b", "", {"a"}}, {"c", "", {"a"}}}), "((1)(2))");
  EXPECT_EQ(refs({{"b", "", {"a"}}}), "(1)");
  EXPECT_EQ(refs({{"r", ""}, {"b", "", {"r", "x"}}, {"c", "", {"r", "x"}}}), "(1(2)(3))");
  // The same id twice: the second is a message of its own.
  EXPECT_EQ(refs({{"a", ""}, {"a", ""}, {"b", "", {"a"}}}), "(1 3)(2)");
  // No loops.
  EXPECT_EQ(refs({{"a", "", {"b"}}, {"b", "", {"a"}}}), "(2 1)");
  EXPECT_EQ(refs({{"a", "", {"a"}}}), "(1)");
  // A shortened References field is corrected by the last reference.
  EXPECT_EQ(refs({{"a", ""}, {"b", "", {"a"}}, {"c", "", {"a", "b"}}, {"d", "", {"a", "c"}}}), "(1 2 3 4)");
}

TEST(Threading, SubjectsJoinThreads) {
  auto refs = [](const std::vector<Given>& g) { return threads(ThreadAlgorithm::references, g); };
  EXPECT_EQ(refs({{"a", "S"}, {"b", "S", {}, true}}), "(1 2)");
  EXPECT_EQ(refs({{"a", "S", {}, true}, {"b", "S"}}), "(2 1)");
  EXPECT_EQ(refs({{"a", "S"}, {"b", "S"}}), "((1)(2))");
  EXPECT_EQ(refs({{"a", "S"}, {"b", "S"}, {"c", "S"}}), "((1)(2)(3))");
  EXPECT_EQ(refs({{"a", "S", {}, true}, {"b", "S", {}, true}, {"c", "T"}}), "((1)(2))(3)");
  EXPECT_EQ(refs({{"a", ""}, {"b", ""}}), "(1)(2)");
  // Two dummies become one.
  EXPECT_EQ(refs({{"a", "S", {"x"}}, {"b", "S", {"x"}}, {"c", "S", {"y"}}, {"d", "S", {"y"}}}), "((1)(2)(3)(4))");
  // REFS does without.
  EXPECT_EQ(threads(ThreadAlgorithm::refs, {{"a", "S"}, {"b", "S", {}, true}}), "(1)(2)");
}

TEST(Threading, RefsComeByLatestArrival) {
  EXPECT_EQ(threads(ThreadAlgorithm::refs,
                    {{"a", "", {}, false, 0, 10}, {"b", "", {}, false, 0, 20}, {"c", "", {"a"}, false, 0, 30}}),
            "(2)(1 3)");
}

std::size_t reached(const Forest& f) {
  std::vector<std::int32_t> order = f.roots;
  std::set<std::int32_t> messages;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& n = f.nodes[static_cast<std::size_t>(order[i])];
    if (n.message >= 0) EXPECT_TRUE(messages.insert(n.message).second);
    order.insert(order.end(), n.children.begin(), n.children.end());
  }
  return messages.size();
}

// Whatever the references are, every message is in the answer once.
TEST(Threading, RandomReferences) {
  std::uint32_t seed = 1;
  auto random = [&seed](std::uint32_t n) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<ThreadMessage> messages(1 + random(30));
    for (auto& m : messages) {
      m.sent = random(10);
      m.received = random(10);
      m.subject = random(3) ? std::string(1, static_cast<char>('A' + random(4))) : "";
      m.is_reply = random(2);
      m.id = random(4) ? static_cast<std::int32_t>(random(30)) : -1;
      for (std::uint32_t i = random(5); i > 0; --i) m.references.push_back(static_cast<std::int32_t>(random(40)));
    }
    for (auto a : {ThreadAlgorithm::ordered_subject, ThreadAlgorithm::references, ThreadAlgorithm::refs})
      ASSERT_EQ(reached(thread_messages(a, messages)), messages.size()) << round;
  }
}

// A chain of 50,000 messages, each the answer to the one before, in both orders: neither time nor stack grows with it.
TEST(Threading, LongChains) {
  for (bool backwards : {false, true}) {
    std::vector<ThreadMessage> messages(50'000);
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(messages.size()); ++i) {
      std::int32_t id = backwards ? static_cast<std::int32_t>(messages.size()) - i : i;
      messages[static_cast<std::size_t>(i)].id = id;
      if (id > 0) messages[static_cast<std::size_t>(i)].references = {id - 1};
    }
    EXPECT_EQ(reached(thread_messages(ThreadAlgorithm::references, messages)), messages.size());
  }
}

// Fans that hang on the end of a chain and are referred to again and again: the search for loops gives up.
TEST(Threading, LoopsAreLookedForWithinABudget) {
  std::vector<ThreadMessage> messages(20'000);
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(messages.size()); ++i) {
    auto& m = messages[static_cast<std::size_t>(i)];
    m.id = i;
    if (i > 0) m.references = {i - 1};
    for (std::int32_t k = 0; i > 1000 && k < 20; ++k) m.references.push_back((i * 7919 + k * 104729) % i);
  }
  EXPECT_EQ(reached(thread_messages(ThreadAlgorithm::references, messages)), messages.size());
}

}  // namespace
