// The sort of Email/query as a query::Order, and which part of the sorted list is answered.  RFC 8620 5.5, RFC
// 8621 4.4.2.  Runs in: jmapd.  Input: hostile.  Limits: kMaxSort, kMaxQueryIds.  Tests: t/unit/jmap_filter.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "jmap/args.h"
#include "query/sort.h"

namespace postern::jmap {

inline constexpr std::string_view kEmailSorts[] = {"receivedAt",
                                                   "sentAt",
                                                   "size",
                                                   "from",
                                                   "to",
                                                   "subject",
                                                   "hasKeyword",
                                                   "allInThreadHaveKeyword",
                                                   "someInThreadHaveKeyword"};

// Null or empty: newest first.
Method<query::Order> parse_email_sort(const json::value* sort);

// position, anchor, anchorOffset and limit.
struct Window {
  std::int64_t position = 0, anchor_offset = 0;
  std::optional<std::string_view> anchor;
  std::uint64_t limit = 0;     // never over kMaxQueryIds
  bool limited_by_us = false;  // `limit` must be told in the answer
  bool total = false;
};
Window read_window(Args& args);
// The first index to answer.  `anchor_index`: where the anchor is, if it is in the results; nothing
// otherwise, which is an error (anchorNotFound) when an anchor was given.
std::optional<std::size_t> window_start(const Window& w, std::size_t total,
                                        std::optional<std::size_t> anchor_index);

}  // namespace postern::jmap
