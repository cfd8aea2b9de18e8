// Any bytes, in two splits: the same commands come out, within their limits, and what is written for a client is read
// back as the same string.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "managesieve/command_reader.h"

using namespace postern::managesieve;

namespace {

std::string commands(std::string_view all, std::size_t piece) {
  CommandReader r(64);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += piece) {
    std::string_view in = all.substr(at, piece);
    for (;;) {
      auto step = r.feed(in);
      if (step == CommandReader::Step::more) break;
      out += static_cast<char>('0' + static_cast<int>(step));
      if (step == CommandReader::Step::fatal) return out;
      if (step == CommandReader::Step::command) {
        std::size_t strings = 0;
        if (r.words().size() > kMaxArguments + 1) std::abort();
        for (const Word& w : r.words()) {
          out += w.text + "\x01";
          if (w.kind == Word::Kind::string) strings += w.text.size();
          if (w.kind == Word::Kind::number && w.text != std::to_string(w.number)) std::abort();
        }
        if (strings > 64 + kMaxText) std::abort();
      }
      r.next();
    }
  }
  return out;
}

void write_and_read(std::string_view text) {
  std::string line = to_string(text);
  if (line[0] == '{') line.insert(line.find('}'), "+");   // as a client has it
  CommandReader r(1 << 20);
  std::string_view in = line += "\r\n";
  if (r.feed(in) != CommandReader::Step::command || r.words().size() != 1 || r.words()[0].text != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view all(reinterpret_cast<const char*>(data), size);
  if (commands(all, all.size() + 1) != commands(all, 3)) std::abort();
  write_and_read(all.substr(0, 100'000));
  return 0;
}
