// Named limits of lib/blob.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::blob {

inline constexpr std::uint64_t kMaxBlobSize = 1ull << 30;  // plain bytes of one blob
inline constexpr std::size_t kFrameSize = 64 * 1024;       // plain bytes of a frame, the last one less
inline constexpr std::size_t kTagSize = 16;                // AES-128-GCM
inline constexpr std::size_t kMaxStoredFrame = kFrameSize + kTagSize;
inline constexpr std::size_t kMaxInlineFrames = 16;  // frame tables up to this stand in the Location
inline constexpr std::size_t kMaxLocation = 128;     // bytes of a serialized Location
inline constexpr std::uint64_t kSegmentTarget = 256ull << 20;  // a segment is closed past this
inline constexpr std::size_t kMaxOpenSegments = 64;            // descriptors that a Reader keeps

}  // namespace postern::blob
