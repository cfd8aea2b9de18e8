// Hostile bytes where a segment should be.  The input is put behind a whole segment head, so that the walk
// gets to the records; and alone, for the head itself.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "blob/blob_store.h"
#include "blob/record.h"

namespace {

const postern::blob::MasterKey& key() {
  static const auto* k = [] {
    std::string path = "/tmp/postern-fuzz-key-" + std::to_string(::getpid());
    auto made = postern::blob::MasterKey::create(path);
    ::unlink(path.c_str());
    if (!made) std::abort();
    return new postern::blob::MasterKey(std::move(*made));
  }();
  return *k;
}

void walk(std::string_view bytes) {
  using namespace postern::blob;
  std::uint64_t last = 0;
  auto end = walk_bytes(bytes, 1, key(), [&](const WalkedRecord& r) {
    if (r.location.offset < last || r.location.end() > bytes.size()) std::abort();
    last = r.location.end();
    return true;
  });
  if (end && end->skipped > bytes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  walk(input);
  walk(postern::blob::encode_segment_head({1, std::string(postern::blob::kSaltSize, 's')}) +
       std::string(input));
  // The frame tables too, whose checksum a fuzzer cannot guess.
  if (auto fixed = postern::blob::parse_fixed(input)) (void)postern::blob::parse_table(*fixed, input);
  return 0;
}
