// Every named limit of master.  Tests: t/unit/master_table.py, t/system/test_master.py
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::master {

// master.conf
inline constexpr std::size_t kMaxTableFile = 4u << 20;
inline constexpr std::size_t kMaxServiceText = 16u << 10;  // a service with its continuation lines
inline constexpr std::size_t kMaxServices = 100;
inline constexpr std::size_t kMaxListeners = 32;  // of one service
inline constexpr std::size_t kMaxOptions = 64;    // -o words of one service
inline constexpr std::size_t kMaxName = 32;
inline constexpr std::uint64_t kMaxProcesses = 1000;
inline constexpr std::uint64_t kMaxClients = 1'000'000;
inline constexpr std::uint64_t kMinMemory = 16u << 20;
inline constexpr std::uint64_t kMaxMemory = 1ull << 44;
inline constexpr std::uint64_t kMaxTime = 365 * 86400;  // seconds, of wake= and idle=
inline constexpr std::uint64_t kDefaultIdle = 60;       // seconds

// Processes.  Times in milliseconds.
inline constexpr std::uint64_t kFirstDelayMs = 100;  // second death in a row; the first is not delayed
inline constexpr std::uint64_t kMaxDelayMs = 60'000;
inline constexpr std::uint64_t kHealthyMs = 60'000;    // a life this long ends a row of deaths
inline constexpr int kLoopDeaths = 5;                  // deaths in a row that are called a crash loop
inline constexpr int kStartsPerSecond = 50;            // of one service, however cleanly its processes end
inline constexpr std::uint64_t kSlowStartMs = 60'000;  // not ready by then: said in the log
inline constexpr std::uint64_t kStopGraceMs = 10'000;  // from SIGTERM to SIGKILL
inline constexpr std::uint64_t kSameOrderMs = 1'000;   // within it a second SIGTERM is the first once more: timeout(1) sends two
inline constexpr std::uint64_t kGoneGraceMs = 2'000;   // from the last SIGKILL to leaving without them

// Sockets
inline constexpr int kBacklog = 1024;
inline constexpr std::uint64_t kBindPatienceMs =
    10'000;  // for addresses that processes of a killed master still hold
inline constexpr std::uint64_t kCloseAfterMs =
    500;  // a socket that a reload removed, once all were told to drain
inline constexpr std::size_t kMaxUnixPath = 107;

// Talk with children: they may have been taken over.
inline constexpr std::size_t kMaxQueuedOrders = 64u << 10;
inline constexpr int kMaxCounters = 256;              // kept of one process
inline constexpr std::size_t kMaxSessions = 100'000;  // in one answer of `who`
inline constexpr std::uint64_t kWhoDeadlineMs = 2'000;
inline constexpr std::size_t kSessionsChunk = 512u << 10;  // bytes of sessions in one message of an answer

}  // namespace postern::master
