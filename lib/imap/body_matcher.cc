#include "imap/body_matcher.h"

#include <algorithm>
#include <optional>
#include <string>

#include "mime/charset.h"
#include "mime/header.h"
#include "mime/structure.h"
#include "mime/transfer.h"
#include "mime/words.h"

namespace postern::imap {

namespace {

using Op = SearchKey::Op;

struct Needle {
  std::size_t key;
  bool headers;  // TEXT
  std::string_view text;
  bool found = false;
};

// Decodes one text part as it streams by.
struct TextPart {
  TextPart(std::int32_t i, std::string_view encoding, std::string_view charset)
      : index(i), transfer(mime::encoding_of(encoding)), charset_decoder(charset) {}
  std::int32_t index;
  mime::TransferDecoder transfer;
  mime::CharsetDecoder charset_decoder;
  std::string tail;  // folded text that a needle may begin in
};

}  // namespace

struct BodyMatcher::Impl {
  explicit Impl(const SearchProgram& p) : program(p) {
    for (std::size_t i = 0; i < p.keys.size(); ++i) {
      const SearchKey& k = p.keys[i];
      if ((k.op != Op::body && k.op != Op::text) || k.text.empty()) continue;
      needles.push_back({i, k.op == Op::text, k.text});
      longest = std::max(longest, k.text.size());
    }
    missing = needles.size();
    parser.capture([this](std::int32_t index, const mime::Part& part) { return wanted(index, part); },
                   [this](std::int32_t index, std::string_view piece) { body(index, piece); });
  }

  bool wanted(std::int32_t index, const mime::Part& part) {
    end_part();
    if (part.is_text() && missing > 0) current.emplace(index, part.encoding, part.charset());
    return part.is_text();
  }

  void look(std::string_view folded, bool header) {
    for (Needle& n : needles) {
      if (n.found || (header && !n.headers) || folded.find(n.text) == std::string_view::npos) continue;
      n.found = true;
      --missing;
    }
  }

  void text(std::string_view decoded_bytes, bool last) {
    std::string utf8;
    current->charset_decoder.decode(decoded_bytes, utf8, last);
    std::string& window = current->tail;
    window += fold(utf8);
    look(window, false);
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
    current.reset();
  }

  const SearchProgram& program;
  std::vector<Needle> needles;
  std::size_t longest = 1;
  std::size_t missing = 0;
  std::optional<TextPart> current;
  mime::StructureParser parser;
};

BodyMatcher::BodyMatcher(const SearchProgram& program) : impl_(std::make_unique<Impl>(program)) {}
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
    impl_->look(fold(line), true);
  }
}

std::vector<bool> BodyMatcher::hits() const {
  std::vector<bool> out(impl_->program.keys.size(), false);
  for (const Needle& n : impl_->needles) out[n.key] = n.found;
  return out;
}

}  // namespace postern::imap
