#include "mime/charset_out.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>

#include <memory>

#include "base/codec.h"
#include "base/text.h"
#include "mime/charset.h"
#include "mime/words.h"

namespace postern::mime {

namespace {

struct ConverterClose {
  void operator()(UConverter* c) const noexcept { ucnv_close(c); }
};
using Converter = std::unique_ptr<UConverter, ConverterClose>;

// Bytes of one encoded word's text: with "=?UTF-8?B?" and "?=" no more than 75.
constexpr std::size_t kWordBytes = 45;

// Stops at characters that the charset lacks.
Converter strict(std::string_view charset) {
  UErrorCode err = U_ZERO_ERROR;
  Converter out(ucnv_open(std::string(charset).c_str(), &err));
  if (out) ucnv_setFromUCallBack(out.get(), UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &err);
  return U_SUCCESS(err) ? std::move(out) : nullptr;
}

// Converts from `at` on, as far as the charset goes; true at the end, else `at` is at what it lacks.
bool convert(UConverter& to, std::string_view utf8, std::size_t& at, std::string& out) {
  UErrorCode err = U_ZERO_ERROR;
  Converter utf(ucnv_open("UTF-8", &err));
  if (!utf) return false;
  // One character at a time is enough: those that fit go in one call below.
  const char* source = utf8.data() + at;
  const char* end = utf8.data() + utf8.size();
  UChar pivot[1024];
  UChar *from = pivot, *into = pivot;
  for (bool reset = true;; reset = false) {
    char buffer[4096];
    char* target = buffer;
    err = U_ZERO_ERROR;
    ucnv_convertEx(&to, utf.get(), &target, buffer + sizeof buffer, &source, end, pivot, &from, &into,
                   pivot + 1024, reset, true, &err);
    out.append(buffer, target);
    if (err != U_BUFFER_OVERFLOW_ERROR) break;
  }
  at = static_cast<std::size_t>(source - utf8.data());
  return U_SUCCESS(err);
}

std::size_t character_length(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

// All of `utf8`, or nothing.
std::optional<std::string> exactly(std::string_view utf8, std::string_view charset) {
  Converter to = strict(charset);
  std::string out;
  std::size_t at = 0;
  if (!to || !convert(*to, utf8, at, out)) return std::nullopt;
  return out;
}

// The encoded word that begins at `at`: where it ends, 0 when there is none.
std::size_t word_end(std::string_view s, std::size_t at) {
  if (!s.substr(at).starts_with("=?")) return 0;
  std::size_t charset = s.find('?', at + 2);
  if (charset == std::string_view::npos || charset + 2 >= s.size() || s[charset + 2] != '?') return 0;
  std::size_t text = s.find("?=", charset + 3);
  if (text == std::string_view::npos || text - at > 1000) return 0;
  for (char c : s.substr(at, text - at))
    if (static_cast<unsigned char>(c) <= 0x20) return 0;
  return text + 2;
}

std::string encode_utf8_words(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    std::string_view piece = clip_utf8(utf8, kWordBytes);
    if (piece.empty()) break;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base::base64(piece) + "?=";
    utf8.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace

std::optional<std::string> from_utf8(std::string_view utf8, std::string_view charset,
                                     const std::optional<std::string>& replacement) {
  if (!known_charset(charset)) return std::nullopt;
  if (base::iequals(charset, "utf-8")) return std::string(utf8);
  auto whole = exactly(utf8, charset);
  if (whole || !replacement) return whole;
  if (!exactly(*replacement, charset)) return std::nullopt;
  // What the charset lacks is replaced in UTF-8, so that a charset with shifts is written in one piece.
  std::string text;
  for (std::size_t at = 0; at < utf8.size();) {
    std::size_t n = std::min(character_length(static_cast<unsigned char>(utf8[at])), utf8.size() - at);
    std::string_view one = utf8.substr(at, n);
    text += n == 1 || exactly(one, charset) ? one : std::string_view(*replacement);
    at += n;
  }
  return exactly(text, charset);
}

std::string words_to_utf8(std::string_view header) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = header.find("=?"); at != std::string_view::npos; at = header.find("=?", at)) {
    // Words with nothing but blanks between them belong together: a character may be split between two.
    std::size_t end = word_end(header, at), next = end;
    while (next) {
      end = next;
      std::size_t word = header.find_first_not_of(" \t\r\n", end);
      next = word == std::string_view::npos || word == end ? 0 : word_end(header, word);
    }
    if (!end) {
      at += 2;
      continue;
    }
    std::string_view run = header.substr(at, end - at);
    std::string unfolded;
    for (char c : run)
      if (c != '\r' && c != '\n') unfolded += c;
    std::string text = decode_words(unfolded);
    out += header.substr(copied, at - copied);
    // Some of it that is still an encoded word was not understood.
    out += text.find("=?") == std::string::npos ? encode_utf8_words(text) : std::string(run);
    copied = at = end;
  }
  out += header.substr(copied);
  return out;
}

}  // namespace postern::mime
