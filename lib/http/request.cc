#include "http/request.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postern::http {
namespace {

constexpr std::size_t kMaxEmptyLines = 4;

// tchar of RFC 9110 5.6.2.
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> t{};
  for (int c = '0'; c <= '9'; ++c) t[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) t[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) t[static_cast<std::size_t>(c)] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) t[static_cast<unsigned char>(c)] = true;
  return t;
}
constexpr auto kToken = make_token_table();

bool is_token(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

// Visible ASCII only: a target never needs a raw byte over 0x7e.
bool is_visible(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return c > 0x20 && c < 0x7f; });
}

// field-value: no control characters but TAB; obs-text is let through, our own code never trusts it.
bool is_field_value(std::string_view s) {
  return std::ranges::all_of(s, [](char c) {
    auto u = static_cast<unsigned char>(c);
    return u == '\t' || (u >= 0x20 && u != 0x7f);
  });
}

std::string_view trim_blanks(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// uri-host [":" port], and no more: it is put into the URLs of the session object.
bool is_host(std::string_view s) {
  return s.size() <= 255 && std::ranges::all_of(s, [](char c) {
           return base::is_alpha(c) || base::is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' ||
                  c == '[' || c == ']';
         });
}

// 1*HEXDIG below 2^60.
bool parse_hex(std::string_view s, std::uint64_t& out) {
  if (s.empty() || s.size() > 15) return false;
  out = 0;
  for (char c : s) {
    char l = base::ascii_lower(c);
    int d = base::is_digit(l) ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
    if (d < 0) return false;
    out = out << 4 | static_cast<std::uint64_t>(d);
  }
  return true;
}

}  // namespace

std::string_view RequestHead::field(std::string_view name) const {
  for (const auto& f : fields)
    if (base::iequals(f.name, name)) return f.value;
  return {};
}

bool RequestHead::has(std::string_view name) const {
  return std::ranges::any_of(fields, [&](const Field& f) { return base::iequals(f.name, name); });
}

void HeadParser::reset() {
  head_ = {};
  refusal_ = {};
  scanned_ = line_start_ = start_ = consumed_ = 0;
  first_line_ = true;
}

HeadParser::Step HeadParser::refuse(int status, std::string_view what) {
  refusal_ = {status, what};
  return Step::refused;
}

// Finds the empty line, line by line, so that nonsense is refused as soon as it shows.
HeadParser::Step HeadParser::parse(std::string_view buffer) {
  while (true) {
    auto lf = buffer.find('\n', scanned_);
    std::size_t seen = lf == std::string_view::npos ? buffer.size() : lf;
    if (first_line_ && seen - line_start_ > kMaxRequestLine) return refuse(414, "request line too long");
    if (seen - start_ > kMaxHead) return refuse(431, "header too large");
    if (first_line_ && line_start_ < buffer.size() && buffer[line_start_] != '\r' &&
        buffer[line_start_] != '\n' && !kToken[static_cast<unsigned char>(buffer[line_start_])])
      return refuse(400, "not HTTP");
    if (lf == std::string_view::npos) {
      scanned_ = buffer.size();
      return Step::more;
    }
    if (lf == line_start_ || buffer[lf - 1] != '\r') return refuse(400, "line end without CR");
    std::size_t length = lf - 1 - line_start_;
    line_start_ = scanned_ = lf + 1;
    if (length > 0) {
      first_line_ = false;
    } else if (!first_line_) {
      consumed_ = line_start_;
      return parse_lines(buffer.substr(start_, lf + 1 - start_));
    } else {
      start_ = line_start_;
      if (start_ > 2 * kMaxEmptyLines) return refuse(400, "empty lines");
    }
  }
}

HeadParser::Step HeadParser::parse_lines(std::string_view head) {
  bool first = true;
  while (true) {
    auto end = head.find("\r\n");
    auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.empty()) break;
    bool ok = first ? request_line(line) : field_line(line);
    if (!ok) return Step::refused;
    first = false;
  }
  return finish() ? Step::done : Step::refused;
}

bool HeadParser::request_line(std::string_view line) {
  auto a = line.find(' ');
  auto b = line.rfind(' ');
  if (a == std::string_view::npos || a == b) return refuse(400, "malformed request line"), false;
  head_.method = line.substr(0, a);
  head_.target = line.substr(a + 1, b - a - 1);
  auto version = line.substr(b + 1);
  if (!is_token(head_.method) || head_.target.empty() || !is_visible(head_.target))
    return refuse(400, "malformed request line"), false;
  if (head_.method == "PRI") return refuse(400, "HTTP/2 is not spoken here"), false;
  if (version.size() != 8 || !version.starts_with("HTTP/") || !base::is_digit(version[5]) ||
      version[6] != '.' || !base::is_digit(version[7]))
    return refuse(400, "malformed request line"), false;
  if (version[5] != '1') return refuse(505, "HTTP version not supported"), false;
  head_.minor = version[7] - '0';
  return true;
}

bool HeadParser::field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(400, "folded header field"), false;
  if (head_.fields.size() == kMaxHeaders) return refuse(431, "too many header fields"), false;
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return refuse(400, "header field without colon"), false;
  Field f{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
  if (!is_token(f.name)) return refuse(400, "malformed header field name"), false;
  if (f.name.size() > kMaxHeaderName) return refuse(431, "header field name too long"), false;
  if (!is_field_value(f.value)) return refuse(400, "control character in a header field"), false;
  if (head_.fields.empty()) head_.fields.reserve(16);
  head_.fields.push_back(f);
  return true;
}

