#include "store/verb_util.h"

#include <algorithm>

namespace postern::store {

Result<UidRanges> uid_ranges(const google::protobuf::RepeatedField<std::uint32_t>& flat) {
  if (flat.size() % 2) return base::fail(base::Fault::permanent, "a UID range without an end", "INVALID");
  UidRanges out;
  out.reserve(static_cast<std::size_t>(flat.size() / 2));
  for (int i = 0; i < flat.size(); i += 2) {
    auto [first, last] = std::minmax(flat[i], flat[i + 1]);
    if (last) out.emplace_back(std::max(first, 1u), last);
  }
  std::ranges::sort(out);
  std::size_t n = 0;
  for (auto range : out) {
    if (n && range.first <= out[n - 1].second)
      out[n - 1].second = std::max(out[n - 1].second, range.second);
    else
      out[n++] = range;
  }
  out.resize(n);
  return out;
}

}  // namespace postern::store
