// Every named limit of lib/io.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::io {

inline constexpr std::size_t kReadBlock = 4096;          // first read buffer of a connection
inline constexpr std::size_t kBigReadBlock = 64 * 1024;  // read buffer once a peer sends in bulk
inline constexpr std::size_t kMaxBuffered = 1u << 20;  // fill() and read_line() never hold more unread bytes
inline constexpr std::size_t kMaxExact = 64u << 20;    // read_exact(): larger bodies are read in pieces
inline constexpr std::size_t kPooledBlocks = 32;       // spare read buffers of each size kept by a thread
inline constexpr std::uint32_t kWriteTimeoutMs = 120'000;  // a peer that takes no byte for so long is gone
inline constexpr std::uint32_t kHandshakeTimeoutMs = 10'000;
inline constexpr std::size_t kMaxHandshakeBytes = 64 * 1024;  // from the peer, TLS records and all
// A chain of ours: it goes into the handshake, whose messages of both sides GnuTLS holds to the limit above.
inline constexpr std::size_t kMaxCertificateBytes = 56 * 1024;
inline constexpr std::size_t kMaxSniName = 255;
inline constexpr std::size_t kMaxAlpn = 8;               // protocols a context may list
inline constexpr std::uint32_t kAcceptBackoffMs = 100;   // after EMFILE, ENFILE, ENOBUFS, ENOMEM
inline constexpr std::uint64_t kFinishMs = 5'000;        // Stream::finish() waits so long for the peer's end
inline constexpr std::size_t kFinishBytes = 1u << 20;    // and takes so much that nobody wants
// What a peer's deflated bytes may become: so much in any case, and more at this ratio.
inline constexpr std::size_t kInflateFree = 64u << 20;
inline constexpr std::uint64_t kInflateRatio = 100;
inline constexpr std::uint64_t kDeflateRestMs = 2'000;  // a deflating stream that waits so long gives its memory back
inline constexpr std::size_t kOutputChunk = 16 * 1024;   // small writes are gathered up to this
inline constexpr std::size_t kMaxListenBacklog = 4096;
inline constexpr std::size_t kDefaultWorkers = 2;  // threads for what blocks

}  // namespace postern::io
