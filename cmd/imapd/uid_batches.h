// Large commands are series of commits of at most a thousand messages, each legal alone.
#pragma once
#include <algorithm>

#include "imap/set.h"

namespace postern::imapd {

inline constexpr std::uint64_t kUidBatch = 1000;

// Takes the first `n` numbers off the front of `rest`.
inline imap::UidSet take_front(imap::UidSet& rest, std::uint64_t n) {
  imap::UidSet out;
  for (const imap::Run& r : rest.runs()) {
    if (n == 0) break;
    std::uint64_t use = std::min(std::uint64_t{r.hi} - r.lo + 1, n);
    out.add(r.lo, static_cast<std::uint32_t>(r.lo + use - 1));
    n -= use;
  }
  rest = rest.minus(out);
  return out;
}

// Those at places `lo` to `hi`, counted from 1.  REQUIRES: 1 <= lo.
inline imap::UidSet take_places(imap::UidSet all, std::uint64_t lo, std::uint64_t hi) {
  take_front(all, lo - 1);
  return take_front(all, hi < lo ? 0 : hi - lo + 1);
}

// The last `n` numbers.
inline imap::UidSet take_back(const imap::UidSet& all, std::uint64_t n) {
  imap::UidSet rest = all;
  take_front(rest, all.count() - std::min(all.count(), n));
  return rest;
}

}  // namespace postern::imapd
