// The named limits of lib/auth.  Tests at the limit and one past it: t/unit/auth_*.cc
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::auth {

// crypt(3) takes at most 512 bytes with the NUL.
inline constexpr std::size_t kMaxSecret = 511;
inline constexpr std::size_t kMaxStoredHash = 1024;
// A hash that costs more than these is refused when it is imported: verifying it would be an attack on
// ourselves.
inline constexpr std::uint32_t kMaxPbkdf2Iterations = 2'000'000;
inline constexpr std::uint32_t kMaxShaCryptRounds = 1'000'000;
inline constexpr std::uint32_t kMaxBcryptCost = 15;

// Names.  RFC 5321 4.5.3.1 counts octets; ours count octets of the canonical UTF-8 form.
inline constexpr std::size_t kMaxLocalPart = 64;
inline constexpr std::size_t kMaxDetail = 192;
inline constexpr std::size_t kMaxDomain = 253;
inline constexpr std::size_t kMaxAddress = kMaxLocalPart + 1 + kMaxDetail + 1 + kMaxDomain;
inline constexpr std::size_t kMaxDescription = 1024;
inline constexpr std::size_t kMaxTimeZone = 64;

// SASL.  Before login everything is small; only bearer tokens need more, and they have their own limit.
inline constexpr std::size_t kMaxSaslMessage = 4096;
inline constexpr std::size_t kMaxNonce = 256;
inline constexpr std::uint32_t kScramMinIterations = 4096;
inline constexpr std::uint32_t kScramIterations = 10'000;
inline constexpr std::uint32_t kScramMaxIterations = 1'000'000;
inline constexpr std::size_t kScramSalt = 16;
inline constexpr std::size_t kMaxScramSalt = 64;

// Tickets.
inline constexpr std::int64_t kTicketSeconds = 300;
inline constexpr std::int64_t kTicketSkew = 60;
inline constexpr std::size_t kMaxTicket = 4096;
inline constexpr std::size_t kMaxTicketGroups = 256;
inline constexpr std::size_t kMaxRememberedTickets = 65'536;
inline constexpr std::size_t kMaxRevocations = 65'536;

// The directory.
inline constexpr std::size_t kMaxAliasTargets = 256;
inline constexpr std::size_t kMaxMembers = 10'000;   // of one group or list
inline constexpr std::size_t kMaxResolveDepth = 16;  // alias -> list -> alias ...
inline constexpr std::size_t kMaxResolveVisits = 20'000;
inline constexpr std::size_t kMaxDeliveries = 10'000;  // from one recipient address
inline constexpr std::size_t kPageRows = 1'000;        // of a list operation
inline constexpr std::uint64_t kBaseCopyLogBytes =
    8u << 20;  // log after which a new base copy is worth its cost

// The cache of verified passwords.
inline constexpr std::size_t kMaxCachedAccounts = 65'536;
inline constexpr std::size_t kCachedPerAccount = 4;
inline constexpr std::int64_t kCacheSeconds = 600;

}  // namespace postern::auth
