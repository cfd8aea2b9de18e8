// One frame: compressed where that gains, encrypted, tagged; and back.  Internal to lib/blob.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "blob/aead.h"
#include "blob/location.h"

namespace postern::blob {

// Appends the stored form of `plain` (1 to kFrameSize bytes) to `out`, compressed by `codec` where that gains
// a fifth.
Frame append_frame(std::string& out, std::string_view plain, Codec codec, std::uint64_t number,
                   FrameCipher& cipher);
// Appends the `plain_size` bytes of a frame to `out`; false when `stored` is not what was written.
bool append_plain(std::string& out, std::string_view stored, const Frame& frame, std::size_t plain_size,
                  std::uint64_t number, FrameCipher& cipher);

}  // namespace postern::blob
