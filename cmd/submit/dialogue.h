// One SMTP transaction over a connected socket.
// Runs in: submit.  Input: the host's replies, hostile: lines and their number are bounded, and the socket's own timeouts
// end a silence.  Tests: t/system/test_submit.py
#pragma once
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "smtp/submission.h"

namespace postern::submit {

class Dialogue {
 public:
  explicit Dialogue(base::Fd socket) : socket_(std::move(socket)) {}
  // Sends `message`, of s.size bytes, as `helo`.  Success: the host has taken it, for all but those in refused().  Temporary
  // errors: for nobody; a later try may succeed.
  base::Result<> run(const std::string& helo, const smtp::Submission& s, const base::Fd& message);
  // Recipients that the host will never take, with its words, a line each.
  const std::string& refused() const { return refused_; }

 private:
  struct Answer {
    int code = 0;
    std::string text;   // of the last line, printable
  };
  base::Result<Answer> answer(smtp::Host* host = nullptr);
  // Sends a line and wants an answer whose code begins with `digit`.
  base::Result<Answer> say(const std::string& line, char digit, smtp::Host* host = nullptr);
  base::Result<> recipients(const smtp::Submission& s, const smtp::Host& host);
  base::Result<> text(const smtp::Submission& s, const base::Fd& message);
  base::Result<std::string> line();

  base::Fd socket_;
  std::string input_;
  std::string refused_;
};

}  // namespace postern::submit
