// What the server says to people, in the languages that it knows (RFC 5255 3).  English, which is i-default as well, is
// written where it is said; any other language is a table keyed by the English words, and a text that it lacks is said in
// English.  Tests: t/protocol/imap/language.t
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::imapd {

enum class Language : std::uint8_t { english, german };

// The language of a range, "de-AT" falling back to "de" (RFC 4647 3.4), "*" to the first.
std::optional<Language> match_language(std::string_view range);
std::string_view language_tag(Language l);
// All of them, as the LANGUAGE response lists them.
inline constexpr std::string_view kLanguages = "en de i-default";
// `english` in that language.
std::string_view say(Language l, std::string_view english);

}  // namespace postern::imapd
