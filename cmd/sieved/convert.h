// Between the messages of lib/proto/sieve.proto and the values of lib/sieve.
#pragma once
#include <algorithm>

#include "base/file.h"
#include "base/result.h"
#include "cmd/sieved/settings.h"
#include "proto/sieve.pb.h"
#include "sieve/interpreter.h"

namespace postern::sieved_daemon {

// A message in a descriptor, read with pread.  INVALID for what is no regular file.
base::Result<std::shared_ptr<const sieve::MessageSource>> message_in(base::Fd fd);

// A message of which only the beginning has come.  A run that reads more of it fails, and has to be begun anew.
class Beginning : public sieve::MessageSource {
 public:
  // REQUIRES: `bytes` is not longer than `size`.
  Beginning(std::string bytes, std::uint64_t size) : bytes_(std::move(bytes)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  base::Result<std::string> read(std::uint64_t offset, std::size_t n) const override;
  // Never nothing: who reads on must come to an end.
  std::size_t beginning() const override { return std::max<std::size_t>(bytes_.size(), 1); }
  bool fell_short() const { return fell_short_; }

 private:
  std::string bytes_;
  std::uint64_t size_;
  mutable bool fell_short_ = false;
};

// Everything of a run but its scripts and message.
sieve::RunInput input_of(const sieved::Run& run, const Settings& settings);
// LIMIT when the messages in it are larger than kMaxWhole, or why one can't be read.
base::Result<sieved::Question> question_of(const sieve::Question& q);
sieve::Answer answer_of(const sieved::Answer& a);
base::Result<> put_outcome(sieved::Outcome& out, const sieve::Outcome& o, const sieve::MessageSource& original);

}  // namespace postern::sieved_daemon
