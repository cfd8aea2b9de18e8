// What front ends ask of an index, one text condition at a time.  Runs in: searchd.  The text is hostile.
// Tests: t/unit/query_index.cc
#pragma once
#include <string>
#include <vector>

#include "index/reader.h"

namespace postern::index {

struct Question {
  enum class How : std::uint8_t {
    substring,  // a superset of the emails in which `text` occurs
    words,      // those that have its words side by side
    fuzzy,      // those that have its words, or others of their stems
  };
  How how = How::substring;
  Fields fields = kReaderText;
  std::string text;
};

struct Found {
  bool everything = false;      // the index can't tell
  Ids ids;
  std::vector<float> weights;   // of fuzzy: one an id
  bool decided = false;         // of substring: all of `ids` match but those of `open`, which may (see Reader::Candidates)
  Ids open;
};

inline constexpr std::size_t kMaxRanked = 100'000;  // hits of a fuzzy question; with more the index can't tell

// Codes as Reader's, without LIMIT.
base::Result<Found> ask(Reader& reader, const Question& q);

}  // namespace postern::index
