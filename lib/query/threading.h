// THREAD's trees, computed from message ids, references and base subjects.  RFC 5256 3 (ORDEREDSUBJECT, REFERENCES);
// REFS as draft-ietf-morg-inthread has it: references alone, threads in order of their latest arrival.
// Runs in: imapd.  Input: hostile headers.  Memory: each id once, a node a message and a dummy a missing one.  Time: the
// search for loops has a budget, kMaxThreadSteps; links that would pass it are not made.  Nothing recurses.
// Tests: t/unit/query_threading.cc, query_threading_random.cc, t/protocol/imap/thread.t, t/protocol/test_imap_dialogues.py
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postern::query {

enum class ThreadAlgorithm : std::uint8_t { ordered_subject, references, refs };
// Without case.
std::optional<ThreadAlgorithm> find_algorithm(std::string_view name);

// One message, in mailbox order.
struct ThreadMessage {
  std::int64_t sent = 0;      // sent_date()
  std::int64_t received = 0;
  std::string subject;        // sort_key of the base subject
  bool is_reply = false;      // or a forward: something was taken off the subject
  std::int32_t id = -1;       // number of its Message-ID; -1: it has none
  std::vector<std::int32_t> references;  // numbers, first reference first
};

struct Forest {
  struct Node {
    std::int32_t message = -1;  // index; -1: a dummy that holds siblings together
    std::vector<std::int32_t> children;
  };
  std::vector<Node> nodes;
  std::vector<std::int32_t> roots;  // in order
};
Forest thread_messages(ThreadAlgorithm algorithm, const std::vector<ThreadMessage>& messages);

}  // namespace postern::query
