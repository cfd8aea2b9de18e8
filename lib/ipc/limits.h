// Every named limit of lib/ipc.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::ipc {

inline constexpr std::size_t kMaxPayload = 1u << 20;
inline constexpr std::size_t kMaxFrameFds = 4;
inline constexpr std::size_t kMaxProtocolName = 64;
inline constexpr std::uint32_t kStreamCredit = 8;         // items of one call under way
inline constexpr std::size_t kMaxCallsPerPeer = 256;      // past it the peer is not read
inline constexpr std::size_t kMaxQueuedBytes = 8u << 20;  // output of a peer; past it the peer is not read
inline constexpr std::size_t kMaxQueuedHard = 32u << 20;  // past it (hints nobody reads) the peer is closed
inline constexpr std::size_t kMaxQueuedFds = 256;         // descriptors waiting to be sent to one peer
inline constexpr std::uint64_t kDefaultDeadlineMs = 30'000;
inline constexpr std::uint64_t kReconnectMinMs = 10;
inline constexpr std::uint64_t kReconnectMaxMs = 1'000;

}  // namespace postern::ipc
