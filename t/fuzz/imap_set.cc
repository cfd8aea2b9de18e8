// Sets keep their invariants: sorted runs that neither touch nor overlap, and what is printed reads back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imap/set.h"
#include "imap/uid_map.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::imap;
  if (size > 20000) return 0;
  std::string_view s(reinterpret_cast<const char*>(data), size);
  std::size_t cut = s.find('|');
  SequenceSet a, b;
  if (!parse_sequence_set(s.substr(0, cut), a)) return 0;
  UidSet x = a.resolve(static_cast<std::uint32_t>(size));
  for (std::size_t i = 1; i < x.runs().size(); ++i)
    if (x.runs()[i].lo <= x.runs()[i - 1].hi + std::uint64_t{1}) std::abort();
  SequenceSet back;
  if (!x.empty() && (!parse_sequence_set(x.text(), back) || !(back.resolve(0) == x))) std::abort();
  if (cut == std::string_view::npos || !parse_sequence_set(s.substr(cut + 1), b)) return 0;
  UidSet y = b.resolve(7);
  UidSet both = x.intersect(y), only = x.minus(y);
  if (both.count() + only.count() != x.count() || !only.intersect(y).empty()) std::abort();
  if (x.count() > 1u << 20) return 0;
  UidRuns m;
  for (const Run& r : x.runs()) m.append_run(r.lo, r.hi);
  if (!(m.all() == x) || m.size() != x.count()) std::abort();
  m.erase(y);
  if (!(m.all() == only)) std::abort();
  return 0;
}
