// A message and what a script made of it: each version as a whole message, to be stored or sent.
// Runs in: lmtpd, imapd, postern.  Input: sieved's answer about a hostile message; sizes are checked.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "client/incoming.h"
#include "proto/sieve.pb.h"

namespace postern::client {

class SieveVersions {
 public:
  // `original` outlives this.
  explicit SieveVersions(const Incoming& original) : original_(original) {}
  // Makes those that differ from the message as it came; files in `spool_dir`.  A temporary error when it can't be written.
  base::Result<> make(const sieved::Outcome& outcome, const std::string& spool_dir);
  // REQUIRES: make() has made it, or it is the message as it came.
  const Incoming& message(std::uint32_t version) const;
  bool is_original(std::uint32_t version) const { return !made_.contains(version); }
  // `before`, and then the version, as a program reads it.
  base::Result<base::Fd> text(std::uint32_t version, std::string_view before) const;
  // SHA-256 of the version.
  base::Result<std::string> digest(std::uint32_t version) const;

 private:
  base::Result<> append_original(std::uint64_t from, Incoming& to) const;
  const Incoming& original_;
  std::map<std::uint32_t, std::unique_ptr<Incoming>> made_;
};

}  // namespace postern::client
