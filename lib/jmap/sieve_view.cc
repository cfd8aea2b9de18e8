#include "jmap/sieve_view.h"

#include "base/codec.h"
#include "jmap/limits.h"
#include "mime/date.h"
#include "model/ids.h"

namespace postern::jmap {

std::string format_script_blob(std::uint64_t account, const records::Script& s) {
  std::string id = model::format_id(model::IdKind::script, account, s.id());
  id[0] = 'S';
  return id + "-" + base::hex(std::string_view(s.sha256()).substr(0, 8));
}

std::optional<ScriptBlob> parse_script_blob(std::string_view text) {
  auto dash = text.rfind('-');
  if (dash == std::string_view::npos || !text.starts_with('S')) return std::nullopt;
  std::string id(text.substr(0, dash));
  id[0] = 's';
  auto number = model::parse_id(model::IdKind::script, id);
  auto checksum = base::unhex(text.substr(dash + 1));
  if (!number || number->number > UINT32_MAX || !checksum || checksum->size() != 8) return std::nullopt;
  if (base::hex(*checksum) != text.substr(dash + 1)) return std::nullopt;
  return ScriptBlob{number->account, static_cast<std::uint32_t>(number->number), std::move(*checksum)};
}

json::object script_json(const records::Script& s, std::uint64_t account, bool active, const json::storage_ptr& sp) {
  json::object o(sp);
  o["id"] = model::format_id(model::IdKind::script, account, s.id());
  o["name"] = s.name();
  o["blobId"] = format_script_blob(account, s);
  o["isActive"] = active;
  return o;
}

namespace {

// A String|null that is no longer than `max`, without NUL.
bool patch_text(const json::value& value, std::size_t max, std::string& out, bool& has) {
  has = !value.is_null();
  if (value.is_null()) return true;
  if (!value.is_string() || value.get_string().size() > max) return false;
  out = sv(value.get_string());
  return out.find('\0') == std::string::npos;
}

template <class Set, class Clear>
bool patch_date(const json::value& value, Set set, Clear clear) {
  if (value.is_null()) return clear(), true;
  auto time = mime::parse_utc_date(text_of(value));
  if (!time) return false;
  set(*time);
  return true;
}

json::value date_json(bool has, std::int64_t time) {
  return has ? json::value(mime::format_utc_date(time)) : json::value(nullptr);
}
json::value text_json(bool has, const std::string& text) { return has ? json::value(text) : json::value(nullptr); }

bool patch_one(std::string_view name, const json::value& value, records::Vacation& v) {
  std::string text;
  bool has = false;
  if (name == "isEnabled") {
    if (value.is_bool()) v.set_enabled(value.get_bool());
    return value.is_bool();
  }
  if (name == "fromDate")
    return patch_date(value, [&](std::int64_t t) { v.set_from(t); }, [&] { v.clear_from(); });
  if (name == "toDate")
    return patch_date(value, [&](std::int64_t t) { v.set_to(t); }, [&] { v.clear_to(); });
  if (name == "subject") {
    if (!patch_text(value, kMaxVacationSubject, text, has)) return false;
    has ? v.set_subject(text) : v.clear_subject();
    return true;
  }
  if (name == "textBody") {
    if (!patch_text(value, kMaxVacationText, text, has)) return false;
    has ? v.set_text(text) : v.clear_text();
    return true;
  }
  if (name == "htmlBody") {
    if (!patch_text(value, kMaxVacationText, text, has)) return false;
    has ? v.set_html(text) : v.clear_html();
    return true;
  }
  return name == "id" && text_of(value) == "singleton";
}

}  // namespace

std::optional<std::string> patch_vacation(const json::object& patch, records::Vacation& v) {
  for (const auto& m : patch)
    if (!patch_one(m.key(), m.value(), v)) return std::string(m.key());
  return std::nullopt;
}

json::object vacation_json(const records::Vacation& v, const json::storage_ptr& sp) {
  json::object o(sp);
  o["id"] = "singleton";
  o["isEnabled"] = v.enabled();
  o["fromDate"] = date_json(v.has_from(), v.from());
  o["toDate"] = date_json(v.has_to(), v.to());
  o["subject"] = text_json(v.has_subject(), v.subject());
  o["textBody"] = text_json(v.has_text(), v.text());
  o["htmlBody"] = text_json(v.has_html(), v.html());
  return o;
}

}  // namespace postern::jmap
