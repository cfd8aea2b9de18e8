#include "query/body_matcher.h"

#include <algorithm>
#include <optional>
#include <string>

#include "mime/charset.h"
#include "mime/header.h"
#include "mime/html.h"
#include "mime/structure.h"
#include "mime/transfer.h"
#include "mime/words.h"
#include "query/limits.h"

namespace postern::query {

namespace {

using Op = Condition::Op;
using View = Condition::View;

struct Needle {
  std::size_t condition;
  View view;
  bool headers;  // those of parts count too
  std::string_view text;
  bool found = false;
};

// Decodes one text part as it streams by.
struct TextPart {
  TextPart(std::int32_t i, const mime::Part& p)
      : index(i), html(p.subtype == "html"), transfer(mime::encoding_of(p.encoding)), charset(p.charset()) {}
  std::int32_t index;
  bool html;
  mime::TransferDecoder transfer;
  mime::CharsetDecoder charset;
  std::string tail;      // prepared text that a needle may begin in
  std::string markup;    // of an HTML part whose text a reader's needle may be in
};

}  // namespace

struct BodyMatcher::Impl {
  explicit Impl(const Filter& f) : filter(f) {
    for (std::size_t i = 0; i < f.size(); ++i) {
      const Condition& c = f.at(static_cast<std::int32_t>(i));
      if ((c.op != Op::body && c.op != Op::text) || c.text.empty()) continue;
      needles.push_back({i, c.view, c.op == Op::text && c.view == View::source, c.text});
      longest = std::max(longest, c.text.size());
    }
    missing = needles.size();
    parser.capture([this](std::int32_t index, const mime::Part& part) { return wanted(index, part); },
                   [this](std::int32_t index, std::string_view piece) { body(index, piece); });
  }

  bool wanted(std::int32_t index, const mime::Part& part) {
    end_part();
    if (part.is_text() && missing > 0) current.emplace(index, part);
    return part.is_text();
  }

  bool reader_waits() const {
    return std::ranges::any_of(needles, [](const Needle& n) { return !n.found && n.view == View::reader; });
  }

  // `prepared` is a match_key.
  template <class Which>
  void look(std::string_view prepared, Which which) {
    for (Needle& n : needles) {
      if (n.found || !which(n) || prepared.find(n.text) == std::string_view::npos) continue;
      n.found = true;
      --missing;
    }
  }

  void text(std::string_view decoded_bytes, bool last) {
    std::string utf8;
    current->charset.decode(decoded_bytes, utf8, last);
    if (current->html && current->markup.size() < kMaxReadableHtml && reader_waits())
      current->markup += std::string_view(utf8).substr(0, kMaxReadableHtml - current->markup.size());
    std::string& window = current->tail;
    window += mime::match_key(filter.collation(), utf8);
    look(window, [&](const Needle& n) { return n.view == View::source || !current->html; });
    if (window.size() >= longest) window.erase(0, window.size() - (longest - 1));
  }

  void body(std::int32_t index, std::string_view piece) {
    if (missing == 0 || !current || current->index != index) return;
    std::string decoded;
    current->transfer.decode(piece, decoded);
    text(decoded, false);
  }

  void end_part() {
    if (!current) return;
    if (missing > 0) {
      std::string decoded;
      current->transfer.finish(decoded);
      text(decoded, true);
    }
    if (!current->markup.empty() && reader_waits())
      look(mime::match_key(filter.collation(), mime::html_to_searchable(current->markup, kMaxReadableHtml)),
           [](const Needle& n) { return n.view == View::reader; });
    current.reset();
  }

  const Filter& filter;
  std::vector<Needle> needles;
  std::size_t longest = 1;
  std::size_t missing = 0;
  std::optional<TextPart> current;
  mime::StructureParser parser;
};

BodyMatcher::BodyMatcher(const Filter& filter) : impl_(std::make_unique<Impl>(filter)) {}
BodyMatcher::~BodyMatcher() = default;

bool BodyMatcher::feed(std::string_view chunk) {
  if (impl_->missing > 0) impl_->parser.feed(chunk);
  return impl_->missing > 0;
}

std::vector<BodyMatcher::Range> BodyMatcher::finish() {
  std::vector<Range> out;
  if (impl_->missing == 0) return out;
  mime::Structure tree = impl_->parser.finish();
  impl_->end_part();
  bool headers = std::ranges::any_of(impl_->needles, [](const Needle& n) { return n.headers && !n.found; });
  if (!headers) return out;
  for (std::size_t i = 1; i < tree.parts.size(); ++i)
    if (tree.parts[i].header_size() > 0)
      out.push_back({tree.parts[i].header_begin, tree.parts[i].body_begin});
  return out;
}

void BodyMatcher::header(std::string_view block) {
  mime::FieldReader reader(block);
  mime::Field f;
  while (impl_->missing > 0 && reader.next(f)) {
    std::string line(f.name);
    line += ": ";
    line += mime::decode_text(f.value);
    impl_->look(mime::match_key(impl_->filter.collation(), line), [](const Needle& n) { return n.headers; });
  }
}

std::vector<bool> BodyMatcher::hits() const {
  std::vector<bool> out(impl_->filter.size(), false);
  for (const Needle& n : impl_->needles) out[n.condition] = n.found;
  return out;
}

}  // namespace postern::query
