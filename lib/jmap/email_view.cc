#include "jmap/email_view.h"

#include <algorithm>
#include <set>

#include "jmap/limits.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "model/flags.h"
#include "model/ids.h"
#include "proto/records.pb.h"

namespace postern::jmap {
namespace {

constexpr std::uint64_t kReadPiece = 1u << 20;  // decoded sizes are counted in pieces of this
constexpr std::uint64_t kRawPerByte = 3;        // quoted-printable's worst case
constexpr std::uint64_t kMaxPartHeader = 256u << 10;

bool multipart(const mime::Part& p) {
  return p.is_multipart();
}

std::string media_type(const mime::Part& p) {
  return p.type + "/" + p.subtype;
}

json::value text_or_null(std::string_view s, const json::storage_ptr& sp) {
  if (s.empty()) return json::value(nullptr, sp);
  return json::value(mime::make_valid_utf8(s), sp);
}

base::Error too_large() {
  return {base::Fault::limit,
          "the answer would pass " + std::to_string(kMaxResponse) +
              " bytes: ask for fewer emails, or set maxBodyValueBytes",
          "LIMIT"};
}

base::Result<> spend(std::size_t& budget, std::size_t n) {
  if (n > budget) return std::unexpected(too_large());
  budget -= n;
  return {};
}

}  // namespace

EmailView::EmailView(const EmailFields& fields, std::uint64_t account,
                     const std::vector<std::string>& keywords, const records::Email& email,
                     const records::Content& content)
    : fields_(fields),
      account_(account),
      keywords_(&keywords),
      email_(&email),
      content_(content),
      size_(email.size()) {
  bytes_ = {email.blob(), email.prefix_size(), email.prefix_size(), BlobRef{email.blob()}};
  prepare();
}

EmailView::EmailView(const EmailFields& fields, MessageBytes bytes, const records::Content& content,
                     std::uint64_t size)
    : fields_(fields), content_(content), bytes_(std::move(bytes)), size_(size) {
  prepare();
}

bool EmailView::visible() const {
  if (!email_) return true;
  return email_->destroyed() == 0 &&
         std::ranges::any_of(email_->places(), [](const records::Place& p) { return !p.deleted(); });
}

void EmailView::prepare() {
  needs_header_ = fields_.whole_header || (!fields_.header_names.empty() && !content_.header_complete());
  if (!fields_.structure) return;
  if (auto s = mime::parse_structure(content_.structure())) structure_ = std::move(*s);
  if (structure_.parts.empty()) structure_.parts.emplace_back();  // damaged record: an empty text part
  lists_ = mime::body_lists(structure_);
  if (fields_.body_values) want_values();
  want_parts();
  needs_body_ = !want_values_.empty() || !want_sizes_.empty() || !want_headers_.empty();
}

// Parts of the body's own tree: message/rfc822 is a leaf of it.
bool EmailView::in_tree(std::int32_t index) const {
  for (auto at = structure_.parts[static_cast<std::size_t>(index)].parent; at != mime::Part::kNone;
       at = structure_.parts[static_cast<std::size_t>(at)].parent)
    if (structure_.parts[static_cast<std::size_t>(at)].is_message()) return false;
  return true;
}

void EmailView::want_values() {
  std::set<std::int32_t> wanted;
  auto add = [&](std::int32_t i) {
    const auto& p = structure_.parts[static_cast<std::size_t>(i)];
    if (p.is_text() && !multipart(p)) wanted.insert(i);
  };
  if (fields_.fetch_text) std::ranges::for_each(lists_.text_body, add);
  if (fields_.fetch_html) std::ranges::for_each(lists_.html_body, add);
  if (fields_.fetch_all)
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(structure_.parts.size()); ++i)
      if (in_tree(i)) add(i);
  want_values_.assign(wanted.begin(), wanted.end());
}

// Sizes and headers only of the parts that will be shown.
void EmailView::want_parts() {
  if (!fields_.part_sizes && !fields_.part_headers) return;
  std::set<std::int32_t> shown;
  for (const auto& p : fields_.properties) {
    if (p.field == EmailField::text_body) shown.insert(lists_.text_body.begin(), lists_.text_body.end());
    if (p.field == EmailField::html_body) shown.insert(lists_.html_body.begin(), lists_.html_body.end());
    if (p.field == EmailField::attachments)
      shown.insert(lists_.attachments.begin(), lists_.attachments.end());
    if (p.field == EmailField::body_structure)
      for (std::int32_t i = 0; i < static_cast<std::int32_t>(structure_.parts.size()); ++i)
        if (in_tree(i)) shown.insert(i);
  }
  for (auto i : shown) {
    const auto& p = structure_.parts[static_cast<std::size_t>(i)];
    auto e = mime::encoding_of(p.encoding);
    bool encoded = e == mime::Encoding::base64 || e == mime::Encoding::quoted_printable;
    if (fields_.part_sizes && encoded && !multipart(p) && p.body_size() > 0) want_sizes_.push_back(i);
    if (fields_.part_headers) want_headers_.push_back(i);
  }
}

