// Looks for the needles of text conditions in a message that streams by: in the decoded text of its text parts and,
// where all of the source counts, in the headers of its parts.  Runs in: imapd, jmapd, on a worker.  Input: hostile.
// Memory: a few KB beside the MIME tree; for conditions on what a reader sees, one HTML part of at most
// kMaxReadableHtml.  Tests: t/unit/imap_search.cc, t/unit/query_random.cc
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "query/filter.h"

namespace postern::query {

class BodyMatcher {
 public:
  // `filter` is bound and must outlive this.
  explicit BodyMatcher(const Filter& filter);
  ~BodyMatcher();
  BodyMatcher(const BodyMatcher&) = delete;
  BodyMatcher& operator=(const BodyMatcher&) = delete;
  // Consumes all of `chunk`, borrows nothing.  False: every needle has been found, no more is needed.
  bool feed(std::string_view chunk);
  // Ends the message.  What is returned are the header blocks of its parts, for header(); empty when no
  // needle is left that could be in one.
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::vector<Range> finish();
  // One of these blocks, whole.
  void header(std::string_view block);
  // One entry a condition: true where it is Op::body or Op::text and its needle occurs.
  std::vector<bool> hits() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::query
