// Clock, randomness, kill points.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace postern::base {

std::int64_t unix_now();            // seconds since 1970
std::int64_t unix_now_ms();
std::uint64_t monotonic_ms();       // never goes back
void random_fill(std::span<unsigned char> out);  // the kernel's generator; stops the process if there is none
std::uint64_t random_u64();
// `n` random bytes in base64url: for ids that must not be guessed.
std::string random_token(std::size_t n = 16);

// In builds with POSTERN_KILL_POINTS a test may ask that a process kills itself at the n-th visit of a named point:
// POSTERN_KILL="commit.before:3" for this process and its children, or POSTERN_KILL="@FILE" for a running instance,
// where FILE is read at each visit and says PROGRAM POINT N.  Elsewhere it is nothing.  All names stand in
// t/crash/points.txt, which t/unit/kill_points.py compares with the code.
#ifdef POSTERN_KILL_POINTS
void kill_point(const char* name);
#else
inline void kill_point(const char*) {}
#endif

}  // namespace postern::base
