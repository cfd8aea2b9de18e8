// Limits of the Sieve language.  Every one is a field of Limits with the default that stands here, so that a
// server may set it; what lies past one is an error that names it, never a crash.  Each has a test at the
// limit and one past it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace postern::sieve {

inline constexpr std::size_t kMaxScript = 1u << 20;     // bytes of one script
inline constexpr std::size_t kMaxString = 64u << 10;    // bytes of one string constant
inline constexpr std::size_t kMaxPattern = 4096;        // bytes of a :matches or :regex pattern
inline constexpr std::size_t kMaxBlockNesting = 15;     // blocks within blocks
inline constexpr std::size_t kMaxTestNesting = 15;      // tests within tests
inline constexpr std::size_t kMaxLoopNesting = 3;       // foreverypart within foreverypart
inline constexpr std::size_t kMaxListItems = 4096;      // strings of one list
inline constexpr std::size_t kMaxCommands = 64u << 10;  // commands and tests of one script
inline constexpr std::size_t kMaxErrors = 10;           // errors reported of one script
inline constexpr std::size_t kMaxIncludeNesting = 3;    // scripts included by included scripts
inline constexpr std::size_t kMaxIncludes = 64;         // scripts included in one run
inline constexpr std::size_t kMaxRedirects = 1;         // redirects of one message
inline constexpr std::size_t kMaxOutgoing = 3;          // messages that one run may send, redirects included
inline constexpr std::size_t kMaxNotifications = 10;    // notifications of one run; 0: scripts may ask for none
inline constexpr std::size_t kMaxActions = 32;          // actions of one run
inline constexpr std::size_t kMaxVariable = 4096;       // bytes of one variable's value
inline constexpr std::size_t kMaxVariables = 256;       // variables of one script
inline constexpr std::size_t kMaxFlags = 128;           // keywords of one flag list
inline constexpr std::uint64_t kMaxSteps = 5000;        // instructions that one run executes
inline constexpr std::uint64_t kMaxMatchWork =
    100'000'000;  // characters that the matchers of one run look at
inline constexpr std::uint64_t kMaxMemory = 64u
                                            << 20;  // bytes that one run holds besides the message as it came
inline constexpr std::uint64_t kMaxRunMs = 10'000;  // CPU time of one run
inline constexpr std::size_t kMaxExtractedText =
    1u << 20;  // decoded text of one part that body and extracttext see
inline constexpr std::size_t kMaxRawBody = 8u << 20;   // bytes of a body that `body :raw` sees
inline constexpr std::size_t kMaxAddedFields = 64;     // fields that one run adds to a header
inline constexpr std::size_t kMaxReason = 16u << 10;   // bytes of a rejection, vacation or notification text
inline constexpr std::size_t kMaxTrace = 10'000;       // events that a trace keeps
inline constexpr std::size_t kRegexMemory = 1u << 20;  // bytes that RE2 may take for one pattern
inline constexpr std::size_t kMaxProgram = 8u << 20;   // bytes of a serialised program
inline constexpr std::uint64_t kVacationDays = 7;      // vacation's :days where a script gives none
inline constexpr std::uint64_t kVacationMinDays = 1;
inline constexpr std::uint64_t kVacationMaxDays = 30;
inline constexpr std::uint64_t kDuplicateSeconds =
    7 * 86'400;  // duplicate's :seconds where a script gives none
inline constexpr std::uint64_t kDuplicateMaxSeconds = 7 * 86'400;  // and at most (RFC 7352 3.3)

struct Limits {
  std::size_t script = kMaxScript;
  std::size_t errors = kMaxErrors;
  std::size_t string = kMaxString;
  std::size_t pattern = kMaxPattern;
  std::size_t block_nesting = kMaxBlockNesting;
  std::size_t test_nesting = kMaxTestNesting;
  std::size_t loop_nesting = kMaxLoopNesting;
  std::size_t include_nesting = kMaxIncludeNesting;
  std::size_t includes = kMaxIncludes;
  std::size_t redirects = kMaxRedirects;
  std::size_t outgoing = kMaxOutgoing;
  std::size_t notifications = kMaxNotifications;
  std::size_t actions = kMaxActions;
  std::size_t variable = kMaxVariable;
  std::size_t variables = kMaxVariables;
  std::uint64_t steps = kMaxSteps;
  std::uint64_t match_work = kMaxMatchWork;
  std::uint64_t memory = kMaxMemory;
  std::uint64_t run_ms = kMaxRunMs;
  std::uint64_t vacation_days = kVacationDays;
  std::uint64_t vacation_min_seconds = kVacationMinDays * 86'400;  // 0: RFC 6131's "reply to every message"
  std::uint64_t vacation_max_seconds = kVacationMaxDays * 86'400;
  std::uint64_t duplicate_seconds = kDuplicateSeconds;
  std::uint64_t duplicate_max_seconds = kDuplicateMaxSeconds;
};

}  // namespace postern::sieve
