#include "http/response.h"

#include <stdio.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "base/codec.h"
#include "base/system.h"
#include "base/text.h"

namespace postern::http {
namespace {

struct Reason {
  int status;
  std::string_view text;
};
constexpr std::array kReasons = {
    Reason{100, "Continue"},
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{408, "Request Timeout"},
    Reason{411, "Length Required"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Range Not Satisfiable"},
    Reason{417, "Expectation Failed"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{503, "Service Unavailable"},
    Reason{505, "HTTP Version Not Supported"},
};

constexpr std::string_view kMethods = "GET, HEAD, POST, OPTIONS";

// The date of this second, made once a second and thread.
std::string_view date_now() {
  thread_local std::int64_t at = -1;
  thread_local std::string text;
  if (auto now = base::unix_now(); now != at) {
    text = http_date(now);
    at = now;
  }
  return text;
}

bool attr_char(char c) {
  return base::is_alpha(c) || base::is_digit(c) ||
         std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

std::string_view reason(int status) {
  for (const auto& r : kReasons)
    if (r.status == status) return r.text;
  return "Unknown";
}

std::string http_date(std::int64_t unix_seconds) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  tm t{};
  time_t s = unix_seconds;
  if (!gmtime_r(&s, &t)) return "Thu, 01 Jan 1970 00:00:00 GMT";
  char buf[64];
  snprintf(buf, sizeof buf, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[static_cast<std::size_t>(t.tm_wday)],
           t.tm_mday, kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour, t.tm_min,
           t.tm_sec);
  return buf;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (char c : value)
    if (auto u = static_cast<unsigned char>(c); u >= 0x20 && u != 0x7f) out += c;
  out.append("\r\n");
}

ResponseHead::ResponseHead(int status) : status_(status) {
  out_.reserve(512);
  out_.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason(status)).append("\r\n");
  append_field(out_, "Date", date_now());
}

ResponseHead& ResponseHead::field(std::string_view name, std::string_view value) {
  append_field(out_, name, value);
  return *this;
}

ResponseHead& ResponseHead::cors(std::string_view origin) {
  if (origin.empty()) return *this;
  append_field(out_, "Access-Control-Allow-Origin", origin);
  if (origin != "*") append_field(out_, "Vary", "Origin");
  append_field(out_, "Access-Control-Expose-Headers",
               "Content-Disposition, Content-Range, Retry-After, WWW-Authenticate");
  return *this;
}

ResponseHead& ResponseHead::cors_preflight(std::string_view origin) {
  append_field(out_, "Allow", kMethods);
  if (origin.empty()) return *this;
  append_field(out_, "Access-Control-Allow-Origin", origin);
  append_field(out_, "Access-Control-Allow-Methods", kMethods);
  append_field(out_, "Access-Control-Allow-Headers",
               "Accept, Accept-Language, Authorization, Cache-Control, Content-Type, Last-Event-ID, Range, "
               "X-Requested-With");
  append_field(out_, "Access-Control-Max-Age", "86400");
  return *this;
}

std::string ResponseHead::finish(std::optional<std::uint64_t> content_length, bool keep_alive) {
  bool bodiless = status_ == 204 || status_ == 304 || status_ < 200;
  if (!bodiless) {
    if (content_length)
      append_field(out_, "Content-Length", std::to_string(*content_length));
    else
      append_field(out_, "Transfer-Encoding", "chunked");
  }
  append_field(out_, "Connection", keep_alive ? "keep-alive" : "close");
  out_.append("\r\n");
  return std::move(out_);
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  char buf[24];
  int n = snprintf(buf, sizeof buf, "%zx\r\n", data.size());
  out.append(buf, static_cast<std::size_t>(n)).append(data).append("\r\n");
}

std::string content_disposition(std::string_view filename) {
  // A name is one component: what is before the last slash of either kind is dropped.
  if (auto cut = filename.find_last_of("/\\"); cut != std::string_view::npos) filename.remove_prefix(cut + 1);
  if (filename.size() > 255) filename = filename.substr(0, 255);
  while (!filename.empty() && !base::is_valid_utf8(filename)) filename.remove_suffix(1);
  if (filename.empty() || filename == "." || filename == "..") filename = "download";
  std::string plain, extended;
  for (char c : filename) {
    auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) continue;
    plain += u >= 0x80 || c == '"' || c == '%' ? '_' : c;
    if (attr_char(c))
      extended += c;
    else
      extended.append("%").append(base::to_upper(base::hex({&c, 1})));
  }
  if (plain.empty()) plain = extended = "download";
  std::string out = "attachment; filename=\"" + plain + "\"";
  if (plain != extended) out += "; filename*=UTF-8''" + extended;
  return out;
}

RangeAnswer parse_range(std::string_view value, std::uint64_t size, ByteRange& out) {
  if (!base::istarts_with(value, "bytes=")) return RangeAnswer::whole;
  value = base::trim(value.substr(6));
  auto dash = value.find('-');
  if (dash == std::string_view::npos || value.find(',') != std::string_view::npos) return RangeAnswer::whole;
  auto a = value.substr(0, dash), b = value.substr(dash + 1);
  auto first = base::parse_u64(a), last = base::parse_u64(b);
  if ((!a.empty() && !first) || (!b.empty() && !last) || (!first && !last)) return RangeAnswer::whole;
  if (!first) {  // the last N bytes
    if (*last == 0 || size == 0) return RangeAnswer::unsatisfiable;
    out = {size - std::min(*last, size), size - 1};
    return RangeAnswer::part;
  }
  if (last && *last < *first) return RangeAnswer::whole;
  if (*first >= size) return RangeAnswer::unsatisfiable;
  out = {*first, last ? std::min(*last, size - 1) : size - 1};
  return RangeAnswer::part;
}

}  // namespace postern::http
