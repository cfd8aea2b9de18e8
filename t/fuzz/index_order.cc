#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "index/order.h"

namespace {

using namespace postern::index;

const MarkSet kAll = MarkSet().set();

// Three bytes a word; some of each.
void round_trip(std::string_view s) {
  std::vector<OrderedTerm> terms;
  for (std::size_t i = 0; i < s.size() / 3; ++i)
    terms.push_back({static_cast<Mark>(s[3 * i] | 1), static_cast<std::uint32_t>(s[3 * i + 1] & 3)});
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < s.size() / 3; ++i)
    order.push_back(static_cast<std::uint32_t>(static_cast<unsigned char>(s[3 * i + 2]) % (terms.size() + 1)));
  auto stored = StoredOrder::read(encode_order(order, terms));
  if (!stored || stored->marks().size() != order.size() || stored->numbers(terms, kAll) != order) std::abort();
}

}  // namespace

// What is read back from a document, with terms that may be others than those it was made with.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view s(reinterpret_cast<const char*>(data), size);
  round_trip(s);
  auto stored = StoredOrder::read(s);
  if (!stored) return 0;
  std::vector<OrderedTerm> terms;
  for (unsigned i = 0; i < 600; ++i) terms.push_back({mark_of("Bterm" + std::to_string(i)), i % 7});
  auto numbers = stored->numbers(terms, kAll);
  if (!numbers) return 0;
  if (numbers->size() != stored->marks().size()) std::abort();
  for (std::uint32_t n : *numbers)
    if (n > terms.size()) std::abort();
  return 0;
}
