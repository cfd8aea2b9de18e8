// Any bytes, cut in any way, into the frame reader: the first byte of the input says how they are cut.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ipc/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::ipc;
  if (size == 0) return 0;
  std::size_t step = data[0] % 64 + 1;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  FrameReader reader;
  for (;;) {
    auto f = reader.next();
    if (!f) return 0;
    if (*f) {
      // What was read must be what would be written.
      auto head = encode_header((*f)->header);
      auto back = decode_header({head.data(), head.size()});
      if (!back || back->length != (*f)->payload.size() || back->length > kMaxPayload) std::abort();
      if ((*f)->header.type == FrameType::credit) (void)decode_credit((*f)->payload);
      continue;
    }
    if (rest.empty() || !reader.check_fds()) return 0;
    std::size_t took = reader.feed(rest.substr(0, step));
    if (took == 0) std::abort();
    rest.remove_prefix(took);
  }
}
