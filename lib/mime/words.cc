#include "mime/words.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <optional>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/transfer.h"

namespace postern::mime {
namespace {

constexpr std::size_t kMaxCharsetName = 60;
constexpr int kMaxMarks = 64;  // combining marks in a row that are still put in order

struct Word {
  std::string_view charset;
  char encoding = 'q';
  std::string_view text;
  std::size_t end = 0;  // one past its "?="
};

// Finds the "?=" that ends a word; once there is none it never looks again, so that a header full of
// beginnings costs one pass.
class WordReader {
 public:
  explicit WordReader(std::string_view s) : s_(s) {}
  std::optional<Word> at(std::size_t begin);

 private:
  std::optional<Word> head(std::size_t begin) const;
  std::size_t next_head(std::size_t from) const;

  std::string_view s_;
  bool no_end_ = false;
};

// Its charset and encoding; `end` is where its text begins.
std::optional<Word> WordReader::head(std::size_t begin) const {
  if (s_.substr(begin, 2) != "=?") return std::nullopt;
  Word w;
  auto head = s_.substr(begin + 2, kMaxCharsetName + 2);
  auto mark = head.find('?');
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  w.charset = head.substr(0, mark);
  if (w.charset.find_first_of(" \t\"") != std::string_view::npos) return std::nullopt;
  w.charset = w.charset.substr(0, w.charset.find('*'));  // RFC 2231 5: a language may follow
  std::size_t i = begin + 2 + mark + 1;
  if (i + 1 >= s_.size() || s_[i + 1] != '?') return std::nullopt;
  w.encoding = base::ascii_lower(s_[i]);
  if (w.encoding != 'q' && w.encoding != 'b') return std::nullopt;
  w.end = i + 2;
  return w;
}

std::size_t WordReader::next_head(std::size_t from) const {
  auto at = s_.find("=?", from);
  while (at != std::string_view::npos && !head(at)) at = s_.find("=?", at + 1);
  return at;
}

std::optional<Word> WordReader::at(std::size_t begin) {
  if (no_end_) return std::nullopt;
  auto w = head(begin);
  if (!w) return w;
  // A word that was cut off does not end where the next one does.
  auto next = next_head(w->end);
  auto end = s_.substr(0, next).find("?=", w->end);
  if (end == std::string_view::npos) {
    no_end_ = next == std::string_view::npos;
    return std::nullopt;
  }
  w->text = s_.substr(w->end, end - w->end);
  w->end = end + 2;
  return w;
}

void decode_q(std::string_view s, std::string& out) {
  for (std::size_t i = 0; i < s.size(); ++i) {
    int hi = -1, lo = -1;
    if (s[i] == '_') {
      out += ' ';
    } else if (s[i] == '=' && i + 2 < s.size() && (hi = detail::hex_digit(s[i + 1])) >= 0 &&
               (lo = detail::hex_digit(s[i + 2])) >= 0) {
      out += static_cast<char>(hi << 4 | lo);
      i += 2;
    } else {
      out += s[i];
    }
  }
}

// Joins the bytes of adjacent words of one charset before they are converted.
class Joiner {
 public:
  explicit Joiner(std::string& out) : out_(out) {}
  void add(const Word& w) {
    if (!open_ || !base::iequals(charset_, w.charset)) {
      flush();
      charset_ = w.charset;
      open_ = true;
    }
    std::string word;
    if (w.encoding == 'q')
      decode_q(w.text, word);
    else
      word = decode_transfer(w.text, Encoding::base64).bytes;
    // ISO-2022-JP: an escape sequence right behind the one that ended the last word is an error to converters.
    bool escaped = bytes_.size() >= 3 && bytes_[bytes_.size() - 3] == '\x1b' && word.starts_with('\x1b');
    if (escaped) convert();
    bytes_ += word;
  }
  void flush() {
    if (open_) convert();
    open_ = false;
  }
  bool open() const { return open_; }

 private:
  void convert() {
    out_ += to_utf8(bytes_, charset_).text;
    bytes_.clear();
  }

  std::string& out_;
  std::string_view charset_;
  std::string bytes_;
  bool open_ = false;
};

std::string clip(std::string s) {
  if (s.size() > kMaxHeaderText) s.resize(clip_utf8(s, kMaxHeaderText).size());
  detail::blank_controls(s);
  return s;
}

}  // namespace

std::string decode_words(std::string_view s) {
  s = s.substr(0, kMaxHeaderText * 4);
  std::size_t at = s.find("=?");
  if (at == std::string_view::npos) return clip(utf8_or_1252(s));
  std::string out = utf8_or_1252(s.substr(0, at));
  WordReader reader(s);
  Joiner joiner(out);
  std::size_t plain = at;  // where text that is not yet written begins
  while (at != std::string_view::npos) {
    auto w = reader.at(at);
    if (w && !known_charset(w->charset)) {
      at = s.find("=?", w->end);
      continue;
    }
    if (!w) {
      at = s.find("=?", at + 2);
      continue;
    }
    auto between = s.substr(plain, at - plain);
    if (!joiner.open() || between.find_first_not_of(" \t\r\n") != std::string_view::npos) {
      joiner.flush();
      out += utf8_or_1252(between);
    }
    joiner.add(*w);
    plain = w->end;
    // A word may begin with the "=" of the "?=" before it only in garbage; look after it.
    at = s.find("=?", w->end);
  }
  joiner.flush();
  out += utf8_or_1252(s.substr(plain));
  return clip(std::move(out));
}

std::string decode_text(std::string_view raw) {
  return to_nfc(decode_words(unfold(raw, kMaxHeaderText * 4)));
}

std::string decode_extended(std::string_view value) {
  auto first = value.find('\'');
  auto second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  std::string_view charset = "utf-8";
  if (second != std::string_view::npos) {
    charset = value.substr(0, first);
    value.remove_prefix(second + 1);
  }
  std::string bytes;
  for (std::size_t i = 0; i < value.size() && bytes.size() < kMaxHeaderText; ++i) {
    int hi = -1, lo = -1;
    if (value[i] == '%' && i + 2 < value.size() && (hi = detail::hex_digit(value[i + 1])) >= 0 &&
        (lo = detail::hex_digit(value[i + 2])) >= 0) {
      bytes += static_cast<char>(hi << 4 | lo);
      i += 2;
    } else {
      bytes += value[i];
    }
  }
  return clip(to_utf8(bytes, charset).text);
}

// Putting marks in order costs the square of their number in a row, so a text with absurdly many is left
// alone.
std::string to_nfc(std::string_view s) {
  if (detail::is_ascii(s)) return std::string(s);
  UErrorCode error = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(error);
  icu::StringPiece piece(s.data(), static_cast<std::int32_t>(s.size()));
  if (U_FAILURE(error) || nfc->isNormalizedUTF8(piece, error)) return std::string(s);
  int marks = 0;
  for (std::int32_t i = 0, n = piece.length(); i < n;) {
    UChar32 c;
    U8_NEXT(s.data(), i, n, c);
    marks = c >= 0 && u_getCombiningClass(c) != 0 ? marks + 1 : 0;
    if (marks > kMaxMarks) return std::string(s);
  }
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  error = U_ZERO_ERROR;
  nfc->normalizeUTF8(0, piece, sink, nullptr, error);
  return U_SUCCESS(error) ? out : std::string(s);
}

}  // namespace postern::mime
