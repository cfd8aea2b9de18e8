#include "sieve/names.h"

#include <algorithm>
#include <array>

#include "base/codec.h"
#include "base/text.h"
#include "mime/charset.h"

namespace postern::sieve {
namespace {

bool has_control(std::string_view s) {
  return std::ranges::any_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// U+0080 to U+009F, U+2028 and U+2029 in UTF-8.
bool has_unicode_control(std::string_view s) {
  for (std::size_t i = 0; i + 1 < s.size(); ++i) {
    auto a = static_cast<unsigned char>(s[i]), b = static_cast<unsigned char>(s[i + 1]);
    if (a == 0xc2 && b < 0xa0) return true;
    if (a == 0xe2 && b == 0x80 && i + 2 < s.size() && (s[i + 2] == '\xa8' || s[i + 2] == '\xa9')) return true;
  }
  return false;
}

bool is_atom(std::string_view s) {
  if (s.empty()) return false;
  return std::ranges::all_of(s, [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
           std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
  });
}

template <std::size_t N>
std::optional<std::size_t> find(const std::array<std::string_view, N>& table, std::string_view name) {
  auto it = std::ranges::find_if(table, [name](std::string_view t) { return base::iequals(t, name); });
  if (it == table.end()) return std::nullopt;
  return static_cast<std::size_t>(it - table.begin());
}

constexpr std::array<std::string_view, 12> kEnvelopeParts = {
    "from", "to",    "orig_to",        "auth",           "notify", "orcpt",
    "ret",  "envid", "bytimeabsolute", "bytimerelative", "bymode", "bytrace"};
constexpr std::array<std::string_view, 13> kDateParts = {"year",  "month",  "day",    "date", "julian",
                                                         "hour",  "minute", "second", "time", "iso8601",
                                                         "std11", "zone",   "weekday"};
constexpr std::array<std::string_view, 28> kAddressHeaders = {"from",
                                                              "to",
                                                              "cc",
                                                              "bcc",
                                                              "sender",
                                                              "reply-to",
                                                              "resent-from",
                                                              "resent-to",
                                                              "resent-cc",
                                                              "resent-bcc",
                                                              "resent-sender",
                                                              "resent-reply-to",
                                                              "return-path",
                                                              "delivered-to",
                                                              "x-original-to",
                                                              "envelope-to",
                                                              "apparently-to",
                                                              "errors-to",
                                                              "mail-followup-to",
                                                              "mail-reply-to",
                                                              "disposition-notification-to",
                                                              "return-receipt-to",
                                                              "original-from",
                                                              "abuse-reports-to",
                                                              "x-complaints-to",
                                                              "x-beenthere",
                                                              "x-admin",
                                                              "x-confirm-reading-to"};

}  // namespace

bool is_plain(std::string_view s) {
  return s.find('\0') == s.npos && base::is_valid_utf8(s);
}

std::string made_plain(std::string s) {
  if (is_plain(s)) return s;
  // 0xff stands in no UTF-8 text.
  std::ranges::replace(s, '\0', '\xff');
  return mime::make_valid_utf8(s);
}

bool valid_header_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

bool valid_mailbox(std::string_view name) {
  return !name.empty() && name.size() <= kMaxMailboxName && base::is_valid_utf8(name) && !has_control(name);
}

bool valid_script_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && base::is_valid_utf8(name) && !has_control(name) &&
         !has_unicode_control(name) && name.find('/') == name.npos && name != "." && name != "..";
}

bool valid_flag(std::string_view flag) {
  constexpr std::array<std::string_view, 5> kSystem = {"\\answered", "\\flagged", "\\deleted", "\\seen",
                                                       "\\draft"};
  return flag.starts_with('\\') ? find(kSystem, flag).has_value() : flag.size() <= kMaxName && is_atom(flag);
}

bool valid_special_use(std::string_view flag) {
  return flag.starts_with('\\') && flag.size() <= kMaxName && is_atom(flag.substr(1));
}

std::optional<std::int32_t> parse_zone(std::string_view s) {
  if (s.size() != 5 || (s[0] != '+' && s[0] != '-') || !std::all_of(s.begin() + 1, s.end(), base::is_digit))
    return std::nullopt;
  auto two = [&s](std::size_t at) { return (s[at] - '0') * 10 + (s[at + 1] - '0'); };
  if (two(3) > 59) return std::nullopt;
  std::int32_t minutes = two(1) * 60 + two(3);
  return s[0] == '-' ? -minutes : minutes;
}

bool is_address_header(std::string_view name) {
  return find(kAddressHeaders, name).has_value();
}

std::optional<EnvelopePart> find_envelope_part(std::string_view name) {
  auto i = find(kEnvelopeParts, name);
  return i ? std::optional(static_cast<EnvelopePart>(*i)) : std::nullopt;
}

std::optional<DatePart> find_date_part(std::string_view name) {
  auto i = find(kDateParts, name);
  return i ? std::optional(static_cast<DatePart>(*i)) : std::nullopt;
}

std::optional<std::string> list_uri(std::string_view name) {
  constexpr std::string_view kUrn = "urn:ietf:params:sieve:";
  constexpr std::string_view kBook = "urn:ietf:params:sieve:addrbook:";
  std::string uri =
      name.starts_with(':') ? std::string(kUrn.substr(0, kUrn.size() - 1)).append(name) : std::string(name);
  auto colon = uri.find(':');
  if (colon == uri.npos || colon == 0 || !base::is_alpha(uri[0]) || has_control(uri) ||
      uri.find(' ') != uri.npos || !is_plain(uri))
    return std::nullopt;
  // The URN's own words don't care about case, the name of a book does, but for "default".
  if (base::istarts_with(uri, kBook)) {
    std::string_view book = std::string_view(uri).substr(kBook.size());
    auto decoded = base::percent_decode(book);
    if (!decoded || !is_plain(*decoded)) return std::nullopt;
    return std::string(kBook) + (base::iequals(*decoded, "default") ? "default" : *decoded);
  }
  return uri;
}

bool valid_notify_option(std::string_view s) {
  auto is_letter = [](char c) { return base::is_alpha(c) || base::is_digit(c); };
  auto equal = s.find('=');
  if (equal == s.npos || equal == 0 || !is_letter(s[0])) return false;
  auto in_name = [&](char c) { return is_letter(c) || c == '.' || c == '-' || c == '_'; };
  return std::ranges::all_of(s.substr(0, equal), in_name) &&
         s.find_first_of(std::string_view("\r\n\0", 3)) == s.npos;
}

std::optional<NotifyMethod> notify_method(std::string_view uri) {
  if (base::istarts_with(uri, "mailto:")) return NotifyMethod::mailto;
  if (base::istarts_with(uri, "xmpp:")) return NotifyMethod::xmpp;
  if (base::istarts_with(uri, "sip:") || base::istarts_with(uri, "sips:")) return NotifyMethod::sip;
  return std::nullopt;
}

bool valid_dsn_notify(std::string_view value) {
  if (base::iequals(value, "NEVER")) return true;
  return std::ranges::all_of(base::split(value, ','), [](std::string_view n) {
    return base::iequals(n, "SUCCESS") || base::iequals(n, "FAILURE") || base::iequals(n, "DELAY");
  });
}

}  // namespace postern::sieve
