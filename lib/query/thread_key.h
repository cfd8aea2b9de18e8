// What THREAD looks at of one message, as bytes that a KeyColumn keeps.  Runs in: imapd.  Input: hostile headers, cut to
// kMaxThreadReferences.  Tests: t/unit/query_key_cache.cc
#pragma once
#include <string>
#include <string_view>

#include "query/stored_content.h"
#include "query/threading.h"

namespace postern::query {

std::string thread_key(mime::Collation collation, const StoredContent& content);
// Fills in all but the dates.  `ids` gives numbers to the ids of all messages of one command.  Nothing from malformed bytes.
class ThreadIds;
void read_thread_key(std::string_view key, ThreadIds& ids, ThreadMessage& m);

// Numbers instead of hashes of message ids.
class ThreadIds {
 public:
  std::int32_t number(std::uint64_t hash);

 private:
  std::unordered_map<std::uint64_t, std::int32_t> numbers_;
};

}  // namespace postern::query
