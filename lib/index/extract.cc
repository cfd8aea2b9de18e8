#include "index/extract.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "index/limits.h"
#include "mime/address.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/html.h"
#include "mime/limits.h"
#include "mime/structure.h"
#include "mime/transfer.h"
#include "mime/words.h"

namespace postern::index {

namespace {

struct FieldRow {
  std::string_view name;
  Field field;
};
constexpr std::array kFields = {FieldRow{"from", Field::from}, FieldRow{"to", Field::to}, FieldRow{"cc", Field::cc},
                                FieldRow{"bcc", Field::bcc}, FieldRow{"subject", Field::subject}};

Field field_of(std::string_view name) {
  auto it = std::ranges::find_if(kFields, [name](const FieldRow& r) { return base::iequals(r.name, name); });
  return it == kFields.end() ? Field::header : it->field;
}

bool holds_addresses(std::string_view name) {
  constexpr std::array<std::string_view, 6> kMore = {"sender", "reply-to", "resent-from", "resent-to", "resent-cc", "resent-bcc"};
  auto same = [name](std::string_view n) { return base::iequals(n, name); };
  Field f = field_of(name);
  return (f != Field::header && f != Field::subject) || std::ranges::any_of(kMore, same);
}

// Comments, quotes, escapes and routes may hide words that the parsed address has side by side: both forms are searched.
std::string plain_addresses(std::string_view raw) {
  std::string out;
  if (raw.find_first_of("(\"\\:") == std::string_view::npos) return out;
  for (const mime::Address& a : mime::parse_addresses(raw).items) {
    if (a.kind == mime::Address::Kind::group_end) continue;
    out += ' ' + a.name();
    if (a.kind == mime::Address::Kind::mailbox) out += ' ' + a.email();
  }
  return out;
}

Language first_known(const std::vector<std::string>& tags) {
  for (const auto& tag : tags)
    if (Language l = find_language(tag); l != kNoLanguage) return l;
  return kNoLanguage;
}

class Extractor {
 public:
  Extractor(std::string_view message, bool cut) : message_(message), tree_(mime::parse_structure_of(message)) {
    out_.incomplete = cut || tree_.truncated;
    language_ = first_known(tree_.root().language);
  }

  Document run() {
    header();
    for (std::size_t i = 0; i < tree_.parts.size(); ++i) part(i);
    return std::move(out_);
  }

 private:
  std::string_view header_of(const mime::Part& p) const {
    return message_.substr(p.header_begin, p.header_size());
  }

  // Views end where the message does, whatever the tree says.
  std::string_view body_of(const mime::Part& p) const {
    return p.body_begin < message_.size() ? message_.substr(p.body_begin, p.body_size()) : std::string_view();
  }

  void fields(std::string_view block, bool own) {
    mime::FieldReader reader(block);
    mime::Field f;
    std::string names;
    while (reader.next(f)) {
      names.append(f.name).append(" ");
      Field field = own ? field_of(f.name) : Field::header;
      std::string text = mime::decode_text(f.value);
      if (text.size() >= mime::kMaxHeaderText) out_.incomplete = true;
      out_.text_bytes += f.name.size() + 2 + text.size();
      std::string plain;
      if (holds_addresses(f.name)) plain = plain_addresses(f.value);
      out_.add({.field = field, .text = std::move(text), .language = language_, .prose = field == Field::subject, .seen = kSeenByAll});
      out_.add({.field = field, .text = std::move(plain), .language = language_});
    }
    if (reader.truncated() || block.size() > kMaxHeader) out_.incomplete = true;
    out_.add({.field = Field::header, .text = mime::make_valid_utf8(names), .seen = kSeenByAll});
  }

  void header() { fields(header_of(tree_.root()), true); }

  void part(std::size_t i) {
    const mime::Part& p = tree_.parts[i];
    Language language = first_known(p.language);
    if (language == kNoLanguage) language = language_;
    if (i > 0 && p.header_size() > 0) fields(header_of(p), false);
    if (!p.header.empty()) nested(p, language);
    if (std::string name = p.filename(); !name.empty()) out_.add({Field::attachment, mime::make_valid_utf8(name)});
    if (p.is_text())
      text(p, language);
    else if (p.first_child == mime::Part::kNone && p.body_size() > 0)
      attached(p);
  }

  // What a reader sees of the header of an attached message.
  void nested(const mime::Part& p, Language language) {
    mime::for_each_field(p.header, [&](const mime::Field& f) {
      if (field_of(f.name) != Field::header)
        out_.add({Field::body, mime::decode_text(f.value), language, field_of(f.name) == Field::subject});
    });
  }

  // Decoded as query::BodyMatcher decodes.
  void text(const mime::Part& p, Language language) {
    std::string bytes, utf8;
    mime::TransferDecoder transfer(mime::encoding_of(p.encoding));
    transfer.decode(body_of(p), bytes);
    transfer.finish(bytes);
    mime::CharsetDecoder charset(p.charset());
    charset.decode(bytes, utf8, true);
    out_.text_bytes += utf8.size();
    if (p.subtype != "html") {
      out_.add({.field = Field::body, .text = std::move(utf8), .language = language, .prose = true, .seen = kSeenByAll});
      return;
    }
    bool alternative = p.number > 1 && p.parent != mime::Part::kNone &&
                       tree_.parts[static_cast<std::size_t>(p.parent)].subtype == "alternative";
    Seen reader = utf8.size() <= kMaxShownHtml ? kSeenByReader : kSeenByNobody;
    out_.add({Field::body, mime::html_to_searchable(utf8, kMaxText), language, true, alternative, reader});
    out_.add({.field = Field::source, .text = std::move(utf8), .seen = kSeenInSource});
  }

  void attached(const mime::Part& p) {
    if (out_.attached.size() >= kMaxAttached) return;
    out_.attached.push_back({p.type + "/" + p.subtype, p.filename(), p.encoding, body_of(p)});
  }

  std::string_view message_;
  mime::Structure tree_;
  Language language_;
  Document out_;
};

}  // namespace

bool Document::add(Text text) {
  if (text.text.empty()) return true;
  std::size_t room = kMaxText - taken_;
  if (text.text.size() > room) {
    incomplete = true;
    text.text = std::string(mime::clip_utf8(text.text, room));
    if (text.text.empty()) return false;
  }
  taken_ += text.text.size();
  texts.push_back(std::move(text));
  return !incomplete;
}

Document extract(std::string_view message, bool cut) {
  if (message.size() > kMaxMessage) {
    message = message.substr(0, kMaxMessage);
    cut = true;
  }
  return Extractor(message, cut).run();
}

}  // namespace postern::index
