// Between the messages of lib/proto/sieve.proto and the values of lib/sieve.
#pragma once
#include "base/file.h"
#include "base/result.h"
#include "cmd/sieved/settings.h"
#include "proto/sieve.pb.h"
#include "sieve/interpreter.h"

namespace postern::sieved_daemon {

// A message in a descriptor, read with pread.  INVALID for what is no regular file.
base::Result<std::shared_ptr<const sieve::MessageSource>> message_in(base::Fd fd);

// Everything of a run but its scripts and message.
sieve::RunInput input_of(const sieved::Run& run, const Settings& settings);
// LIMIT when the messages in it are larger than kMaxWhole, or why one can't be read.
base::Result<sieved::Question> question_of(const sieve::Question& q);
sieve::Answer answer_of(const sieved::Answer& a);
base::Result<sieved::Outcome> outcome_of(const sieve::Outcome& o, const sieve::MessageSource& original);

}  // namespace postern::sieved_daemon
