// The named limits of lib/http.  Each has a test at the limit and one past it (t/unit/http_request.cc).
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::http {

inline constexpr std::size_t kMaxRequestLine = 8 * 1024;  // method, target, version; past it 414
inline constexpr std::size_t kMaxHead = 32 * 1024;        // request line and header fields; past it 431
inline constexpr std::size_t kMaxHeaders = 100;           // header fields; past it 431
inline constexpr std::size_t kMaxHeaderName = 128;        // bytes of one field name; past it 431
inline constexpr std::size_t kMaxChunkLine = 256;         // size and extensions of one chunk; past it 400
inline constexpr std::size_t kMaxTrailer = 4 * 1024;      // all trailer fields; past it 400
inline constexpr std::size_t kMaxPathSegments = 16;
inline constexpr std::size_t kMaxQueryItems = 32;
inline constexpr std::size_t kMaxCredentials = 2 * 1024;  // decoded name:password of Basic

}  // namespace postern::http
