#include "mime/body_values.h"

#include <algorithm>

#include "mime/charset.h"
#include "mime/transfer.h"

namespace postern::mime {
namespace {

bool is_media(const Part& p) {
  return p.type == "image" || p.type == "audio" || p.type == "video";
}
bool is_plain(const Part& p) {
  return p.type == "text" && p.subtype == "plain";
}
bool is_html(const Part& p) {
  return p.type == "text" && p.subtype == "html";
}
bool has_name(const Part& p) {
  return !find_param(p.disposition_params, "filename").empty() || !find_param(p.params, "name").empty();
}

// RFC 8621 4.1.4's parseStructure with its recursion made a stack.
class Flattener {
 public:
  explicit Flattener(const Structure& s) : s_(s) {}
  BodyLists run();

 private:
  // A multipart whose children are being read.
  struct Frame {
    std::int32_t next;  // child
    bool first = true;
    bool alternative = false;
    bool related = false;
    bool in_alternative = false;
    bool text = true;  // does this level still add to the lists?
    bool html = true;
    std::size_t text_length = 0;
    std::size_t html_length = 0;
  };
  const Part& part(std::int32_t i) const { return s_.parts[static_cast<std::size_t>(i)]; }
  void leaf(Frame& f, std::int32_t i, bool first);
  void end(const Frame& f);

  const Structure& s_;
  BodyLists out_;
};

void Flattener::leaf(Frame& f, std::int32_t i, bool first) {
  const Part& p = part(i);
  bool body_type = is_plain(p) || is_html(p) || is_media(p);
  bool is_inline =
      p.disposition != "attachment" && body_type && (first || (!f.related && (is_media(p) || !has_name(p))));
  if (!is_inline) {
    out_.attachments.push_back(i);
    return;
  }
  if (f.alternative) {
    if (is_plain(p) && f.text)
      out_.text_body.push_back(i);
    else if (is_html(p) && f.html)
      out_.html_body.push_back(i);
    else
      out_.attachments.push_back(i);
    return;
  }
  if (f.in_alternative) {
    if (is_plain(p)) f.html = false;
    if (is_html(p)) f.text = false;
  }
  if (f.text) out_.text_body.push_back(i);
  if (f.html) out_.html_body.push_back(i);
  if ((!f.text || !f.html) && is_media(p)) out_.attachments.push_back(i);
}

// An alternative of which only one kind was found stands in both lists.
void Flattener::end(const Frame& f) {
  if (!f.alternative || !f.text || !f.html) return;
  auto& text = out_.text_body;
  auto& html = out_.html_body;
  bool text_added = text.size() != f.text_length, html_added = html.size() != f.html_length;
  if (!text_added && html_added)
    text.insert(text.end(), html.begin() + static_cast<std::ptrdiff_t>(f.html_length), html.end());
  else if (text_added && !html_added)
    html.insert(html.end(), text.begin() + static_cast<std::ptrdiff_t>(f.text_length), text.end());
}

BodyLists Flattener::run() {
  if (s_.parts.empty()) return {};
  std::vector<Frame> stack;
  stack.push_back({.next = 0});
  while (!stack.empty()) {
    Frame& f = stack.back();
    if (f.next == Part::kNone) {
      end(f);
      stack.pop_back();
      continue;
    }
    std::int32_t i = f.next;
    bool first = f.first;
    f.next = part(i).next_sibling;
    f.first = false;
    if (!part(i).is_multipart()) {
      leaf(f, i, first);
      continue;
    }
    Frame down{.next = part(i).first_child,
               .alternative = part(i).subtype == "alternative",
               .related = part(i).subtype == "related",
               .in_alternative = f.in_alternative || part(i).subtype == "alternative",
               .text = f.text,
               .html = f.html,
               .text_length = out_.text_body.size(),
               .html_length = out_.html_body.size()};
    stack.push_back(down);
  }
  return std::move(out_);
}

bool is_signature(const Part& p) {
  return p.type == "application" && (p.subtype == "pgp-signature" || p.subtype == "pkcs7-signature" ||
                                     p.subtype == "x-pkcs7-signature" || p.subtype == "pgp-encrypted");
}

}  // namespace

BodyLists body_lists(const Structure& s) {
  return Flattener(s).run();
}

bool has_attachment(const Structure& s, const BodyLists& lists) {
  return std::any_of(lists.attachments.begin(), lists.attachments.end(), [&](std::int32_t i) {
    const Part& p = s.parts[static_cast<std::size_t>(i)];
    if (p.disposition == "inline" || is_signature(p)) return false;
    bool in_related =
        p.parent != Part::kNone && s.parts[static_cast<std::size_t>(p.parent)].subtype == "related";
    return !(in_related && is_media(p) && !p.content_id.empty() && p.disposition.empty());
  });
}

std::int32_t preview_part(const Structure& s) {
  BodyLists lists = body_lists(s);
  for (bool plain : {true, false})
    for (const auto* list : {&lists.text_body, &lists.html_body})
      for (std::int32_t i : *list) {
        const Part& p = s.parts[static_cast<std::size_t>(i)];
        if (plain ? is_plain(p) : is_html(p)) return i;
      }
  return Part::kNone;
}

namespace {

// Keeps LF of every CRLF and lone CR as they are; `cr` remembers one at the end of a piece.
void append_lf(std::string_view text, std::string& out) {
  std::size_t from = 0;
  for (auto at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 >= text.size() || text[at + 1] != '\n') continue;
    out += text.substr(from, at - from);
    from = at + 1;
  }
  out += text.substr(from);
}

// RFC 8621 4.1.4: HTML is not cut in the middle of a tag.  A "<" far away is no tag.
std::string_view without_open_tag(std::string_view s) {
  constexpr std::size_t kFar = 4096;
  std::size_t begin = s.size() > kFar ? s.size() - kFar : 0;
  auto open = s.rfind('<');
  auto close = s.rfind('>');
  bool cut =
      open != std::string_view::npos && open >= begin && (close == std::string_view::npos || close < open);
  return cut ? s.substr(0, open) : s;
}

}  // namespace

