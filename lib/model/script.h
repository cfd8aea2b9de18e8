// Sieve scripts as all protocols see them: what one may be called and how large it may be.
// Runs in: stored, managesieved, jmapd, lmtpd, postern.  Pure.  Tests: t/unit/model_script.cc
#pragma once
#include <cstddef>
#include <string_view>

namespace postern::model {

inline constexpr std::size_t kMaxScriptName = 512;          // bytes (RFC 9661 2; RFC 5804 1.6 wants 128 characters at least)
inline constexpr std::size_t kMaxScriptBytes = 1'000'000;   // of its text: fits into one message between processes

// 1 to kMaxScriptName bytes of UTF-8 without controls, line separators and a byte order mark before it (RFC 5804 1.6, RFC
// 5198 2), and without "/", which would make a name look like a path to `include` and to file managers of clients.
bool valid_script_name(std::string_view name);

}  // namespace postern::model
