#include "cmd/postern/json.h"

#include <algorithm>

#include "base/text.h"

namespace postern::cli {

void TextTable::print(Context& c) const {
  std::vector<std::size_t> width;
  for (const auto& r : rows_)
    for (std::size_t i = 0; i < r.size(); ++i) {
      if (i == width.size()) width.push_back(0);
      width[i] = std::max(width[i], r[i].size());
    }
  for (const auto& r : rows_) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) {
      line += r[i];
      if (i + 1 < r.size()) line.append(width[i] - r[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    c.out(line + "\n");
  }
}

std::string human_size(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"", "K", "M", "G", "T"};
  std::size_t unit = 0;
  double v = static_cast<double>(bytes);
  while (v >= 1024 && unit < 4) {
    v /= 1024;
    ++unit;
  }
  char out[32];
  std::snprintf(out, sizeof out,
                v == static_cast<double>(static_cast<std::uint64_t>(v)) ? "%.0f%s" : "%.1f%s", v,
                kUnits[unit]);
  return out;
}

}  // namespace postern::cli
