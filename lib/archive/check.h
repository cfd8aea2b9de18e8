// `postern verify`: everything that can be known of one folder of an archive from the folder alone.
// Runs in: postern.  Input: hostile; memory: about 100 bytes an email.  Tests: t/unit/archive_reader.cc
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "archive/reader.h"

namespace postern::archive {

struct Checked {
  std::uint64_t lines = 0, mailboxes = 0, emails = 0, deleted = 0, messages = 0, message_bytes = 0;
  std::uint64_t unnamed = 0;           // message files that no line names; they harm nobody
  std::vector<std::string> findings;   // at most kMaxFindings
};

// Lines: their checksum, each by itself, and against each other: ids, order, mailboxes, UIDs, modseqs, flags.
// Messages: presence, size, checksum.  Counts against the manifest.  `progress` is called now and then with the
// messages done.  An error is what kept it from looking; damage is a finding.
Result<Checked> check(const Reader& reader, const std::function<void(std::uint64_t)>& progress);

}  // namespace postern::archive
