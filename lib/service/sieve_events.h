// The rows of imap.sieve_event: scripts of the administrator's that run when messages come or change by IMAP.
//
//   to=\Junk cause=COPY,APPEND    learn-spam.sieve
//   from=\Junk cause=COPY         learn-ham.sieve
//   to=Archive/* cause=FLAG after archive.sieve
//
// Words that say when, then the script's file, all parted by blanks.  A mailbox is said as LIST does, with * and %, or by
// its special use; blanks in its name are written %.
// Runs in: imapd, and wherever postern.conf is checked.  Pure; input: the admin's.  Tests: t/unit/service_sieve_events.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::service {

inline constexpr std::size_t kMaxSieveEvents = 64;   // rows

struct SieveEventRule {
  enum Cause : std::uint8_t { append = 1, copy = 2, flag = 4 };   // RFC 6785 4.1; a MOVE is a COPY
  std::string to, from;                    // a pattern, or "\Junk"; empty: any mailbox, and wherever it comes from
  std::uint8_t causes = append | copy | flag;
  bool after = false;                      // after the script of the mailbox, not before it
  std::string script;                      // a file
};

// 0: none.
std::uint8_t sieve_cause(std::string_view name);
// One row.  The error says what was expected.
base::Result<SieveEventRule> parse_sieve_event(std::string_view row);
// Those of the option's value, one a line.
base::Result<std::vector<SieveEventRule>> parse_sieve_events(std::string_view rows);

}  // namespace postern::service
