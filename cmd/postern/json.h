// JSON output of listings, through Boost.JSON: one object a row, an array for a listing, ended by a line
// feed.
#pragma once
#include <boost/json.hpp>

#include "cmd/postern/context.h"

namespace postern::cli {

inline void print_json(Context& c, const boost::json::value& v) {
  c.out(boost::json::serialize(v) + "\n");
}

// Columns aligned for people.  The first row is the heading.
class TextTable {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(Context& c) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "1.5G"; "none" for 0 where that means no limit.
std::string human_size(std::uint64_t bytes);

}  // namespace postern::cli
