#include "blob/frame.h"

#include <lz4.h>
#include <zstd.h>

#include "base/bytes.h"

namespace postern::blob {

namespace {

// Bytes that compression must get below: it has to gain a fifth.
std::size_t worth_it(std::size_t plain) {
  return plain - plain / 5;
}

// Bytes written to `to`, which has room for `plain`; 0 when it does not pay.  Both libraries stop as soon as
// they cannot stay below the limit.
std::size_t compress(Codec codec, std::string_view plain, char* to) {
  std::size_t limit = worth_it(plain.size());
  if (codec == Codec::none) return 0;
  if (codec == Codec::zstd) {
    constexpr int kLevel = 3;
    std::size_t n = ZSTD_compress(to, limit, plain.data(), plain.size(), kLevel);
    return ZSTD_isError(n) ? 0 : n;
  }
  int n = LZ4_compress_default(plain.data(), to, static_cast<int>(plain.size()), static_cast<int>(limit));
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

bool decompress(Codec codec, std::string_view from, char* to, std::size_t plain_size) {
  if (codec == Codec::zstd) return ZSTD_decompress(to, plain_size, from.data(), from.size()) == plain_size;
  int n = LZ4_decompress_safe(from.data(), to, static_cast<int>(from.size()), static_cast<int>(plain_size));
  return n >= 0 && static_cast<std::size_t>(n) == plain_size;
}

}  // namespace

Frame append_frame(std::string& out, std::string_view plain, Codec codec, std::uint64_t number,
                   FrameCipher& cipher) {
  std::size_t at = out.size();
  out.resize(at + plain.size() + kTagSize);
  std::size_t n = compress(codec, plain, out.data() + at);
  Frame frame{static_cast<std::uint32_t>(n), codec};
  if (n == 0) {
    plain.copy(out.data() + at, plain.size());
    frame = {static_cast<std::uint32_t>(plain.size()), Codec::none};
  }
  cipher.seal(number, out.data() + at, frame.stored);
  frame.stored += kTagSize;
  out.resize(at + frame.stored);
  return frame;
}

bool append_plain(std::string& out, std::string_view stored, const Frame& frame, std::size_t plain_size,
                  std::uint64_t number, FrameCipher& cipher) {
  if (stored.size() < kTagSize || stored.size() != frame.stored) return false;
  std::size_t packed = stored.size() - kTagSize;
  if (frame.codec == Codec::none) {
    if (packed != plain_size) return false;
    return cipher.open(number, stored, base::extend(out, plain_size));
  }
  static thread_local std::string buffer;
  if (buffer.size() < kMaxStoredFrame) buffer.resize(kMaxStoredFrame);
  if (packed > kFrameSize || !cipher.open(number, stored, buffer.data())) return false;
  return decompress(frame.codec, {buffer.data(), packed}, base::extend(out, plain_size), plain_size);
}

}  // namespace postern::blob
