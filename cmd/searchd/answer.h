// Answers one request from one revision of an index.  Blocks: on a worker.  The questions are hostile, and so is what is on
// disk.  Tests: t/unit/searchd_answer.cc, t/system/test_search.py
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "index/reader.h"
#include "proto/search.pb.h"

namespace postern::searchd {

struct Answered {
  search::Answer answer;
  std::unique_ptr<index::Reader> reader;  // for the next request; null when it is of no use
  std::string trouble;                    // why there is no index, when that is worth a line in the log
  bool damaged = false;                   // and it will not go away
};

// Asks the newest revision of the index, once more when the writer overtook it meanwhile or exchanged the folder.
using AskReader = std::function<base::Result<search::Answer>(index::Reader&)>;
Answered ask_twice(const std::string& folder, std::unique_ptr<index::Reader> reader, const AskReader& ask);

// `reader`: one that is open already, or null.  `only`: emails (ascending) that may be told of; null: all.
// REQUIRES: `ask` was checked (see checked()).
Answered answer(const std::string& folder, std::unique_ptr<index::Reader> reader, const search::Ask& ask, const index::Ids* only);

// Limits of a request; INVALID.
base::Result<> checked(const search::Ask& ask);

}  // namespace postern::searchd