bool HeadParser::finish() {
  int hosts = 0;
  head_.keep_alive = head_.minor >= 1;
  for (const auto& f : head_.fields) {
    if (base::iequals(f.name, "host")) {
      ++hosts;
      head_.host = f.value;
    } else if (base::iequals(f.name, "connection")) {
      for (auto word : base::split(f.value, ',')) {
        word = trim_blanks(word);
        if (base::iequals(word, "close")) head_.keep_alive = false;
        if (base::iequals(word, "keep-alive") && head_.minor == 0) head_.keep_alive = true;
      }
    } else if (base::iequals(f.name, "expect")) {
      if (!base::iequals(f.value, "100-continue")) return refuse(417, "unknown expectation"), false;
      head_.expect_continue = head_.minor >= 1;
    }
  }
  if (hosts > 1 || (hosts == 0 && head_.minor >= 1)) return refuse(400, "exactly one Host is needed"), false;
  if (!is_host(head_.host)) return refuse(400, "malformed Host"), false;
  return framing();
}

// RFC 9112 6.3, without any of its leniency.
bool HeadParser::framing() {
  bool length = false, encoding = false;
  for (const auto& f : head_.fields) {
    if (base::iequals(f.name, "content-length")) {
      if (length) return refuse(400, "two Content-Length fields"), false;
      auto n = base::parse_u64(f.value);
      if (!n || f.value.size() > 15) return refuse(400, "malformed Content-Length"), false;
      head_.content_length = *n;
      length = true;
    } else if (base::iequals(f.name, "transfer-encoding")) {
      if (encoding) return refuse(400, "two Transfer-Encoding fields"), false;
      if (!base::iequals(f.value, "chunked")) return refuse(400, "unknown transfer encoding"), false;
      encoding = true;
    } else if (base::iequals(f.name, "content-encoding") && !base::iequals(f.value, "identity")) {
      return refuse(415, "compressed requests are not accepted"), false;
    }
  }
  if (length && encoding) return refuse(400, "Content-Length beside Transfer-Encoding"), false;
  if (encoding && head_.minor == 0) return refuse(400, "Transfer-Encoding in HTTP/1.0"), false;
  head_.chunked = encoding;
  return true;
}

// --- body

BodyReader::BodyReader(const RequestHead& head, std::uint64_t max)
    : chunked_(head.chunked),
      state_(head.chunked          ? State::chunk_line
             : head.content_length ? State::length
                                   : State::done),
      left_(head.chunked ? 0 : head.content_length),
      max_(max) {}

BodyReader::Step BodyReader::refuse(int status, std::string_view what) {
  refusal_ = {status, what};
  return Step::refused;
}

BodyReader::Step BodyReader::feed(std::string_view& in) {
  if (too_large()) return refuse(413, "body too large");
  while (true) {
    if (state_ == State::done) return Step::end;
    if (in.empty()) return Step::more;
    if (state_ == State::length || state_ == State::chunk_data) {
      data_ = in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size())));
      in.remove_prefix(data_.size());
      left_ -= data_.size();
      received_ += data_.size();
      if (left_ == 0) state_ = state_ == State::length ? State::done : State::chunk_end;
      return Step::data;
    }
    if (auto step = feed_line(in); step != Step::data) return step;
  }
}

// Takes one line of the chunk framing; Step::data means that the state moved on.
BodyReader::Step BodyReader::feed_line(std::string_view& in) {
  auto lf = in.find('\n');
  auto part = in.substr(0, lf);
  std::size_t room = state_ == State::trailer ? kMaxTrailer - trailer_ : kMaxChunkLine;
  if (line_.size() + part.size() > room) return refuse(400, "chunk framing too long");
  line_.append(part);
  if (state_ == State::chunk_end && !line_.empty() && line_ != "\r")
    return refuse(400, "chunk longer than its size");
  if (lf == std::string_view::npos) {
    in = {};
    return Step::more;
  }
  in.remove_prefix(lf + 1);
  if (line_.empty() || line_.back() != '\r') return refuse(400, "line end without CR");
  line_.pop_back();
  auto step = line_done();
  line_.clear();
  return step;
}

BodyReader::Step BodyReader::line_done() {
  if (state_ == State::chunk_end) {
    state_ = State::chunk_line;
    return Step::data;
  }
  if (state_ == State::chunk_line) return chunk_line();
  // Trailer fields are read and dropped.
  if (line_.empty()) {
    state_ = State::done;
  } else {
    trailer_ += line_.size() + 2;
    auto colon = line_.find(':');
    if (colon == std::string::npos || !is_token(std::string_view(line_).substr(0, colon)) ||
        !is_field_value(line_) || trailer_ > kMaxTrailer)
      return refuse(400, "malformed trailer");
  }
  return Step::data;
}

BodyReader::Step BodyReader::chunk_line() {
  std::string_view line = line_;
  auto size = line.substr(0, line.find(';'));
  if (!is_field_value(line) || !parse_hex(size, left_)) return refuse(400, "malformed chunk size");
  if (left_ > max_ - received_) return refuse(413, "body too large");
  state_ = left_ ? State::chunk_data : State::trailer;
  return Step::data;
}

}  // namespace postern::http
