#include "mime/preview.h"

#include <algorithm>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/html.h"
#include "mime/limits.h"
#include "mime/transfer.h"

namespace postern::mime {
namespace {

constexpr std::size_t kMaxFirstTry = 2 << 10;  // bytes of plain text that mostly are enough
constexpr std::size_t kMaxReduced = 8 << 10;   // bytes of text that HTML is reduced to

// Length of a blank or invisible character at `i`: `visible_gap` tells a blank from one that takes no place.
std::size_t gap_length(std::string_view s, std::size_t i, bool& visible_gap) {
  auto c = static_cast<unsigned char>(s[i]);
  visible_gap = true;
  if (c <= 32 || c == 127) return 1;
  if (c < 0xc2) return 0;
  auto rest = s.substr(i);
  if (rest.starts_with("\xc2\xa0") || rest.starts_with("\xc2\x85")) return 2;
  if (rest.starts_with("\xe3\x80\x80") || rest.starts_with("\xe2\x80\xa8") ||
      rest.starts_with("\xe2\x80\xa9"))
    return 3;
  visible_gap = false;
  if (rest.starts_with("\xc2\xad") || rest.starts_with("\xcd\x8f")) return 2;
  if (rest.starts_with("\xef\xbb\xbf")) return 3;
  if (rest.size() >= 3 && rest.starts_with("\xe2\x80") && rest[2] >= '\x8b' && rest[2] <= '\x8f') return 3;
  return 0;
}

class Collapser {
 public:
  bool empty() const { return out_.empty(); }
  bool full() const { return count_ >= kMaxPreview; }
  void add(std::string_view line);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t count_ = 0;  // characters
  bool gap_ = false;
};

void Collapser::add(std::string_view line) {
  gap_ = !out_.empty();
  for (std::size_t i = 0; i < line.size();) {
    bool visible = false;
    if (std::size_t n = gap_length(line, i, visible)) {
      gap_ = gap_ || (visible && !out_.empty());
      i += n;
      continue;
    }
    if (gap_) {
      if (count_ + 1 >= kMaxPreview) {
        count_ = kMaxPreview;
        return;
      }
      out_ += ' ';
      ++count_;
      gap_ = false;
    }
    if (full()) return;
    auto u = static_cast<unsigned char>(line[i]);
    std::size_t n = u < 0x80 ? 1 : u < 0xe0 ? 2 : u < 0xf0 ? 3 : 4;
    n = std::min(n, line.size() - i);
    out_ += line.substr(i, n);
    ++count_;
    i += n;
  }
}

bool is_quote(std::string_view line) {
  return line.starts_with('>') || line.starts_with("&gt;");
}

// "On ... Ann wrote:" and its kin in other languages end in a colon before a quoted line.
bool is_attribution(std::string_view line, std::string_view after) {
  return line.ends_with(':') && is_quote(after);
}

std::string_view line_at(std::string_view text, std::size_t at, std::size_t& next) {
  auto nl = text.find('\n', at);
  next = nl == std::string_view::npos ? text.size() : nl + 1;
  return base::trim(text.substr(at, next - at));
}

// The next line that is not empty; `at` moves past it.
std::string_view next_line(std::string_view text, std::size_t& at) {
  while (at < text.size()) {
    auto line = line_at(text, at, at);
    if (!line.empty()) return line;
  }
  return {};
}

void collapse(std::string_view text, bool skip_quotes, Collapser& out) {
  std::size_t at = 0;
  std::string_view line = next_line(text, at);
  while (!line.empty() && !out.full()) {
    std::string_view after = next_line(text, at);
    bool skip = skip_quotes && (is_quote(line) || is_attribution(line, after));
    if (skip_quotes && line == "--") break;  // the signature
    if (!skip) out.add(line);
    line = after;
  }
}

}  // namespace

std::string make_preview(std::string_view text, bool html) {
  std::string reduced;
  if (html) {
    reduced = html_to_text(text, kMaxReduced);
    text = reduced;
  } else if (!base::is_valid_utf8(text)) {
    reduced = make_valid_utf8(text);
    text = reduced;
  }
  Collapser out;
  collapse(text, true, out);
  if (out.empty()) collapse(text, false, out);
  return out.take();
}

namespace {

std::string decode_beginning(std::string_view raw, std::string_view encoding, std::string_view charset) {
  std::string bytes, text;
  TransferDecoder transfer(encoding_of(encoding));
  // Neither decoder is finished: what is left over is a cut group or character.
  transfer.decode(raw, bytes);
  CharsetDecoder decoder(charset.empty() ? "us-ascii" : charset);
  decoder.decode(bytes, text, false);
  return text;
}

}  // namespace

std::string make_preview_raw(std::string_view raw, std::string_view encoding, std::string_view charset,
                             bool html) {
  if (!html && raw.size() > kMaxFirstTry) {
    std::string text = decode_beginning(raw.substr(0, kMaxFirstTry), encoding, charset);
    Collapser out;
    collapse(text, true, out);
    if (out.full()) return out.take();
  }
  return make_preview(decode_beginning(raw, encoding, charset), html);
}

}  // namespace postern::mime
