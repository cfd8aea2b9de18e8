// Email/query's search over the account's sheet: filter (lib/query decides what the columns leave open), sort, collapse
// threads.  Long work yields.  RFC 8621 4.4.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "client/store_client.h"
#include "cmd/jmapd/context.h"
#include "jmap/email_filter.h"
#include "jmap/email_sort.h"

namespace postern::jmapd {

struct EmailSearch {
  query::Filter filter;
  query::Order sort;
  bool collapse_threads = false;
};
// Reads filter, sort and collapseThreads.
Method<EmailSearch> read_search(Context& c, Args& args);

struct SearchResult {
  client::SheetView view;
  std::vector<std::uint32_t> rows;  // indexes into the sheet, in order
};
// `need`: only the first that many must be in order (all when threads are collapsed or SIZE_MAX).
io::Task<Method<SearchResult>> search_emails(Context& c, EmailSearch& search, std::size_t need);

}  // namespace postern::jmapd
