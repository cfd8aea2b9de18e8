// What names in scripts may look like: checked when a script is compiled where they are constant, and when it
// runs where they are not.
// Input: hostile.  Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::sieve {

inline constexpr std::size_t kMaxName = 512;          // bytes of a script's or program's name (RFC 5804 1.6)
inline constexpr std::size_t kMaxMailboxName = 1024;  // bytes; the store has its own, smaller ones

// UTF-8 without NUL, which is what protocols, header fields and programs' arguments take.  Strings of a script may be
// otherwise (RFC 5228 2.4.2.4).
bool is_plain(std::string_view s);
// `s` with U+FFFD for what is not.
std::string made_plain(std::string s);
// A header field's name (RFC 5228 2.4.2.2).
bool valid_header_name(std::string_view name);
// UTF-8 without controls, not empty.
bool valid_mailbox(std::string_view name);
// A script's or an external program's name: Net-Unicode, no "/", no controls, not "." or "..".
bool valid_script_name(std::string_view name);
// A system flag of RFC 9051 or a keyword, without \Recent.
bool valid_flag(std::string_view flag);
// "\\Junk", "\\Sent" ...: a backslash and an atom.
bool valid_special_use(std::string_view flag);
// "+hhmm" to minutes east of UTC.
std::optional<std::int32_t> parse_zone(std::string_view s);
// May the `address` test look at this field (RFC 5228 5.1)?
bool is_address_header(std::string_view name);

enum class EnvelopePart : std::uint8_t {
  from,
  to,
  orig_to,
  auth,
  notify,
  orcpt,
  ret,
  envid,
  by_absolute,
  by_relative,
  by_mode,
  by_trace
};
std::optional<EnvelopePart> find_envelope_part(std::string_view name);
inline bool has_address(EnvelopePart p) {
  return p <= EnvelopePart::auth;
}
inline bool is_dsn(EnvelopePart p) {
  return p >= EnvelopePart::notify && p <= EnvelopePart::envid;
}
inline bool is_deliver_by(EnvelopePart p) {
  return p >= EnvelopePart::by_absolute;
}

// RFC 5260 4.2.
enum class DatePart : std::uint8_t {
  year,
  month,
  day,
  date,
  julian,
  hour,
  minute,
  second,
  time,
  iso8601,
  std11,
  zone,
  weekday
};
std::optional<DatePart> find_date_part(std::string_view name);

// The name as `urn:ietf:params:sieve:` has it: ":addrbook:default" (RFC 6134 2.5), plain.  Nothing when it is
// no URI.
std::optional<std::string> list_uri(std::string_view name);

// A value of NOTIFY in any case (RFC 3461 4.1): NEVER alone, or of SUCCESS, FAILURE and DELAY.
bool valid_dsn_notify(std::string_view value);

// "NAME=VALUE", an option of `notify` (RFC 5435 3.5).
bool valid_notify_option(std::string_view s);

enum class NotifyMethod : std::uint8_t { mailto, xmpp, sip };
// By the scheme of a notification URI; nothing when it is none that this language knows.
std::optional<NotifyMethod> notify_method(std::string_view uri);

}  // namespace postern::sieve
