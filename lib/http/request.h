// HTTP/1.1 requests: the head and the framing of the body.  Bytes in, value out; nothing here reads a socket.
// Runs in: jmapd.  Input: hostile, before login.  Memory: views into the caller's buffer and one vector of
// fields. Strict where leniency lets two parties disagree about where a request ends (request smuggling):
// CRLF only, no folding, no blank before the colon, one Content-Length, never Content-Length beside
// Transfer-Encoding, `chunked` alone.  HTTP/2 is not spoken: its preface is a 400. RFC 9110, RFC 9112. Tests:
// t/unit/http_request.cc, t/fuzz/http_request.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/limits.h"

namespace postern::http {

struct Field {
  std::string_view name, value;  // value without blanks at its ends
};

// A parsed head.  All views are into the buffer that HeadParser::parse was given.
struct RequestHead {
  std::string_view method;  // as written: methods are case-sensitive
  std::string_view target;  // raw: read it with parse_target()
  int minor = 1;            // HTTP/1.minor
  std::vector<Field> fields;
  std::string_view host;
  bool keep_alive = true;
  bool expect_continue = false;
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool has_body() const { return chunked || content_length > 0; }
  // The first field with this name (no case); empty when absent.
  std::string_view field(std::string_view name) const;
  bool has(std::string_view name) const;
};

// What to answer before closing the connection.  `what` is a literal and contains nothing of the request.
struct Refusal {
  int status = 400;
  std::string_view what;
};

class HeadParser {
 public:
  enum class Step { more, done, refused };
  // `buffer` holds everything received since the end of the last request.  After `more`, call again with the
  // same bytes and at least one new one at the end: what was scanned is not scanned again.  Empty lines
  // before a request are skipped (RFC 9112 2.2), few of them.
  Step parse(std::string_view buffer);
  // After `done`: valid while the buffer is.  The body begins at consumed().
  const RequestHead& head() const { return head_; }
  std::size_t consumed() const { return consumed_; }
  const Refusal& refusal() const { return refusal_; }
  // For the next request on the connection.
  void reset();

 private:
  Step refuse(int status, std::string_view what);
  Step parse_lines(std::string_view head);
  bool request_line(std::string_view line);
  bool field_line(std::string_view line);
  bool finish();
  bool framing();
  RequestHead head_;
  Refusal refusal_;
  std::size_t scanned_ = 0, line_start_ = 0, start_ = 0, consumed_ = 0;
  bool first_line_ = true;
};

// Cuts a body out of the stream.
class BodyReader {
 public:
  enum class Step {
    more,     // `in` is used up, the body goes on
    data,     // data() is the next piece: a view into `in`
    end,      // the body is complete; what is left of `in` belongs to the next request
    refused,  // answer refusal() and close
  };
  // At most `max` bytes of content; past it 413.
  BodyReader(const RequestHead& head, std::uint64_t max);
  // Consumes the front of `in` up to the first event.
  Step feed(std::string_view& in);
  std::string_view data() const { return data_; }
  std::uint64_t received() const { return received_; }
  const Refusal& refusal() const { return refusal_; }
  // True when the length is announced and too large: can be refused before anything is read.
  bool too_large() const { return !chunked_ && left_ > max_; }

 private:
  enum class State { length, chunk_line, chunk_data, chunk_end, trailer, done };
  Step refuse(int status, std::string_view what);
  Step feed_line(std::string_view& in);
  Step line_done();
  Step chunk_line();
  bool chunked_;
  State state_;
  std::uint64_t left_ = 0, max_, received_ = 0;
  std::size_t trailer_ = 0;
  std::string line_;
  std::string_view data_;
  Refusal refusal_;
};

}  // namespace postern::http
