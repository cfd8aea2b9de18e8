// Every key of postern.conf in one table.  A row gives the name, type, default, bounds, the programs that use it and
// one line of help; it makes the default, the check, `--help`, the table in postern.conf(5) and the sample file.
// `0` never means unlimited: where a limit may be off, the value is `none`.  Tests: t/unit/service_config.cc
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace postern::service {

enum class Kind {
  text,
  number,
  size,      // bytes: 500, 10K, 5M, 2G
  duration,  // seconds: 30, 30s, 5m, 2h, 14d
  boolean,   // yes or no
  list,      // words separated by commas
  commands,      // rows of service/commands.h: each line adds one to those before
  sieve_events,  // likewise of service/sieve_events.h
};

inline constexpr std::uint64_t kNone = UINT64_MAX;  // the value of `none`

struct Option {
  std::string_view name;
  Kind kind;
  std::string_view fallback;   // default, as it would stand in the file
  std::uint64_t min, max;      // of number, size, duration; max = kNone: `none` is allowed
  std::string_view programs;   // "imapd jmapd", or "all"
  std::string_view help;
  std::string_view choices = {};  // of text: "a|b|c"
  bool secret = false;         // never a command-line option, never printed
};

std::span<const Option> options();
// nullptr when there is none of this name.
const Option* find_option(std::string_view name);

}  // namespace postern::service
