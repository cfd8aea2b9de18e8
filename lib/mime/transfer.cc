#include "mime/transfer.h"

#include <array>

#include "base/text.h"
#include "mime/detail.h"

namespace postern::mime {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::int8_t kSkip = -1, kStray = -2, kPad = -3;
constexpr std::size_t kMaxBlanks = 1024;

constexpr std::array<std::int8_t, 256> make_table() {
  std::array<std::int8_t, 256> t{};
  for (auto& v : t) v = kStray;
  for (std::size_t i = 0; i < 64; ++i)
    t[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  for (unsigned char c : {' ', '\t', '\r', '\n'}) t[c] = kSkip;
  t['='] = kPad;
  return t;
}
constexpr auto kTable = make_table();

// Groups of four good characters; stops at the first place that needs care.
std::size_t decode_groups(std::string_view in, std::size_t i, std::string& out) {
  auto at = [&](std::size_t k) { return kTable[static_cast<unsigned char>(in[k])]; };
  std::size_t start = out.size();
  out.resize(start + (in.size() - i) / 4 * 3);
  char* to = out.data() + start;
  for (; i + 4 <= in.size(); i += 4) {
    int a = at(i), b = at(i + 1), c = at(i + 2), d = at(i + 3);
    if ((a | b | c | d) < 0) break;
    std::uint32_t v = static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d);
    *to++ = static_cast<char>(v >> 16);
    *to++ = static_cast<char>(v >> 8);
    *to++ = static_cast<char>(v);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return i;
}

enum QpState { kText, kEquals, kHex, kEqualsCr, kCr };

}  // namespace

Encoding encoding_of(std::string_view name) {
  name = base::trim(name);
  if (name.empty() || base::iequals(name, "7bit") || base::iequals(name, "8bit") ||
      base::iequals(name, "binary"))
    return Encoding::identity;
  if (base::iequals(name, "base64")) return Encoding::base64;
  if (base::iequals(name, "quoted-printable")) return Encoding::quoted_printable;
  return Encoding::unknown;
}

void TransferDecoder::decode(std::string_view bytes, std::string& out) {
  if (encoding_ == Encoding::base64)
    decode_base64(bytes, out);
  else if (encoding_ == Encoding::quoted_printable)
    decode_qp(bytes, out);
  else
    out += bytes;
}

void TransferDecoder::decode_base64(std::string_view in, std::string& out) {
  for (std::size_t i = 0; i < in.size();) {
    if (bits_ == 0 && !ended_ && in.size() - i >= 4) {
      // Line by line, so that the resize above stays small against what it decodes.
      auto line = in.substr(0, std::min(in.size(), i + 128));
      std::size_t next = decode_groups(line, i, out);
      if (next > i) {
        i = next;
        continue;
      }
    }
    auto v = kTable[static_cast<unsigned char>(in[i++])];
    if (v >= 0) {
      if (ended_) {
        // Several encoded pieces set one after the other are read on; what was left over of the first is
        // gone.
        malformed_ = true;
        ended_ = false;
        acc_ = 0;
        bits_ = 0;
      }
      acc_ = (acc_ << 6 | static_cast<std::uint32_t>(v)) & 0xffffff;
      bits_ += 6;
      if (bits_ == 24) {
        out += static_cast<char>(acc_ >> 16 & 0xff);
        out += static_cast<char>(acc_ >> 8 & 0xff);
        out += static_cast<char>(acc_ & 0xff);
        bits_ = 0;
        acc_ = 0;
      }
    } else if (v == kPad) {
      if (!ended_ && bits_ < 12) malformed_ = true;
      finish_group(out);
      ended_ = true;
    } else if (v == kStray) {
      malformed_ = true;
    }
  }
}

// Writes the one or two bytes of an unfinished group.
void TransferDecoder::finish_group(std::string& out) {
  if (bits_ == 6) malformed_ = true;
  if (bits_ >= 12) out += static_cast<char>(acc_ >> (bits_ - 8) & 0xff);
  if (bits_ >= 18) out += static_cast<char>(acc_ >> (bits_ - 16) & 0xff);
  bits_ = 0;
  acc_ = 0;
}

// Blanks at the end of an encoded line were added on the way and vanish.
void TransferDecoder::flush_blanks(std::string& out, bool line_end) {
  if (!line_end) out += blanks_;
  blanks_.clear();
}

void TransferDecoder::qp_byte(unsigned char c, std::string& out) {
  char ch = static_cast<char>(c);
  switch (qp_state_) {
    case kCr:
      qp_state_ = kText;
      if (c == '\n') {
        flush_blanks(out, true);
        out += "\r\n";
        return;
      }
      flush_blanks(out, false);
      out += '\r';
      return qp_byte_text(ch, out);
    case kEquals:
      if (c == '\n') {
        qp_state_ = kText;
      } else if (c == '\r') {
        qp_state_ = kEqualsCr;
      } else if (detail::is_blank(ch)) {
        // "=" and blanks before the line end is still a soft line break.
        if (blanks_.size() < kMaxBlanks) blanks_ += ch;
      } else if (detail::hex_digit(ch) >= 0 && blanks_.empty()) {
        qp_first_ = ch;
        qp_state_ = kHex;
        return;
      } else {
        malformed_ = true;
        qp_state_ = kText;
        out += '=';
        flush_blanks(out, false);
        return qp_byte_text(ch, out);
      }
      if (qp_state_ != kEquals) blanks_.clear();
      return;
    case kEqualsCr:
      qp_state_ = kText;
      if (c == '\n') return;
      malformed_ = true;
      return qp_byte_text(ch, out);
    case kHex:
      qp_state_ = kText;
      if (int lo = detail::hex_digit(ch); lo >= 0) {
        out += static_cast<char>(detail::hex_digit(qp_first_) << 4 | lo);
        return;
      }
      malformed_ = true;
      out += '=';
      out += qp_first_;
      return qp_byte_text(ch, out);
    default:
      return qp_byte_text(ch, out);
  }
}

void TransferDecoder::qp_byte_text(char ch, std::string& out) {
  if (ch == '=') {
    flush_blanks(out, false);
    qp_state_ = kEquals;
  } else if (ch == '\r') {
    qp_state_ = kCr;
  } else if (ch == '\n') {
    flush_blanks(out, true);
    out += '\n';
  } else if (detail::is_blank(ch)) {
    if (blanks_.size() >= kMaxBlanks) flush_blanks(out, false);
    blanks_ += ch;
  } else {
    flush_blanks(out, false);
    if (ch == '\0') malformed_ = true;
    out += ch;
  }
}

void TransferDecoder::decode_qp(std::string_view in, std::string& out) {
  for (std::size_t i = 0; i < in.size();) {
    if (qp_state_ == kText && blanks_.empty()) {
      auto special = in.find_first_of(std::string_view("= \t\r\n\0", 6), i);
      if (special == std::string_view::npos) special = in.size();
      out += in.substr(i, special - i);
      i = special;
      if (i == in.size()) break;
    }
    qp_byte(static_cast<unsigned char>(in[i++]), out);
  }
}

void TransferDecoder::finish(std::string& out) {
  if (encoding_ == Encoding::base64) {
    if (bits_ > 0) {
      malformed_ = true;
      finish_group(out);
    }
  } else if (encoding_ == Encoding::quoted_printable) {
    if (qp_state_ == kHex) {
      malformed_ = true;
      out += '=';
      out += qp_first_;
    }
    if (qp_state_ == kCr) {
      flush_blanks(out, false);
      out += '\r';
    }
    blanks_.clear();
    qp_state_ = kText;
  }
}

Decoded decode_transfer(std::string_view bytes, Encoding e) {
  Decoded d;
  d.bytes.reserve(bytes.size());
  TransferDecoder decoder(e);
  decoder.decode(bytes, d.bytes);
  decoder.finish(d.bytes);
  d.malformed = decoder.malformed();
  return d;
}

}  // namespace postern::mime
