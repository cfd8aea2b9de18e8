#include "query/threading.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "query/limits.h"

namespace postern::query {

namespace {

constexpr std::array<std::string_view, 3> kNames = {"ORDEREDSUBJECT", "REFERENCES", "REFS"};
using Messages = std::vector<ThreadMessage>;
using Index = std::int32_t;

std::size_t at(Index i) {
  return static_cast<std::size_t>(i);
}

// Step 1 of REFERENCES: who is whose parent.
class Links {
 public:
  explicit Links(const Messages& messages) : messages_(messages) {
    parent_.resize(messages.size(), -1);
    has_child_.resize(messages.size(), false);
    // The first message with an id owns it.
    for (Index m = 0; m < static_cast<Index>(messages.size()); ++m)
      if (Index id = messages[at(m)].id; id >= 0) owner_.emplace(id, m);
    for (Index m = 0; m < static_cast<Index>(messages.size()); ++m) link_references(m);
  }
  // Nodes from messages.size() on are dummies.
  const std::vector<Index>& parents() const { return parent_; }

 private:
  void link_references(Index m) {
    Index before = -1;
    for (Index id : messages_[at(m)].references) {
      Index node = node_of(id);
      if (before >= 0 && parent_[at(node)] < 0 && may_link(before, node)) set_parent(node, before);
      before = node;
    }
    // The last reference is the parent, whatever a shortened list made of it before.
    parent_[at(m)] = -1;
    if (before >= 0 && may_link(before, m)) set_parent(m, before);
  }

  Index node_of(Index id) {
    auto [it, fresh] = owner_.emplace(id, static_cast<Index>(parent_.size()));
    if (fresh) {
      parent_.push_back(-1);
      has_child_.push_back(false);
    }
    return it->second;
  }

  void set_parent(Index child, Index parent) {
    parent_[at(child)] = parent;
    has_child_[at(parent)] = true;
  }

  // No loop comes of it: `parent` is not below `child`.
  bool may_link(Index parent, Index child) {
    if (parent == child) return false;
    if (!has_child_[at(child)]) return true;
    for (Index up = parent; up >= 0; up = parent_[at(up)]) {
      if (up == child || ++steps_ > kMaxThreadSteps) return false;
    }
    return true;
  }

  const Messages& messages_;
  std::unordered_map<Index, Index> owner_;  // id to node
  std::vector<Index> parent_;
  std::vector<bool> has_child_;  // or had one once
  std::uint64_t steps_ = 0;
};

class References {
 public:
  explicit References(const Messages& messages) : messages_(messages) {}

  Forest run(ThreadAlgorithm algorithm) {
    gather(Links(messages_).parents());
    prune();
    sort_children();
    sort_roots();
    if (algorithm == ThreadAlgorithm::refs) {
      by_latest_arrival();
    } else {
      merge_subjects();
      sort_children();
      sort_roots();
    }
    return std::move(forest_);
  }

 private:
  Forest::Node& node(Index i) { return forest_.nodes[at(i)]; }
  bool dummy(Index i) const { return forest_.nodes[at(i)].message < 0; }
  // The message that a node at the top is sorted and named by.
  Index head(Index i) const {
    const Forest::Node& n = forest_.nodes[at(i)];
    return n.message >= 0 || n.children.empty() ? n.message : forest_.nodes[at(n.children.front())].message;
  }

  // Step 2.
  void gather(const std::vector<Index>& parents) {
    forest_.nodes.resize(parents.size());
    for (Index i = 0; i < static_cast<Index>(parents.size()); ++i) {
      if (at(i) < messages_.size()) node(i).message = i;
      (parents[at(i)] < 0 ? forest_.roots : node(parents[at(i)]).children).push_back(i);
    }
  }

  // Parents before their children.
  std::vector<Index> top_down() const {
    std::vector<Index> order = forest_.roots;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto& children = forest_.nodes[at(order[i])].children;
      order.insert(order.end(), children.begin(), children.end());
    }
    return order;
  }

  // Step 3: dummies below the top give way to their children, and those without children go.
  void prune() {
    std::vector<Index> order = top_down();
    for (auto i = order.rbegin(); i != order.rend(); ++i) splice(node(*i).children);
    std::vector<Index> kept;
    for (Index r : forest_.roots) {
      const auto& children = node(r).children;
      if (!dummy(r) || children.size() > 1) {
        kept.push_back(r);
      } else if (children.size() == 1) {
        kept.push_back(children.front());
      }
    }
    forest_.roots = std::move(kept);
  }

  // What is below the children has been pruned already.
  void splice(std::vector<Index>& children) {
    if (std::ranges::none_of(children, [this](Index c) { return dummy(c); })) return;
    std::vector<Index> out;
    for (Index c : children) {
      if (dummy(c)) {
        out.insert(out.end(), node(c).children.begin(), node(c).children.end());
      } else {
        out.push_back(c);
      }
    }
    children = std::move(out);
  }

