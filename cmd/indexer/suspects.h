// Messages that may have brought the process down.  Before a message is read its name is written into a file, and taken out
// after it; what stands there when the process starts is suspect.  Nothing is flushed: only the machine's own end loses it.
// One worker at a time.  Files "working" and "suspects" of var/fts.  Tests: t/system/test_indexer.py
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
  // False: the message crashed its reader kMaxCrashes times; leave it alone.
  bool begin(std::uint64_t account, std::uint64_t email);
  void end();
  // The whole account is to be made anew: its messages are tried again.
  void pardon(std::uint64_t account);

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  void save() const;
  std::string path_;
  base::Fd working_;
  std::map<Key, unsigned> crashes_;
};

}  // namespace postern::indexer
