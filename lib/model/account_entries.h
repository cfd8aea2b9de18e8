// Annotations of an account (RFC 5464) that Postern itself goes by: their owner sets them over IMAP, the admin with `postern`.
#pragma once

namespace postern::model {

// Language of mail that does not say its own, as de or pt-BR: what indexer takes before index.language.
inline constexpr char kLanguageEntry[] = "/private/vendor/postern/language";

}  // namespace postern::model
