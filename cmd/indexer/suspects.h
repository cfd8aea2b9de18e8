// What may have brought the process down: a message, or an index whose files are damaged in a way that Xapian does not notice.
// Before one is worked on its name is written into a file, and taken out after it; what stands there when the process starts is
// suspect.  One that goes well is suspect no more.  Nothing is flushed: only the machine's own end loses it.
// One at a time.  Files "working" and "suspects" of var/fts.  Tests: t/system/test_indexer.py
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/result.h"

namespace postern::indexer {

class Suspects {
 public:
  static base::Result<Suspects> open(const std::string& dir);
  // Around all work on one account's index.
  void enter(std::uint64_t account);
  void leave();
  // It brought the process down kMaxCrashes times, one after the other: throw it away.  Asked once.
  bool index_is_suspect(std::uint64_t account);
  // Inside of that, around one message.  False: it crashed its reader kMaxCrashes times one after the other; leave it alone.
  bool begin(std::uint64_t account, std::uint64_t email);
  void end();
  // In place of end(): it went well so far, but there is more to do with it.
  void pause();
  // The whole account is to be made anew: its messages are tried again.
  void pardon(std::uint64_t account);

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;  // account and email; email 0: the index
  void write(Key at);
  void went_well(Key at);
  void save() const;
  std::string path_;
  base::Fd working_;
  Key at_{};
  std::map<Key, unsigned> crashes_;
};

}  // namespace postern::indexer
