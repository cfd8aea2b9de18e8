#include "index/order.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

#include "base/codec.h"
#include "index/limits.h"

namespace postern::index {

namespace {

constexpr int kLevel = 3;  // higher ones gain nothing here

// Making a context costs more than most orders do.
std::string pack(std::string_view plain) {
  thread_local std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  std::string out(ZSTD_compressBound(plain.size()), 0);
  out.resize(ZSTD_compressCCtx(context.get(), out.data(), out.size(), plain.data(), plain.size(), kLevel));
  return out;
}

// False: malformed, or more than `most` bytes.
bool unpack(std::string_view frame, std::size_t most, std::string& out) {
  thread_local std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  out.resize(most);
  std::size_t n = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(n)) return false;
  out.resize(n);
  return true;
}

// A plane of low bytes, then as many of higher ones as the largest number needs.
std::string planes_of(const std::vector<std::uint32_t>& numbers) {
  std::string out;
  std::uint32_t most = std::ranges::max(numbers);
  for (unsigned shift = 0; shift == 0 || (shift < 32 && most >> shift != 0); shift += 8)
    for (std::uint32_t n : numbers) out += static_cast<char>(n >> shift & 0xff);
  return out;
}

std::uint32_t number_at(std::string_view planes, std::size_t i, std::size_t n) {
  std::uint32_t out = 0;
  for (unsigned shift = 0; i < planes.size(); i += n, shift += 8)
    out |= static_cast<std::uint32_t>(static_cast<unsigned char>(planes[i])) << shift;
  return out;
}

// The terms by mark, of `wanted` the frequent ones first: most ranks are 0.
class Ranking {
 public:
  Ranking(std::span<const OrderedTerm> terms, const MarkSet& wanted) : terms_(terms), numbers_(terms.size()) {
    for (const OrderedTerm& t : terms) ++begin_[t.mark + 1u];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    auto end = begin_;
    for (std::uint32_t n = 1; n <= terms.size(); ++n) numbers_[end[mark(n)]++] = n;
    for (std::size_t m = 0; m < wanted.size(); ++m)
      if (wanted.test(m))
        std::sort(numbers_.begin() + begin_[m], numbers_.begin() + begin_[m + 1], [&](std::uint32_t a, std::uint32_t b) {
          return terms[a - 1].count != terms[b - 1].count ? terms[a - 1].count > terms[b - 1].count : a < b;
        });
  }
  Mark mark(std::uint32_t number) const { return terms_[number - 1].mark; }
  std::span<const std::uint32_t> with(Mark m) const { return std::span(numbers_).subspan(begin_[m], begin_[m + 1u] - begin_[m]); }
  // By number.
  std::vector<std::uint32_t> ranks() const {
    std::vector<std::uint32_t> out(terms_.size() + 1);
    for (std::size_t i = 0; i < numbers_.size(); ++i)
      out[numbers_[i]] = static_cast<std::uint32_t>(i) - begin_[mark(numbers_[i])];
    return out;
  }

 private:
  std::span<const OrderedTerm> terms_;
  std::vector<std::uint32_t> numbers_;
  std::array<std::uint32_t, MarkSet().size() + 1> begin_{};
};

base::Error malformed() { return {base::Fault::corrupt, "the order of a message's words is malformed", "CORRUPT"}; }

}  // namespace

Mark mark_of(std::string_view term) {
  std::uint32_t hash = 2166136261u;  // FNV-1a: the same on every machine
  for (char c : term) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<Mark>(1 + (hash ^ hash >> 16) % 255);
}

std::string encode_order(std::span<const std::uint32_t> order, std::span<const OrderedTerm> terms) {
  std::string out, marks;
  if (order.empty()) return out;
  Ranking ranking(terms, MarkSet().set());
  std::vector<std::uint32_t> rank = ranking.ranks(), ranks;
  for (std::uint32_t n : order) {
    marks += static_cast<char>(n == 0 ? kGap : ranking.mark(n));
    if (n != 0 && ranking.with(ranking.mark(n)).size() > 1) ranks.push_back(rank[n]);
  }
  base::put_varint(out, order.size());
  base::put_bytes(out, pack(marks));
  if (!ranks.empty()) out += pack(planes_of(ranks));
  return out;
}

base::Result<StoredOrder> StoredOrder::read(std::string_view bytes) {
  StoredOrder out;
  if (bytes.empty()) return out;
  base::Reader in(bytes);
  std::uint64_t n = in.varint();
  std::string_view marks = in.bytes();
  out.ranks_ = in.rest();
  if (!in.ok() || n == 0 || n > kMaxOrder || !unpack(marks, n, out.marks_) || out.marks_.size() != n)
    return std::unexpected(malformed());
  return out;
}

base::Result<std::vector<std::uint32_t>> StoredOrder::numbers(std::span<const OrderedTerm> terms, const MarkSet& wanted) const {
  Ranking ranking(terms, wanted);
  std::size_t shared = 0, at = 0;
  for (char c : marks_) shared += ranking.with(static_cast<Mark>(c)).size() > 1;
  std::string planes;
  if (shared == 0 ? !ranks_.empty() : !unpack(ranks_, 4 * shared, planes) || planes.empty() || planes.size() % shared != 0)
    return std::unexpected(malformed());
  std::vector<std::uint32_t> out(marks_.size(), 0);
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    auto m = static_cast<Mark>(marks_[i]);
    auto same = ranking.with(m);
    std::size_t rank_at = same.size() > 1 ? at++ : 0;
    if (m == kGap || !wanted.test(m)) continue;
    std::uint32_t rank = same.size() > 1 ? number_at(planes, rank_at, shared) : 0;
    if (rank >= same.size()) return std::unexpected(malformed());
    out[i] = same[rank];
  }
  return out;
}

}  // namespace postern::index
