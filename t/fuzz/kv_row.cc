// Bytes of the disk below the contract: rows and pages, whatever their length.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kv/limits.h"
#include "kv/page_sum.h"
#include "kv/row.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::kv;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t cut = size ? data[0] % size : 0;
  std::string_view key = input.substr(0, cut), stored = input.substr(cut);
  if (row_intact(key, stored) && row_value(stored).size() + kSumSize != stored.size()) std::abort();
  (void)parse_version(key, stored);
  (void)corrupt_row(key);
  (void)page_intact(input);
  return 0;
}