base::Result<> EmailView::load_size(std::int32_t index, const ReadBytes& read) {
  const auto& p = structure_.parts[static_cast<std::size_t>(index)];
  mime::TransferDecoder decoder(mime::encoding_of(p.encoding));
  std::string decoded;
  std::uint64_t total = 0;
  for (std::uint64_t at = p.body_begin; at < p.body_end; at += kReadPiece) {
    auto piece = read(bytes_.begin + at, std::min(kReadPiece, p.body_end - at));
    if (!piece) return base::pass(piece);
    decoded.clear();
    decoder.decode(*piece, decoded);
    total += decoded.size();
  }
  decoded.clear();
  decoder.finish(decoded);
  sizes_[index] = total + decoded.size();
  return {};
}

base::Result<> EmailView::load_value(std::int32_t index, const ReadBytes& read, std::size_t& budget) {
  const auto& p = structure_.parts[static_cast<std::size_t>(index)];
  auto most = fields_.max_value * kRawPerByte + 4096;
  auto raw = read(bytes_.begin + p.body_begin, std::min<std::uint64_t>(p.body_size(), most));
  if (!raw) return base::pass(raw);
  auto text = mime::decode_part_text(p, *raw, fields_.max_value);
  if (raw->size() < p.body_size()) text.is_truncated = true;
  if (auto r = spend(budget, text.text.size()); !r) return r;
  values_[index] = std::move(text);
  return {};
}

base::Result<> EmailView::load(const ReadBytes& read, std::size_t& budget) {
  if (needs_header_) {
    auto header = read(bytes_.begin - bytes_.prefix, bytes_.prefix + content_.header_size());
    if (!header) return base::pass(header);
    if (auto r = spend(budget, header->size()); !r) return r;
    header_ = std::move(*header);
  }
  for (auto i : want_sizes_)
    if (auto r = load_size(i, read); !r) return r;
  for (auto i : want_values_)
    if (auto r = load_value(i, read, budget); !r) return r;
  for (auto i : want_headers_) {
    const auto& p = structure_.parts[static_cast<std::size_t>(i)];
    auto header = read(bytes_.begin + p.header_begin, std::min(p.header_size(), kMaxPartHeader));
    if (!header) return base::pass(header);
    if (auto r = spend(budget, header->size()); !r) return r;
    part_headers_[i] = std::move(*header);
  }
  return {};
}

std::string_view EmailView::header_block() const {
  return needs_header_ ? header_ : std::string_view(content_.header());
}

json::object EmailView::render(json::storage_ptr sp) const {
  json::object out(sp);
  out.reserve(fields_.properties.size());
  mime::HeaderFields header(fields_.content ? header_block() : std::string_view());
  for (const auto& p : fields_.properties) out.emplace(p.name, value(p, header, sp));
  return out;
}

json::value EmailView::value(const EmailProperty& p, const mime::HeaderFields& header,
                             const json::storage_ptr& sp) const {
  using model::IdKind;
  json::value null(nullptr, sp);
  switch (p.field) {
    case EmailField::id:
      return email_ ? json::value(model::format_id(IdKind::email, account_, email_->id()), sp) : null;
    case EmailField::blob_id:
      return json::value(format_blob_ref(bytes_.self), sp);
    case EmailField::thread_id:
      return email_ ? json::value(model::format_id(IdKind::thread, account_, email_->thread()), sp) : null;
    case EmailField::mailbox_ids: {
      if (!email_) return null;
      json::object o(sp);
      for (const auto& place : email_->places())
        if (!place.deleted()) o[model::format_id(IdKind::mailbox, account_, place.mailbox())] = true;
      return o;
    }
    case EmailField::keywords: {
      if (!email_) return null;
      json::object o(sp);
      for (const auto& k : model::jmap_names({email_->flags_lo(), email_->flags_hi()}, *keywords_))
        o[k] = true;
      return o;
    }
    case EmailField::size:
      return json::value(size_, sp);
    case EmailField::received_at:
      return email_ ? json::value(mime::format_utc_date(email_->received()), sp) : null;
    case EmailField::has_attachment:
      return json::value(content_.has_attachment(), sp);
    case EmailField::preview:
      return json::value(content_.preview(), sp);
    case EmailField::headers:
      return all_headers(header, sp);
    case EmailField::header:
      return header_property_value(p.header, header, sp);
    case EmailField::body_structure:
      return part(0, true, sp);
    case EmailField::body_values:
      return body_values(sp);
    case EmailField::text_body:
      return part_list(lists_.text_body, sp);
    case EmailField::html_body:
      return part_list(lists_.html_body, sp);
    case EmailField::attachments:
      return part_list(lists_.attachments, sp);
  }
  return null;
}

