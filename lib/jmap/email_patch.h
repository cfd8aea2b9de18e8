// What may be said of an email when it is updated, created or imported: mailboxIds, keywords, receivedAt.
// RFC 8620 5.3 (PatchObject), RFC 8621 4.6, 4.8.  Runs in: jmapd.  Input: hostile.  Tests: t/unit/jmap_set.cc
#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/errors.h"

namespace postern::jmap {

// Maps a mailbox id (or "#creation-id") to its number; nothing where there is none.
using MailboxNumber = std::function<std::optional<std::uint32_t>(std::string_view id)>;
template <class T>
using Set = std::expected<T, SetError>;

struct EmailPatch {
  bool set_keywords = false, set_mailboxes = false;  // the lists replace what is there
  std::vector<std::string> keywords, add_keywords, remove_keywords;
  std::vector<std::uint32_t> mailboxes, add_mailboxes, remove_mailboxes;
  // Properties that can't change: allowed where they are what they were.
  std::vector<std::pair<std::string_view, const json::value*>> same;
  bool empty() const {
    return !set_keywords && !set_mailboxes && add_keywords.empty() && remove_keywords.empty() &&
           add_mailboxes.empty() && remove_mailboxes.empty();
  }
};
Set<EmailPatch> parse_email_patch(const json::object& patch, const MailboxNumber& mailbox);

// "keywords" as a whole object, or null for none: invalidProperties, tooManyKeywords; nothing when all is well.
std::optional<SetError> read_keywords(const json::value& v, std::vector<std::string>& out);
// "mailboxIds" as a whole object.
bool read_mailboxes(const json::value& v, const MailboxNumber& mailbox, std::vector<std::uint32_t>& out);

// An EmailImport object.
struct EmailImport {
  std::string_view blob_id;
  std::vector<std::string> keywords;
  std::vector<std::uint32_t> mailboxes;
  std::optional<std::int64_t> received;
};
Set<EmailImport> parse_email_import(const json::value& v, const MailboxNumber& mailbox);

// Splits "a/b~1c" into unescaped tokens; nothing when malformed.
std::optional<std::vector<std::string>> split_patch_path(std::string_view path);

}  // namespace postern::jmap
