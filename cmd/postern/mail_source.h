// Messages in files: mbox, Maildir, and one file each.  Read as streams: a message is never held whole.
// Runs in: postern import.  Input: other programs' files, hostile.  Tests: t/system/test_import.py
//
// mbox: a message begins at a line "From " at the beginning or after an empty line, which belongs to the
// format; ">From " loses one ">" (mboxrd).  Flags of Status, X-Status and X-Keywords are read; the fields
// stay in the message, but for the kExportFields that our own export put before it (kExportSender in the From
// line): there only these count. Maildir: cur/ and new/; flags from the name, keywords from dovecot-keywords;
// folders as Maildir++ (.A.B) and nested.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::cli {

inline constexpr std::string_view kExportSender = "postern-export";
inline constexpr int kExportFields = 3;  // Status, X-Status, X-Keywords

struct SourceMessage {
  std::string mailbox;         // below the chosen one; empty: that itself.  Levels are parted by /
  std::string path;            // file
  std::string key;             // file by which it is known again: without what a Maildir changes in a name
  std::uint64_t position = 0;  // byte offset in the file
  std::int64_t received = 0;   // unix seconds; 0 = unknown
  std::vector<std::string> flags;  // "\\Seen", keywords
};

// What happens to each message: begin, its bytes, end.  An error of any of them ends the walk.
struct MessageSink {
  std::function<base::Result<>(const SourceMessage&)> begin;
  std::function<base::Result<>(std::string_view)> bytes;
  // Flags that were found inside the message (mbox) come here.
  std::function<base::Result<>(SourceMessage)> end;
};

base::Result<> read_mbox(const std::string& path, const std::string& mailbox, const MessageSink& sink);
base::Result<> read_maildir(const std::string& dir, const MessageSink& sink);
base::Result<> read_eml(const std::string& path, const std::string& mailbox, const MessageSink& sink);
// Files of a folder and below with the mailbox that each stands for (its path, for mbox; its folder's path,
// for eml).
base::Result<std::vector<std::pair<std::string, std::string>>> list_files(const std::string& dir,
                                                                          bool mailbox_is_folder);

}  // namespace postern::cli
