// The client's side of SMTP, as far as it is text: a host's replies, what it announced, MAIL and RCPT with their parameters.
// RFC 5321, 1870 (SIZE), 6152 (8BITMIME), 6531 (SMTPUTF8), 3461 (DSN), 2852 (DELIVERBY).
// Runs in: submit.  Pure.  Input: the host's replies, hostile; what is to be sent, checked here.
// Tests: t/unit/smtp_submission.cc, t/fuzz/smtp_reply.cc, t/system/test_submit.py
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postern::smtp {

inline constexpr std::size_t kMaxReplyLine = 4096;   // RFC 5321 4.5.3.1.5 says 512; hosts explain more
inline constexpr std::size_t kMaxReplyLines = 200;

struct ReplyLine {
  int code = 0;            // 200 to 599
  bool last = true;        // no further line of this reply follows
  std::string_view text;   // behind the code
};
// One line without its ending; nothing when it is no reply.
std::optional<ReplyLine> parse_reply_line(std::string_view line);

// What a host announced in its reply to EHLO.
struct Host {
  bool eight_bit = false, utf8 = false, dsn = false, size = false, deliver_by = false, starttls = false;
  std::uint64_t max_size = 0;    // 0: not said
  std::uint64_t min_by = 0;      // seconds that a time limit with "return" must leave at least
};
// One line of that reply, and not the first.
void take_extension(Host& host, std::string_view text);

// The value of BY (RFC 2852 4): "600;R", "-5;NT".
struct DeliverBy {
  std::int64_t seconds = 0;   // left
  bool back = false;          // by-mode R: it comes back when it is late
  bool trace = false;
};
std::optional<DeliverBy> parse_deliver_by(std::string_view text);

struct Submission {
  std::string sender;                    // empty: <>
  std::vector<std::string> recipients;
  std::string notify;                    // "NEVER", or of "SUCCESS,FAILURE,DELAY"; empty: not said
  std::string ret;                       // "FULL", "HDRS", or empty
  std::optional<DeliverBy> by;
  std::uint64_t size = 0;                // of the message
  bool eight_bit = false;                // it has bytes over 127
  bool utf8_header = false;              // in its header
};
// Without CRLF.  Permanent errors: an address that can't be said, or not to this host; a time limit that the host does not
// keep (RFC 2852 4.1.4.1); a message that is too large.
base::Result<std::string> mail_line(const Submission& s, const Host& host);
base::Result<std::string> rcpt_line(const Submission& s, const std::string& to, const Host& host);

}  // namespace postern::smtp
