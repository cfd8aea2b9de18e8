// Any message in any pieces: lines end in CRLF, only the last is a lone dot, and what a client reads back is the message.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pop3/message_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::size_t piece = data[0] % 17 + 1;
  std::uint64_t lines = data[1] < 128 ? postern::pop3::kAllLines : data[1] - 128u;
  std::string_view message(reinterpret_cast<const char*>(data) + 2, size - 2);
  postern::pop3::MessageWriter w(lines);
  std::string out, back, want;
  bool more = true;
  for (std::size_t at = 0; at < message.size() && more; at += piece) more = w.feed(message.substr(at, piece), out);
  w.finish(out);
  if (lines == postern::pop3::kAllLines && postern::pop3::goes_as_it_is(message) && out != std::string(message) + ".\r\n") std::abort();
  if (!out.ends_with(".\r\n") || out.find('\0') != std::string::npos) std::abort();
  std::string_view rest = out;
  for (;;) {
    std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) std::abort();
    std::string_view line = rest.substr(0, end);
    if (line.find('\n') != std::string_view::npos) std::abort();
    rest.remove_prefix(end + 2);
    if (line == ".") break;
    back += line.starts_with('.') ? line.substr(1) : line;
    back += "\r\n";
  }
  if (!rest.empty()) std::abort();
  for (char c : message) {
    if (c == '\n' && !want.ends_with('\r')) want += '\r';
    want += c ? c : '\x80';
  }
  if (!want.empty() && !want.ends_with("\r\n")) want += "\r\n";
  if (lines == postern::pop3::kAllLines ? back != want : !want.starts_with(back)) std::abort();
  return 0;
}
