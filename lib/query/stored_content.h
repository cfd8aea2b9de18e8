// A records.Content read where it lies: a search looks at a few of its fields, and parsing all of it would cost more
// than the search.  Runs in: imapd, jmapd.  Input: what stored sent, checked for bounds.  Tests: t/unit/query_sort.cc
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "query/evaluate.h"

namespace postern::query {

// Views live as long as the bytes.
struct StoredContent {
  bool good = false;  // the bytes were a Content
  std::string_view header;
  bool header_complete = false;
  std::uint64_t header_size = 0;
  bool has_attachment = false;
  std::string_view subject;
  // Only `with_ids`.
  std::vector<std::string_view> message_id, in_reply_to, references;

  // What evaluate() is told by it.
  Content content() const;
};
// `with_ids`: message ids too, which only threads ask for.
StoredContent read_stored_content(std::string_view bytes, bool with_ids = false);

}  // namespace postern::query
