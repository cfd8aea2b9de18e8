#include "index/query.h"

#include "index/limits.h"

namespace postern::index {

namespace {

base::Result<> too_large(const char* what) {
  return base::fail(base::Fault::limit, std::string("index: the question has too ") + what, "LIMIT");
}

// Iterative: the tree is what somebody else built.
struct Visit {
  const Query* q;
  std::size_t depth;
};

}  // namespace

base::Result<> check_query(const Query& q) {
  std::vector<Visit> todo{{&q, 1}};
  std::size_t nodes = 0, bytes = 0;
  while (!todo.empty()) {
    Visit v = todo.back();
    todo.pop_back();
    if (++nodes > kMaxQueryNodes) return too_large("many conditions");
    if (v.depth > kMaxQueryDepth) return too_large("deep a tree");
    bytes += v.q->text.size();
    if (bytes > kMaxQueryText) return too_large("much text");
    for (const Query& c : v.q->children) todo.push_back({&c, v.depth + 1});
  }
  return {};
}

}  // namespace postern::index
