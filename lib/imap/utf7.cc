#include "imap/utf7.h"

#include <array>
#include <cstdint>

namespace postern::imap {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> t{};
  t.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    t[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return t;
}
constexpr auto kValue = make_values();

void put_utf8(std::string& out, std::uint32_t c) {
  auto byte = [&out](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | c >> 6);
    byte(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  } else {
    byte(0xf0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3f));
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  }
}

bool printable(std::uint32_t c) {
  return c >= 0x20 && c <= 0x7e;
}

// The bytes between '&' and '-'.
bool decode_shift(std::string_view b64, std::string& out) {
  std::uint32_t bits = 0;
  int have = 0;
  std::uint32_t high = 0;
  for (char c : b64) {
    int v = kValue[static_cast<unsigned char>(c)];
    if (v < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    have += 6;
    if (have < 16) continue;
    have -= 16;
    std::uint32_t unit = bits >> have & 0xffff;
    bits &= (1u << have) - 1;
    if (unit >= 0xdc00 && unit <= 0xdfff) {
      if (!high) return false;
      put_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      high = 0;
      continue;
    }
    if (high) return false;
    if (unit >= 0xd800 && unit <= 0xdbff) {
      high = unit;
      continue;
    }
    if (printable(unit)) return false;
    put_utf8(out, unit);
  }
  return !high && have < 6 && bits == 0;
}

std::uint32_t take_utf8(std::string_view s, std::size_t& i) {
  auto b = [&s](std::size_t k) { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
  std::uint32_t c = b(i);
  int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
  if (more) c &= 0x3fu >> more;
  for (int k = 1; k <= more; ++k) c = c << 6 | (b(i + static_cast<std::size_t>(k)) & 0x3f);
  i += static_cast<std::size_t>(more) + 1;
  return c;
}

class ShiftWriter {
 public:
  explicit ShiftWriter(std::string& out) : out_(out) {}
  void unit(std::uint32_t u) {
    if (!open_) out_ += '&';
    open_ = true;
    bits_ = bits_ << 16 | u;
    have_ += 16;
    for (; have_ >= 6; have_ -= 6) out_ += kAlphabet[bits_ >> (have_ - 6) & 0x3f];
    bits_ &= (1u << have_) - 1;
  }
  void close() {
    if (!open_) return;
    if (have_ > 0) out_ += kAlphabet[bits_ << (6 - have_) & 0x3f];
    out_ += '-';
    open_ = false;
    have_ = 0;
    bits_ = 0;
  }

 private:
  std::string& out_;
  std::uint32_t bits_ = 0;
  int have_ = 0;
  bool open_ = false;
};

}  // namespace

std::optional<std::string> utf7_to_utf8(std::string_view s) {
  std::string out;
  bool after_shift = false;
  for (std::size_t i = 0; i < s.size();) {
    char c = s[i];
    if (!printable(static_cast<unsigned char>(c))) return std::nullopt;
    if (c != '&') {
      out += c;
      ++i;
      after_shift = false;
      continue;
    }
    std::size_t end = s.find('-', i);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view b64 = s.substr(i + 1, end - i - 1);
    i = end + 1;
    if (b64.empty()) {
      out += '&';
      after_shift = false;
      continue;
    }
    if (after_shift || !decode_shift(b64, out)) return std::nullopt;
    after_shift = true;
  }
  return out;
}

std::string utf8_to_utf7(std::string_view s) {
  std::string out;
  ShiftWriter shift(out);
  for (std::size_t i = 0; i < s.size();) {
    std::uint32_t c = take_utf8(s, i);
    if (printable(c)) {
      shift.close();
      out += static_cast<char>(c);
      if (c == '&') out += '-';
    } else if (c >= 0x10000) {
      shift.unit(0xd800 + ((c - 0x10000) >> 10));
      shift.unit(0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
      shift.unit(c);
    }
  }
  shift.close();
  return out;
}

}  // namespace postern::imap
