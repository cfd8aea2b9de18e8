// Compiled scripts by content: a delivery pays for a compilation once.
// Runs in: sieved, loop thread.  Limits: kMaxCachedPrograms, kMaxCachedText; the longest unused go.
#pragma once
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "sieve/program.h"

namespace postern::sieved_daemon {

// What became of a text: a program, or why there is none.
struct Cached {
  std::shared_ptr<const sieve::Program> program;
  std::string error;
};

class Cache {
 public:
  // `key`: a checksum of the text and of what it may use.
  std::optional<Cached> find(const std::string& key);
  void put(std::string key, Cached value, std::size_t text_bytes);

 private:
  struct Entry {
    Cached value;
    std::size_t bytes = 0;
    std::list<std::string>::iterator place;
  };
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> recent_;   // latest first
  std::size_t bytes_ = 0;
};

}  // namespace postern::sieved_daemon
