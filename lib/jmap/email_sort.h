// The sort of Email/query, and which part of the sorted list is answered.  RFC 8620 5.5, RFC 8621 4.4.2.
// Runs in: jmapd.  Input: hostile.  Limits: kMaxSort, kMaxQueryIds.  Tests: t/unit/jmap_filter.cc
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/args.h"
#include "jmap/email_filter.h"

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

class EmailSort {
 public:
  // Null or empty: newest first.
  static Method<EmailSort> parse(const json::value* sort);
  void bind(const std::vector<std::string>& keyword_table);
  bool uses_threads() const { return uses_threads_; }
  bool immutable() const { return immutable_; }
  // from, to or subject: keys must be given for every row that is sorted.
  bool uses_text() const { return uses_text_; }

  // The text keys of one email, one for each text comparator, from a header block.
  std::vector<std::string> text_keys(std::string_view header) const;

  // Sorts indexes into the sheet.  `keys`: by place in `rows` as given, the text keys; empty where
  // !uses_text(). Only the first `need` are certain to be in order and in place.
  void sort(std::vector<std::uint32_t>& rows, const model::Sheet& sheet, const ThreadTable* threads,
            const std::vector<std::vector<std::string>>& keys, std::size_t need) const;

 private:
  enum class Key : std::uint8_t {
    received,
    sent,
    size,
    from,
    to,
    subject,
    has_keyword,
    all_thread,
    some_thread
  };
  struct Comparator {
    Key key = Key::received;
    bool ascending = true;
    std::string keyword;
    int bit = -1;
    std::size_t text_index = 0;
  };
  static Method<Comparator> parse_one(const json::value& v);
  std::int64_t number(const Comparator& c, const model::Sheet& sheet, const ThreadTable* threads,
                      std::uint32_t row) const;
  std::vector<Comparator> comparators_;
  std::size_t texts_ = 0;
  bool uses_threads_ = false, uses_text_ = false, immutable_ = true;
};

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
