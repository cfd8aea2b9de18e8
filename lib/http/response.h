// Writes response heads.  Header values come from our own code or have been cleaned: append_field() drops
// control characters, so that no value can begin a new line.  RFC 9110, RFC 9112.  Tests:
// t/unit/http_response.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::http {

std::string_view reason(int status);
// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_seconds);

void append_field(std::string& out, std::string_view name, std::string_view value);

class ResponseHead {
 public:
  explicit ResponseHead(int status);
  ResponseHead& field(std::string_view name, std::string_view value);
  // Fields that every answer carries so that browser clients of `origin` may read it; none when that is
  // empty.  With
  // "*" browsers honour no ambient credentials, so a foreign page can act only with a password that it was
  // given.
  ResponseHead& cors(std::string_view origin);
  // The answer to a preflight request.
  ResponseHead& cors_preflight(std::string_view origin);
  // Ends the head.  With a length: Content-Length; without: Transfer-Encoding: chunked.  204 and 304 have
  // neither.
  std::string finish(std::optional<std::uint64_t> content_length, bool keep_alive);

 private:
  int status_;
  std::string out_;
};

// One chunk of a chunked body; an empty one would end it, so nothing is written for it.
void append_chunk(std::string& out, std::string_view data);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// attachment; filename="..."; filename*=UTF-8''...   (RFC 6266, RFC 8187)
std::string content_disposition(std::string_view filename);

struct ByteRange {
  std::uint64_t first = 0, last = 0;  // inclusive
};
enum class RangeAnswer { whole, part, unsatisfiable };
// Reads a Range field with one range; several ranges, other units and nonsense give `whole` (RFC 9110 14.2
// allows ignoring it).
RangeAnswer parse_range(std::string_view value, std::uint64_t size, ByteRange& out);

}  // namespace postern::http
