// REFERENCES and REFS over random, hostile references, compared with an evaluator that follows RFC 5256 3 step by step, with
// pointers and recursion, and for REFS draft-ietf-morg-inthread: the same links, no subjects, threads by their latest arrival.
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <random>

#include "query/threading.h"

namespace {

using namespace postern::query;

struct Node {
  int message = -1;  // -1: a dummy
  Node* parent = nullptr;
  std::vector<Node*> children;
};

class Obvious {
 public:
  explicit Obvious(const std::vector<ThreadMessage>& messages) : messages_(messages) {}

  std::string run(ThreadAlgorithm algorithm) {
    link();
    for (Node& n : all_)
      if (!n.parent) top_.push_back(&n);
    top_ = pruned(top_, true);
    for (Node* n : top_) n->parent = nullptr;
    sort_by_date(top_);
    if (algorithm == ThreadAlgorithm::refs) {
      // Those that are equal stay as they are.
      std::multimap<std::int64_t, Node*> by_arrival;
      for (Node* n : top_) by_arrival.emplace(latest(n), n);
      top_.clear();
      for (auto& [when, n] : by_arrival) top_.push_back(n);
    } else {
      merge();
      sort_by_date(top_);
    }
    std::string out;
    for (Node* n : top_) out += "(" + written(n) + ")";
    return out;
  }

 private:
  Node* fresh(int message) {
    all_.push_back({message});
    return &all_.back();
  }

  static bool above(Node* a, Node* b) {  // a is b, or an ancestor of it
    for (; b; b = b->parent)
      if (a == b) return true;
    return false;
  }
  static void unlink(Node* child) {
    if (child->parent) std::erase(child->parent->children, child);
    child->parent = nullptr;
  }
  static void make_child(Node* parent, Node* child) {
    child->parent = parent;
    parent->children.push_back(child);
  }

  // Step 1.
  void link() {
    std::map<int, Node*> by_id;
    std::vector<Node*> nodes;
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      nodes.push_back(fresh(static_cast<int>(i)));
      if (messages_[i].id >= 0) by_id.try_emplace(messages_[i].id, nodes.back());
    }
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      Node* before = nullptr;
      for (int id : messages_[i].references) {
        if (!by_id.contains(id)) by_id[id] = fresh(-1);
        Node* now = by_id[id];
        if (before && !now->parent && !above(now, before)) make_child(before, now);
        before = now;
      }
      unlink(nodes[i]);
      if (before && !above(nodes[i], before)) make_child(before, nodes[i]);
    }
  }

  // Step 3.
  static std::vector<Node*> pruned(const std::vector<Node*>& siblings, bool at_top) {
    std::vector<Node*> out;
    for (Node* n : siblings) {
      n->children = pruned(n->children, false);
      if (n->message >= 0 || (at_top && n->children.size() > 1))
        out.push_back(n);
      else
        out.insert(out.end(), n->children.begin(), n->children.end());
    }
    return out;
  }

  // A dummy goes by its first child.
  int first_message(Node* n) const { return n->message >= 0 ? n->message : first_message(n->children.front()); }
  void sort_by_date(std::vector<Node*>& siblings) {
    for (Node* n : siblings) sort_by_date(n->children);
    std::ranges::sort(siblings, [&](Node* a, Node* b) {
      int x = first_message(a), y = first_message(b);
      return std::pair(message(x).sent, x) < std::pair(message(y).sent, y);
    });
  }
  const ThreadMessage& message(int i) const { return messages_[static_cast<std::size_t>(i)]; }

  std::int64_t latest(Node* n) const {
    std::int64_t out = n->message >= 0 ? message(n->message).received : INT64_MIN;
    for (Node* c : n->children) out = std::max(out, latest(c));
    return out;
  }

  // Step 5.
  void merge() {
    auto subject = [&](Node* n) { return message(first_message(n)).subject; };
    auto reply = [&](Node* n) { return n->message >= 0 && message(n->message).is_reply; };
    std::map<std::string, Node*> table;
    for (Node* n : top_) {
      if (subject(n).empty()) continue;
      auto [it, is_new] = table.try_emplace(subject(n), n);
      if (is_new || it->second->message < 0) continue;
      if (n->message < 0 || (reply(it->second) && !reply(n))) it->second = n;
    }
    std::vector<Node*> before = top_;
    for (Node* n : before) {
      if (subject(n).empty()) continue;
      Node*& known = table.at(subject(n));
      if (known == n) continue;
      bool inside = known->message < 0 && std::ranges::find(known->children, n) != known->children.end();
      if (inside) continue;  // it is what the dummy was made around
      if (n->message < 0 && known->message < 0) {
        known->children.insert(known->children.end(), n->children.begin(), n->children.end());
        std::erase(top_, n);
      } else if (known->message < 0 || (reply(n) && !reply(known))) {
        known->children.push_back(n);
        std::erase(top_, n);
      } else {
        Node* both = fresh(-1);
        both->children = {known, n};
        std::erase(top_, n);
        std::ranges::replace(top_, known, both);
        known = both;
      }
    }
  }

  std::string written(Node* n) const {
    std::string out = n->message < 0 ? "" : std::to_string(n->message + 1);
    for (Node* c : n->children) out += n->children.size() > 1 ? "(" + written(c) + ")" : " " + written(c);
    return out;
  }

  const std::vector<ThreadMessage>& messages_;
  std::list<Node> all_;
  std::vector<Node*> top_;
};

std::string written(const Forest& f, std::int32_t i) {
  const auto& node = f.nodes[static_cast<std::size_t>(i)];
  std::string out = node.message < 0 ? "" : std::to_string(node.message + 1);
  for (auto c : node.children) out += node.children.size() > 1 ? "(" + written(f, c) + ")" : " " + written(f, c);
  return out;
}

std::string threads(ThreadAlgorithm algorithm, const std::vector<ThreadMessage>& messages) {
  Forest f = thread_messages(algorithm, messages);
  std::string out;
  for (auto r : f.roots) out += "(" + written(f, r) + ")";
  return out;
}

TEST(RandomThreads, AgreeWithTheRfcStepByStep) {
  std::mt19937 random(5256);
  auto below = [&](std::size_t n) { return static_cast<int>(random() % n); };
  std::size_t merged = 0, moved = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<ThreadMessage> messages(1 + random() % 9);
    std::size_t ids = 1 + random() % 12;  // few: loops, ids that are there twice; many: ancestors that are missing
    for (ThreadMessage& m : messages) {
      m.sent = below(6);
      m.received = below(6);
      m.id = below(8) ? below(ids) : -1;
      for (int n = below(5); n > 0; --n) m.references.push_back(below(ids));
      m.subject = std::string(static_cast<std::size_t>(below(2)), "ab"[below(2)]);
      m.is_reply = below(2);
    }
    std::string references = Obvious(messages).run(ThreadAlgorithm::references);
    ASSERT_EQ(threads(ThreadAlgorithm::references, messages), references) << "round " << round;
    std::string refs = Obvious(messages).run(ThreadAlgorithm::refs);
    ASSERT_EQ(threads(ThreadAlgorithm::refs, messages), refs) << "round " << round;
    merged += references != refs;
    for (ThreadMessage& m : messages) m.received = 0;
    moved += Obvious(messages).run(ThreadAlgorithm::refs) != refs;
  }
  EXPECT_GT(merged, 5'000u);  // subjects made a difference,
  EXPECT_GT(moved, 2'000u);   // and so did arrivals
}

}  // namespace
