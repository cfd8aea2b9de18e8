// One SMTP transaction over a connection that has been made.
// Runs in: submit.  Input: the host's replies, hostile: lines and their number are bounded, and the stream's own timeouts
// end a silence.  Tests: t/system/test_submit.py
#pragma once
#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "io/stream.h"
#include "io/task.h"
#include "smtp/submission.h"

namespace postern::submit {

// STARTTLS (RFC 3207).
struct Encryption {
  std::shared_ptr<io::TlsContext> context;   // null: never
  bool must = false;                         // nothing is said of the message without it
  std::string name;                          // of the host's certificate, where the context verifies it
};

class Dialogue {
 public:
  Dialogue(io::Stream stream, Encryption encryption) : stream_(std::move(stream)), encryption_(std::move(encryption)) {}
  // Sends `message`, of s.size bytes, as `helo`.  Success: the host has taken it, for all but those in refused().  Temporary
  // errors: for nobody; a later try may succeed.  Code "TLS": the handshake failed, before anything was said of the message.
  // REQUIRES: all references outlive the task.
  io::Task<base::Result<>> run(const std::string& helo, const smtp::Submission& s, const base::Fd& message);
  // Recipients that the host will never take, with its words, a line each.
  const std::string& refused() const { return refused_; }

 private:
  struct Answer {
    int code = 0;
    std::string text;   // of the last line, printable
  };
  io::Task<base::Result<Answer>> answer(smtp::Host* host = nullptr);
  // Sends a line and wants an answer whose code begins with `digit`.
  io::Task<base::Result<Answer>> say(std::string line, char digit, smtp::Host* host = nullptr);
  // EHLO, or HELO to an old host.
  io::Task<base::Result<>> hello(const std::string& helo, smtp::Host& host);
  io::Task<base::Result<>> encrypt(const std::string& helo, smtp::Host& host);
  io::Task<base::Result<>> recipients(const smtp::Submission& s, const smtp::Host& host);
  io::Task<base::Result<>> text(const smtp::Submission& s, const base::Fd& message);

  io::Stream stream_;
  Encryption encryption_;
  std::string refused_;
};

}  // namespace postern::submit
