#include "mime/summary.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mime/body_values.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "mime/detail.h"
#include "mime/envelope.h"
#include "mime/imap_format.h"
#include "mime/limits.h"
#include "mime/message_id.h"
#include "mime/preview.h"
#include "mime/subject.h"
#include "mime/words.h"

namespace postern::mime {
namespace {

bool equals(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && base::iequals(a, lower);
}

FirstAddress first_of(const AddressList& list) {
  for (const auto& a : list.items)
    if (a.kind == Address::Kind::mailbox) return {a.name(), a.email(), utf8_or_1252(a.local)};
  return {};
}

// The date of a Received field stands behind its last semicolon.
std::int64_t received_date(std::string_view raw) {
  auto at = raw.rfind(';');
  if (at == std::string_view::npos) return 0;
  auto t = parse_date(raw.substr(at + 1));
  return t ? t->seconds : 0;
}

// Raw beginnings of the first plain and the first HTML text: which of them the preview is made from is known
// at the end only.
struct Sample {
  std::int32_t part = Part::kNone;
  std::string raw;
};

}  // namespace

bool cacheable_field(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kTrace = {
      "received", "authentication-results",         "domainkey-signature", "received-spf", "autocrypt",
      "openpgp",  "authentication-results-original"};
  if (base::istarts_with(name, "x-"))
    return equals(name, "x-priority") || equals(name, "x-mailer") || base::istarts_with(name, "x-spam");
  if (base::istarts_with(name, "dkim-") || base::istarts_with(name, "arc-")) return false;
  return std::none_of(kTrace.begin(), kTrace.end(), [&](auto t) { return equals(name, t); });
}

struct Summarizer::Impl {
  StructureParser parser;
  Sample plain, html;

  Impl() {
    parser.capture([this](std::int32_t i, const Part& p) { return wants(i, p); },
                   [this](std::int32_t i, std::string_view piece) { keep(i, piece); });
  }
  bool wants(std::int32_t i, const Part& p);
  void keep(std::int32_t i, std::string_view piece);
  Summary finish();
  void read_header(const Structure& s, Summary& out) const;
  std::string preview(const Structure& s) const;
};

bool Summarizer::Impl::wants(std::int32_t i, const Part& p) {
  if (!p.is_text() || p.disposition == "attachment") return false;
  Sample* sample = p.subtype == "plain" ? &plain : p.subtype == "html" ? &html : nullptr;
  if (sample == nullptr || sample->part != Part::kNone) return false;
  sample->part = i;
  return true;
}

void Summarizer::Impl::keep(std::int32_t i, std::string_view piece) {
  std::string& raw = (i == plain.part ? plain : html).raw;
  if (raw.size() < kMaxPreviewSource) detail::append_capped(raw, piece, kMaxPreviewSource);
}

std::string Summarizer::Impl::preview(const Structure& s) const {
  std::int32_t best = preview_part(s);
  for (bool preferred : {true, false})
    for (const Sample* sample : {&plain, &html}) {
      if (sample->part == Part::kNone || (sample->part == best) != preferred) continue;
      const Part& p = s.parts[static_cast<std::size_t>(sample->part)];
      auto raw = std::string_view(sample->raw).substr(0, p.body_size());
      std::string text = make_preview_raw(raw, p.encoding, p.charset(), sample == &html);
      if (!text.empty()) return text;
    }
  return {};
}

namespace {

// What the fields other than the envelope's give.
class HeaderReader {
 public:
  explicit HeaderReader(Summary& out) : out_(out) {}
  void take(const Field& f, std::string_view whole);
  void finish();

 private:
  void cache(std::string_view whole);
  Summary& out_;
  EnvelopeFields envelope_;
  std::string_view references_;
};

void HeaderReader::cache(std::string_view whole) {
  if (out_.cached_header.size() + whole.size() <= kMaxCachedHeader)
    out_.cached_header += whole;
  else
    out_.cached_header_complete = false;
}

void HeaderReader::take(const Field& f, std::string_view whole) {
  if (cacheable_field(f.name)) {
    cache(whole);
    if (references_.data() == nullptr && equals(f.name, "references"))
      references_ = f.value;
    else
      envelope_.take(f);
  } else if (out_.received_date == 0 && equals(f.name, "received")) {
    out_.received_date = received_date(f.value);
  }
}

void HeaderReader::finish() {
  if (auto t = parse_date(envelope_.date)) {
    out_.sent_date = t->seconds;
    out_.sent_zone = t->zone_minutes;
    out_.has_sent_date = true;
  }
  std::string subject = decode_text(envelope_.subject);
  auto base = base_subject(subject);
  out_.subject = clip_utf8(subject, kMaxSubject);
  out_.base_subject = clip_utf8(base.text, kMaxSubject);
  out_.subject_is_reply = base.is_reply_or_forward;
  out_.from = first_of(envelope_.from);
  out_.to = first_of(envelope_.to);
  out_.cc = first_of(envelope_.cc);
  out_.message_ids = parse_message_ids(envelope_.message_id);
  out_.in_reply_to = parse_message_ids(envelope_.in_reply_to);
  out_.references = parse_message_ids(references_);
  put_envelope(out_.imap_envelope, envelope_);
}

}  // namespace

void Summarizer::Impl::read_header(const Structure& s, Summary& out) const {
  FieldReader fields(s.header);
  HeaderReader reader(out);
  for (Field f; fields.next(f);) reader.take(f, std::string_view(s.header).substr(f.begin, f.end - f.begin));
  // Of a header that was cut not even the names of what is missing are known.
  if (fields.truncated() || s.header.size() < s.root().body_begin) out.cached_header_complete = false;
  reader.finish();
}

Summary Summarizer::Impl::finish() {
  Structure s = parser.finish();
  Summary out;
  out.size = s.size;
  out.lines = s.lines;
  out.header_size = s.root().body_begin;
  read_header(s, out);
  out.imap_body = body(s);
  out.imap_bodystructure = bodystructure(s);
  out.has_attachment = has_attachment(s, body_lists(s));
  out.preview = preview(s);
  out.structure = serialize(s);
  return out;
}

Summarizer::Summarizer() : impl_(std::make_unique<Impl>()) {}
Summarizer::~Summarizer() = default;
Summarizer::Summarizer(Summarizer&&) noexcept = default;
Summarizer& Summarizer::operator=(Summarizer&&) noexcept = default;
void Summarizer::feed(std::string_view chunk) {
  impl_->parser.feed(chunk);
}
Summary Summarizer::finish() {
  return impl_->finish();
}

Summary summarize(std::string_view message) {
  Summarizer s;
  s.feed(message);
  return s.finish();
}

}  // namespace postern::mime
