#include "jmap/header_property.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mime/address.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/message_id.h"
#include "mime/words.h"

namespace postern::jmap {
namespace {

struct FormName {
  std::string_view suffix;
  HeaderForm form;
};
constexpr std::array kForms = {
    FormName{"asRaw", HeaderForm::raw},
    FormName{"asText", HeaderForm::text},
    FormName{"asAddresses", HeaderForm::addresses},
    FormName{"asGroupedAddresses", HeaderForm::grouped},
    FormName{"asMessageIds", HeaderForm::message_ids},
    FormName{"asDate", HeaderForm::date},
    FormName{"asURLs", HeaderForm::urls},
};

// Fields of RFC 5322 and RFC 2369, with the one parsed form each allows besides Raw (raw: none).
struct Known {
  std::string_view name;
  HeaderForm form;
};
constexpr std::array kKnown = {
    Known{"subject", HeaderForm::text},
    Known{"comments", HeaderForm::text},
    Known{"keywords", HeaderForm::text},
    Known{"from", HeaderForm::addresses},
    Known{"sender", HeaderForm::addresses},
    Known{"reply-to", HeaderForm::addresses},
    Known{"to", HeaderForm::addresses},
    Known{"cc", HeaderForm::addresses},
    Known{"bcc", HeaderForm::addresses},
    Known{"resent-from", HeaderForm::addresses},
    Known{"resent-sender", HeaderForm::addresses},
    Known{"resent-reply-to", HeaderForm::addresses},
    Known{"resent-to", HeaderForm::addresses},
    Known{"resent-cc", HeaderForm::addresses},
    Known{"resent-bcc", HeaderForm::addresses},
    Known{"message-id", HeaderForm::message_ids},
    Known{"in-reply-to", HeaderForm::message_ids},
    Known{"references", HeaderForm::message_ids},
    Known{"resent-message-id", HeaderForm::message_ids},
    Known{"date", HeaderForm::date},
    Known{"resent-date", HeaderForm::date},
    Known{"list-help", HeaderForm::urls},
    Known{"list-unsubscribe", HeaderForm::urls},
    Known{"list-subscribe", HeaderForm::urls},
    Known{"list-post", HeaderForm::urls},
    Known{"list-owner", HeaderForm::urls},
    Known{"list-archive", HeaderForm::urls},
    Known{"return-path", HeaderForm::raw},
    Known{"received", HeaderForm::raw},
};

struct Convenience {
  std::string_view property, field;
  HeaderForm form;
};
constexpr std::array kConvenience = {
    Convenience{"messageId", "Message-ID", HeaderForm::message_ids},
    Convenience{"inReplyTo", "In-Reply-To", HeaderForm::message_ids},
    Convenience{"references", "References", HeaderForm::message_ids},
    Convenience{"sender", "Sender", HeaderForm::addresses},
    Convenience{"from", "From", HeaderForm::addresses},
    Convenience{"to", "To", HeaderForm::addresses},
    Convenience{"cc", "Cc", HeaderForm::addresses},
    Convenience{"bcc", "Bcc", HeaderForm::addresses},
    Convenience{"replyTo", "Reply-To", HeaderForm::addresses},
    Convenience{"subject", "Subject", HeaderForm::text},
    Convenience{"sentAt", "Date", HeaderForm::date},
};

// Raw octets as JSON can hold them: NUL dropped, bad UTF-8 replaced.
json::string raw_text(std::string_view raw, const json::storage_ptr& sp) {
  if (raw.find('\0') == std::string_view::npos && base::is_valid_utf8(raw)) return json::string(raw, sp);
  std::string clean(raw);
  std::erase(clean, '\0');
  return json::string(mime::make_valid_utf8(clean), sp);
}

json::object address(const mime::Address& a, const json::storage_ptr& sp) {
  json::object o(sp);
  o.reserve(2);
  auto name = a.name();
  if (name.empty())
    o.emplace("name", nullptr);
  else
    o.emplace("name", mime::make_valid_utf8(name));
  o.emplace("email", mime::make_valid_utf8(a.email()));
  return o;
}

json::array addresses(const std::vector<mime::Address>& list, const json::storage_ptr& sp) {
  json::array out(sp);
  out.reserve(list.size());
  for (const auto& a : list) out.emplace_back(address(a, sp));
  return out;
}

json::array grouped(std::string_view raw, const json::storage_ptr& sp) {
  json::array out(sp);
  for (const auto& g : mime::grouped_addresses(mime::parse_addresses(raw))) {
    json::object o(sp);
    if (g.name)
      o.emplace("name", mime::make_valid_utf8(*g.name));
    else
      o.emplace("name", nullptr);
    o.emplace("addresses", addresses(g.addresses, sp));
    out.emplace_back(std::move(o));
  }
  return out;
}

json::value message_ids(std::string_view raw, const json::storage_ptr& sp) {
  std::vector<std::string> ids;
  if (!mime::parse_message_ids_strict(raw, ids)) return json::value(nullptr, sp);
  json::array out(sp);
  for (const auto& id : ids) out.emplace_back(mime::make_valid_utf8(id));
  return out;
}

// RFC 2369: <url> separated by commas, with comments anywhere outside of the brackets.  Null unless one is
// there.
json::value urls(std::string_view raw, const json::storage_ptr& sp) {
  json::array out(sp);
  std::size_t i = 0;
  while ((i = mime::skip_cfws(raw, i)) < raw.size()) {
    if (raw[i] == ',') {
      ++i;
      continue;
    }
    auto close = raw[i] == '<' ? raw.find('>', i) : std::string_view::npos;
    if (close == std::string_view::npos) return json::value(nullptr, sp);
    std::string url;
    for (char c : raw.substr(i + 1, close - i - 1))
      if (!(c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0')) url += c;
    out.emplace_back(mime::make_valid_utf8(url));
    i = close + 1;
  }
  if (out.empty()) return json::value(nullptr, sp);
  return out;
}

}  // namespace

bool form_allowed(std::string_view field, HeaderForm form) {
  if (form == HeaderForm::raw) return true;
  auto wanted = form == HeaderForm::grouped ? HeaderForm::addresses : form;
  if (base::iequals(field, "list-id")) return form == HeaderForm::text;
  for (const auto& k : kKnown)
    if (base::iequals(k.name, field)) return k.form == wanted;
  return true;
}

std::optional<HeaderProperty> parse_header_property(std::string_view property) {
  if (!property.starts_with("header:")) return std::nullopt;
  auto parts = base::split(property.substr(7), ':');
  HeaderProperty p{std::string(parts[0])};
  bool legal = !p.name.empty() && std::ranges::all_of(p.name, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!legal || parts.size() > 3 || p.name.size() > 255) return std::nullopt;
  std::size_t i = 1;
  if (i < parts.size() && parts[i].starts_with("as")) {
    auto it = std::ranges::find(kForms, parts[i], &FormName::suffix);
    if (it == kForms.end()) return std::nullopt;
    p.form = it->form;
    ++i;
  }
  if (i < parts.size() && parts[i] == "all") {
    p.all = true;
    ++i;
  }
  if (i != parts.size() || !form_allowed(p.name, p.form)) return std::nullopt;
  return p;
}

std::optional<HeaderProperty> convenience_property(std::string_view property) {
  for (const auto& c : kConvenience)
    if (c.property == property) return HeaderProperty{std::string(c.field), c.form, false};
  return std::nullopt;
}

json::value header_value(std::string_view raw, HeaderForm form, json::storage_ptr sp) {
  switch (form) {
    case HeaderForm::raw:
      return raw_text(raw, sp);
    case HeaderForm::text:
      return json::value(mime::make_valid_utf8(mime::decode_text(raw)), sp);
    case HeaderForm::addresses:
      return addresses(mime::flat_addresses(mime::parse_addresses(raw)), sp);
    case HeaderForm::grouped:
      return grouped(raw, sp);
    case HeaderForm::message_ids:
      return message_ids(raw, sp);
    case HeaderForm::date: {
      auto d = mime::parse_date(raw);
      if (!d) return json::value(nullptr, sp);
      return json::value(d->zone_minutes == 0 ? mime::format_utc_date(d->seconds) : mime::format_rfc3339(*d),
                         sp);
    }
    case HeaderForm::urls:
      return urls(raw, sp);
  }
  return json::value(nullptr, sp);
}

json::value header_property_value(const HeaderProperty& p, const mime::HeaderFields& fields,
                                  json::storage_ptr sp) {
  if (!p.all) {
    const auto* f = fields.last(p.name);
    return f ? header_value(f->value, p.form, sp) : json::value(nullptr, sp);
  }
  json::array out(sp);
  for (const auto* f : fields.each(p.name)) out.emplace_back(header_value(f->value, p.form, sp));
  return out;
}

json::array all_headers(const mime::HeaderFields& fields, json::storage_ptr sp) {
  json::array out(sp);
  out.reserve(fields.all().size());
  for (const auto& f : fields.all()) {
    json::object o(sp);
    o.emplace("name", mime::make_valid_utf8(f.name));
    o.emplace("value", raw_text(f.value, sp));
    out.emplace_back(std::move(o));
  }
  return out;
}

}  // namespace postern::jmap
