#include "jmap/email_fields.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "jmap/limits.h"
#include "mime/summary.h"

namespace postern::jmap {
namespace {

struct EmailName {
  std::string_view name;
  EmailField field;
};
constexpr std::array kEmail = {
    EmailName{"id", EmailField::id},
    EmailName{"blobId", EmailField::blob_id},
    EmailName{"threadId", EmailField::thread_id},
    EmailName{"mailboxIds", EmailField::mailbox_ids},
    EmailName{"keywords", EmailField::keywords},
    EmailName{"size", EmailField::size},
    EmailName{"receivedAt", EmailField::received_at},
    EmailName{"hasAttachment", EmailField::has_attachment},
    EmailName{"preview", EmailField::preview},
    EmailName{"headers", EmailField::headers},
    EmailName{"bodyStructure", EmailField::body_structure},
    EmailName{"bodyValues", EmailField::body_values},
    EmailName{"textBody", EmailField::text_body},
    EmailName{"htmlBody", EmailField::html_body},
    EmailName{"attachments", EmailField::attachments},
};

struct PartName {
  std::string_view name;
  PartField field;
};
constexpr std::array kPart = {
    PartName{"partId", PartField::part_id},    PartName{"blobId", PartField::blob_id},
    PartName{"size", PartField::size},         PartName{"headers", PartField::headers},
    PartName{"name", PartField::name},         PartName{"type", PartField::type},
    PartName{"charset", PartField::charset},   PartName{"disposition", PartField::disposition},
    PartName{"cid", PartField::cid},           PartName{"language", PartField::language},
    PartName{"location", PartField::location}, PartName{"subParts", PartField::sub_parts},
};

constexpr std::array<std::string_view, 24> kGetDefaults = {
    "id",        "blobId",    "threadId",   "mailboxIds", "keywords",      "size",    "receivedAt",
    "messageId", "inReplyTo", "references", "sender",     "from",          "to",      "cc",
    "bcc",       "replyTo",   "subject",    "sentAt",     "hasAttachment", "preview", "bodyValues",
    "textBody",  "htmlBody",  "attachments"};
constexpr std::array<std::string_view, 17> kParseDefaults = {
    "messageId", "inReplyTo",  "references", "sender",   "from",       "to",
    "cc",        "bcc",        "replyTo",    "subject",  "sentAt",     "hasAttachment",
    "preview",   "bodyValues", "textBody",   "htmlBody", "attachments"};
constexpr std::array<std::string_view, 10> kPartDefaults = {
    "partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location"};

std::optional<EmailProperty> email_property(std::string_view name) {
  for (const auto& e : kEmail)
    if (e.name == name) return EmailProperty{e.field, std::string(name), {}};
  auto header = convenience_property(name);
  if (!header) header = parse_header_property(name);
  if (!header) return std::nullopt;
  return EmailProperty{EmailField::header, std::string(name), std::move(*header)};
}

std::optional<PartProperty> part_property(std::string_view name) {
  for (const auto& p : kPart)
    if (p.name == name) return PartProperty{p.field, std::string(name), {}};
  auto header = parse_header_property(name);
  if (!header) return std::nullopt;
  return PartProperty{PartField::header, std::string(name), std::move(*header)};
}

// Fields that delivery puts before the message, and trace fields, are not in the cache of the message's own
// header.
bool in_cache(std::string_view name) {
  return mime::cacheable_field(name) && !base::iequals(name, "return-path") &&
         !base::iequals(name, "delivered-to");
}

void derive(EmailFields& out) {
  for (const auto& p : out.properties) {
    switch (p.field) {
      case EmailField::has_attachment:
      case EmailField::preview:
        out.content = true;
        break;
      case EmailField::headers:
        out.content = out.whole_header = true;
        break;
      case EmailField::header:
        out.content = true;
        if (in_cache(p.header.name))
          out.header_names.push_back(p.header.name);
        else
          out.whole_header = true;
        break;
      case EmailField::body_values:
        out.body_values = out.content = out.structure = true;
        break;
      case EmailField::body_structure:
      case EmailField::text_body:
      case EmailField::html_body:
      case EmailField::attachments:
        out.content = out.structure = true;
        for (const auto& part : out.parts) {
          if (part.field == PartField::size) out.part_sizes = true;
          if (part.field == PartField::headers || part.field == PartField::header) out.part_headers = true;
        }
        break;
      default:
        break;
    }
  }
  if (!out.fetch_text && !out.fetch_html && !out.fetch_all) out.body_values = false;
}

template <class Names, class Make, class List>
Method<void> read_names(const Names& names, const Make& make, std::string_view argument, List& out) {
  if (names.size() > kMaxProperties) return invalid_arguments("too many '" + std::string(argument) + "'");
  for (std::string_view name : names) {
    auto p = make(name);
    if (!p) return invalid_arguments("unknown property '" + std::string(name.substr(0, 200)) + "'");
    bool twice = std::ranges::any_of(out, [&](const auto& o) { return o.name == name; });
    if (!twice) out.push_back(std::move(*p));
  }
  return {};
}

}  // namespace

Method<EmailFields> read_email_fields(Args& args, EmailDefaults defaults) {
  EmailFields out;
  auto parts = args.strings("bodyProperties");
  auto r = parts ? read_names(*parts, part_property, "bodyProperties", out.parts)
                 : read_names(kPartDefaults, part_property, "bodyProperties", out.parts);
  if (!r) return pass(r);
  auto names = args.strings("properties");
  if (defaults == EmailDefaults::get) out.properties.push_back(*email_property("id"));  // always there
  if (names)
    r = read_names(*names, email_property, "properties", out.properties);
  else if (defaults == EmailDefaults::get)
    r = read_names(kGetDefaults, email_property, "properties", out.properties);
  else
    r = read_names(kParseDefaults, email_property, "properties", out.properties);
  if (!r) return pass(r);
  out.fetch_text = args.boolean("fetchTextBodyValues", false);
  out.fetch_html = args.boolean("fetchHTMLBodyValues", false);
  out.fetch_all = args.boolean("fetchAllBodyValues", false);
  auto max = args.unsigned_int("maxBodyValueBytes").value_or(0);
  out.max_value = max == 0 ? kMaxBodyValue : std::min<std::uint64_t>(max, kMaxBodyValue);
  derive(out);
  return out;
}

}  // namespace postern::jmap