PartText decode_part_text(const Part& part, std::string_view raw, std::uint64_t max_bytes) {
  constexpr std::size_t kPiece = 32 << 10;
  PartText out;
  TransferDecoder transfer(encoding_of(part.encoding));
  std::string_view name = part.charset();
  CharsetDecoder charset(name.empty() ? "us-ascii" : name);
  std::string bytes, text;
  bool held_cr = false;  // a CR at the end of a piece waits for its LF
  for (std::size_t at = 0;;) {
    auto piece = raw.substr(at, kPiece);
    at += piece.size();
    bool last = at == raw.size();
    bytes.clear();
    transfer.decode(piece, bytes);
    if (last) transfer.finish(bytes);
    text.assign(held_cr ? "\r" : "");
    charset.decode(bytes, text, last);
    held_cr = !last && text.ends_with('\r');
    if (held_cr) text.pop_back();
    append_lf(text, out.text);
    if (out.text.size() > max_bytes) {
      out.is_truncated = true;
      auto kept = clip_utf8(out.text, max_bytes);
      if (is_html(part)) kept = without_open_tag(kept);
      out.text.resize(kept.size());
      break;
    }
    if (last) break;
  }
  out.is_encoding_problem = transfer.malformed() || charset.problem();
  return out;
}

std::uint64_t decoded_size(const Part& part, std::string_view raw) {
  constexpr std::size_t kPiece = 32 << 10;
  Encoding e = encoding_of(part.encoding);
  if (e == Encoding::identity || e == Encoding::unknown) return raw.size();
  TransferDecoder decoder(e);
  std::string bytes;
  std::uint64_t size = 0;
  for (std::size_t at = 0; at < raw.size(); at += kPiece) {
    bytes.clear();
    decoder.decode(raw.substr(at, kPiece), bytes);
    size += bytes.size();
  }
  bytes.clear();
  decoder.finish(bytes);
  return size + bytes.size();
}

}  // namespace postern::mime