  bool earlier(Index a, Index b) const {
    const ThreadMessage &x = messages_[at(a)], &y = messages_[at(b)];
    return x.sent != y.sent ? x.sent < y.sent : a < b;
  }
  void sort_children() {
    for (Forest::Node& n : forest_.nodes)
      std::ranges::sort(n.children, [this](Index a, Index b) { return earlier(head(a), head(b)); });
  }
  void sort_roots() {
    std::ranges::sort(forest_.roots, [this](Index a, Index b) { return earlier(head(a), head(b)); });
  }

  void by_latest_arrival() {
    std::vector<std::int64_t> latest(forest_.nodes.size(), INT64_MIN);
    std::vector<Index> order = top_down();
    for (auto i = order.rbegin(); i != order.rend(); ++i) {
      if (!dummy(*i)) latest[at(*i)] = messages_[at(node(*i).message)].received;
      for (Index c : node(*i).children) latest[at(*i)] = std::max(latest[at(*i)], latest[at(c)]);
    }
    std::ranges::sort(forest_.roots, [&](Index a, Index b) {
      return latest[at(a)] != latest[at(b)] ? latest[at(a)] < latest[at(b)] : earlier(head(a), head(b));
    });
  }

  const ThreadMessage& named_by(Index i) const { return messages_[at(head(i))]; }
  bool is_reply(Index i) const { return !dummy(i) && named_by(i).is_reply; }

  // Step 5.
  void merge_subjects() {
    std::unordered_map<std::string_view, Index> table;
    for (Index r : forest_.roots) {
      const std::string& subject = named_by(r).subject;
      if (subject.empty()) continue;
      auto [it, fresh] = table.emplace(subject, r);
      if (!fresh && !dummy(it->second) && (dummy(r) || (is_reply(it->second) && !is_reply(r)))) it->second = r;
    }
    std::vector<Index> kept;
    for (Index r : forest_.roots) {
      auto it = table.find(named_by(r).subject);
      if (it == table.end() || it->second == r || wrapped_.contains(r)) {
        kept.push_back(r);
      } else {
        merge(r, it->second);
      }
    }
    for (Index& r : kept)
      if (auto it = wrapped_.find(r); it != wrapped_.end()) r = it->second;
    forest_.roots = std::move(kept);
  }

  // `r` goes into the thread whose top is `top`.
  void merge(Index r, Index& top) {
    if (dummy(r) && dummy(top)) {
      auto children = std::move(node(r).children);
      node(r).children.clear();
      node(top).children.insert(node(top).children.end(), children.begin(), children.end());
    } else if (dummy(top) || (is_reply(r) && !is_reply(top))) {
      node(top).children.push_back(r);
    } else {
      auto both = static_cast<Index>(forest_.nodes.size());
      forest_.nodes.push_back({-1, {top, r}});
      wrapped_.emplace(top, both);
      top = both;
    }
  }

  const Messages& messages_;
  Forest forest_;
  std::unordered_map<Index, Index> wrapped_;  // a node at the top, and the new dummy that takes its place
};

Forest ordered_subject(const Messages& messages) {
  Forest out;
  std::vector<Index> order(messages.size());
  for (Index i = 0; i < static_cast<Index>(order.size()); ++i) {
    order[at(i)] = i;
    out.nodes.push_back({i, {}});
  }
  auto earlier = [&messages](Index a, Index b) {
    return messages[at(a)].sent != messages[at(b)].sent ? messages[at(a)].sent < messages[at(b)].sent : a < b;
  };
  std::ranges::sort(order, [&](Index a, Index b) {
    int c = messages[at(a)].subject.compare(messages[at(b)].subject);
    return c != 0 ? c < 0 : earlier(a, b);
  });
  for (Index i : order) {
    if (!out.roots.empty() && messages[at(out.roots.back())].subject == messages[at(i)].subject) {
      out.nodes[at(out.roots.back())].children.push_back(i);
    } else {
      out.roots.push_back(i);
    }
  }
  std::ranges::sort(out.roots, earlier);
  return out;
}

}  // namespace

std::optional<ThreadAlgorithm> find_algorithm(std::string_view name) {
  auto it = std::ranges::find_if(kNames, [name](std::string_view n) { return base::iequals(n, name); });
  if (it == kNames.end()) return std::nullopt;
  return static_cast<ThreadAlgorithm>(it - kNames.begin());
}

Forest thread_messages(ThreadAlgorithm algorithm, const std::vector<ThreadMessage>& messages) {
  if (algorithm == ThreadAlgorithm::ordered_subject) return ordered_subject(messages);
  return References(messages).run(algorithm);
}

}  // namespace postern::query