json::array EmailView::part_list(const std::vector<std::int32_t>& list, const json::storage_ptr& sp) const {
  json::array out(sp);
  out.reserve(list.size());
  for (auto i : list) out.emplace_back(part(i, false, sp));
  return out;
}

// The depth is that of the parsed structure: mime::kMaxDepth at most.
json::object EmailView::part(std::int32_t index, bool tree, const json::storage_ptr& sp) const {
  json::object out(sp);
  out.reserve(fields_.parts.size() + 1);
  bool has_sub_parts = false;
  for (const auto& p : fields_.parts) {
    if (p.field == PartField::sub_parts) has_sub_parts = true;
    out.emplace(p.name, part_value(p, index, tree, sp));
  }
  // The tree is of no use without its branches.
  if (tree && !has_sub_parts && multipart(structure_.parts[static_cast<std::size_t>(index)]))
    out.emplace("subParts", part_value({PartField::sub_parts, "subParts", {}}, index, tree, sp));
  return out;
}

json::value EmailView::part_value(const PartProperty& p, std::int32_t index, bool tree,
                                  const json::storage_ptr& sp) const {
  const auto& part_at = structure_.parts[static_cast<std::size_t>(index)];
  json::value null(nullptr, sp);
  bool leaf = !multipart(part_at);
  switch (p.field) {
    case PartField::part_id:
      return leaf ? json::value(structure_.section_of(index), sp) : null;
    case PartField::blob_id: {
      if (!leaf) return null;
      BlobRef ref{bytes_.hash, true, bytes_.begin + part_at.body_begin, part_at.body_size(),
                  mime::encoding_of(part_at.encoding)};
      return json::value(format_blob_ref(ref), sp);
    }
    case PartField::size: {
      auto it = sizes_.find(index);
      return json::value(it != sizes_.end() ? it->second : part_at.body_size(), sp);
    }
    case PartField::headers:
    case PartField::header: {
      auto it = part_headers_.find(index);
      mime::HeaderFields fields(it != part_headers_.end() ? std::string_view(it->second)
                                                          : std::string_view());
      if (p.field == PartField::headers) return all_headers(fields, sp);
      return header_property_value(p.header, fields, sp);
    }
    case PartField::name:
      return text_or_null(part_at.filename(), sp);
    case PartField::type:
      return json::value(mime::make_valid_utf8(media_type(part_at)), sp);
    case PartField::charset:
      return text_or_null(part_at.charset(), sp);
    case PartField::disposition:
      return text_or_null(part_at.disposition, sp);
    case PartField::cid:
      return text_or_null(part_at.cid(), sp);
    case PartField::language: {
      if (part_at.language.empty()) return null;
      json::array a(sp);
      for (const auto& l : part_at.language) a.emplace_back(mime::make_valid_utf8(l));
      return a;
    }
    case PartField::location:
      return text_or_null(part_at.location, sp);
    case PartField::sub_parts: {
      if (leaf || !tree) return null;
      json::array a(sp);
      for (auto child : structure_.children(index)) a.emplace_back(part(child, true, sp));
      return a;
    }
  }
  return null;
}

json::object EmailView::body_values(const json::storage_ptr& sp) const {
  json::object out(sp);
  for (const auto& [index, text] : values_) {
    json::object o(sp);
    o.emplace("value", text.text);
    o.emplace("isEncodingProblem", text.is_encoding_problem);
    o.emplace("isTruncated", text.is_truncated);
    out.emplace(structure_.section_of(index), std::move(o));
  }
  return out;
}

}  // namespace postern::jmap
