// Looks for the BODY and TEXT needles of a search in a message that streams by: in the decoded text of its
// text parts, and for TEXT in the headers of its parts too. Runs in: imapd, on a worker.  Input: hostile.
// Memory: a few KB beside the MIME tree, never a body. Tests: t/unit/imap_search.cc
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "imap/search_program.h"

namespace postern::imap {

class BodyMatcher {
 public:
  // `program` must outlive this.
  explicit BodyMatcher(const SearchProgram& program);
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
  // One entry a key of the program: true where it is a body or text key whose needle occurs.
  std::vector<bool> hits() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::imap
