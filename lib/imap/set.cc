#include "imap/set.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "imap/lexer.h"
#include "imap/limits.h"

namespace postern::imap {

namespace {

void put_number(std::string& out, std::uint32_t n) {
  char buf[10];
  auto r = std::to_chars(buf, buf + sizeof buf, n);
  out.append(buf, r.ptr);
}

// Reads a number or `*` (as 0) from the front of `s`.
bool take_number(std::string_view& s, std::uint32_t& n) {
  if (!s.empty() && s.front() == '*') {
    s.remove_prefix(1);
    n = 0;
    return true;
  }
  auto r = std::from_chars(s.data(), s.data() + s.size(), n);
  if (r.ec != std::errc() || n == 0) return false;
  s.remove_prefix(static_cast<std::size_t>(r.ptr - s.data()));
  return true;
}

const char* read_set(std::string_view s, SequenceSet& out) {
  if (s == "$") {
    out.saved = true;
    return nullptr;
  }
  while (true) {
    Run r;
    if (!take_number(s, r.lo)) return "bad set of numbers";
    r.hi = r.lo;
    if (!s.empty() && s.front() == ':') {
      s.remove_prefix(1);
      if (!take_number(s, r.hi)) return "bad set of numbers";
    }
    if (out.ranges.size() >= kMaxSetRanges) return "too many ranges in a set";
    out.ranges.push_back(r);
    if (s.empty()) return nullptr;
    if (s.front() != ',') return "bad set of numbers";
    s.remove_prefix(1);
  }
}

}  // namespace

UidSet::UidSet(std::vector<Run> any_order) : runs_(std::move(any_order)) {
  std::ranges::sort(runs_, {}, &Run::lo);
  std::size_t n = 0;
  for (const Run& r : runs_) {
    if (n > 0 && r.lo <= runs_[n - 1].hi + std::uint64_t{1}) {
      runs_[n - 1].hi = std::max(runs_[n - 1].hi, r.hi);
    } else {
      runs_[n++] = r;
    }
  }
  runs_.resize(n);
}

std::uint64_t UidSet::count() const {
  std::uint64_t n = 0;
  for (const Run& r : runs_) n += std::uint64_t{r.hi} - r.lo + 1;
  return n;
}

bool UidSet::contains(std::uint32_t n) const {
  auto it = std::ranges::upper_bound(runs_, n, {}, &Run::lo);
  return it != runs_.begin() && std::prev(it)->hi >= n;
}

void UidSet::add(std::uint32_t lo, std::uint32_t hi) {
  if (runs_.empty() || lo > std::uint64_t{runs_.back().hi} + 1) {
    runs_.push_back({lo, hi});
  } else if (lo >= runs_.back().lo) {
    runs_.back().hi = std::max(runs_.back().hi, hi);
  } else {
    runs_.push_back({lo, hi});
    *this = UidSet(std::move(runs_));
  }
}

UidSet UidSet::intersect(const UidSet& other) const {
  UidSet out;
  auto a = runs_.begin();
  auto b = other.runs_.begin();
  while (a != runs_.end() && b != other.runs_.end()) {
    std::uint32_t lo = std::max(a->lo, b->lo);
    std::uint32_t hi = std::min(a->hi, b->hi);
    if (lo <= hi) out.runs_.push_back({lo, hi});
    if (a->hi < b->hi) {
      ++a;
    } else {
      ++b;
    }
  }
  return out;
}

UidSet UidSet::minus(const UidSet& other) const {
  UidSet out;
  auto b = other.runs_.begin();
  for (Run a : runs_) {
    while (b != other.runs_.end() && b->hi < a.lo) ++b;
    auto c = b;
    std::uint64_t lo = a.lo;
    for (; c != other.runs_.end() && c->lo <= a.hi; ++c) {
      if (c->lo > lo) out.runs_.push_back({static_cast<std::uint32_t>(lo), c->lo - 1});
      lo = std::uint64_t{c->hi} + 1;
    }
    if (lo <= a.hi) out.runs_.push_back({static_cast<std::uint32_t>(lo), a.hi});
  }
  return out;
}

void UidSet::append_text(std::string& out) const {
  bool first = true;
  for (const Run& r : runs_) {
    if (!first) out += ',';
    first = false;
    put_number(out, r.lo);
    if (r.hi == r.lo) continue;
    out += ':';
    put_number(out, r.hi);
  }
}

std::string UidSet::text() const {
  std::string out;
  append_text(out);
  return out;
}

UidSet SequenceSet::resolve(std::uint32_t largest) const {
  std::vector<Run> runs;
  runs.reserve(ranges.size());
  for (Run r : ranges) {
    if (r.lo == 0) r.lo = largest;
    if (r.hi == 0) r.hi = largest;
    if (r.lo == 0) r.lo = r.hi;
    if (r.hi == 0) r.hi = r.lo;
    if (r.lo == 0) continue;
    if (r.lo > r.hi) std::swap(r.lo, r.hi);
    runs.push_back(r);
  }
  return UidSet(std::move(runs));
}

std::uint32_t SequenceSet::greatest() const {
  std::uint32_t n = 0;
  for (const Run& r : ranges) n = std::max({n, r.lo, r.hi});
  return n;
}

bool SequenceSet::has_star() const {
  return std::ranges::any_of(ranges, [](const Run& r) { return r.lo == 0 || r.hi == 0; });
}

SequenceSet parse_sequence_set(Lexer& in) {
  SequenceSet out;
  std::string_view word = in.set_word();
  if (!in.ok()) return out;
  if (const char* why = read_set(word, out)) {
    if (out.ranges.size() >= kMaxSetRanges) {
      in.fail_big(why);
    } else {
      in.fail(why);
    }
    out.ranges.clear();
  }
  return out;
}

bool parse_sequence_set(std::string_view text, SequenceSet& out) {
  return read_set(text, out) == nullptr;
}

}  // namespace postern::imap
