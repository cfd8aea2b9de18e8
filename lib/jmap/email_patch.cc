#include "jmap/email_patch.h"

#include <algorithm>

#include "base/text.h"
#include "jmap/limits.h"
#include "mime/date.h"
#include "model/flags.h"

namespace postern::jmap {
namespace {

using Refused = std::unexpected<SetError>;

Refused invalid(std::string property, std::string why = {}) {
  return Refused(invalid_properties({std::move(property)}, std::move(why)));
}

bool is_true(const json::value& v) {
  return v.is_bool() && v.get_bool();
}

// A patch of one key of a set: true adds, null removes.
enum class Key { add, remove, bad };
Key key_patch(const json::value& v) {
  return v.is_null() ? Key::remove : is_true(v) ? Key::add : Key::bad;
}

struct Patcher {
  EmailPatch out;
  const MailboxNumber& mailbox;
  bool keyword_keys = false, mailbox_keys = false;

  std::optional<SetError> one(std::string_view path, const json::value& v) {
    auto tokens = split_patch_path(path);
    if (!tokens || tokens->size() > 2)
      return set_error("invalidPatch", "'" + base::printable(path, 100) + "'");
    const auto& property = (*tokens)[0];
    bool whole = tokens->size() == 1;
    if (property == "keywords") return whole ? keywords(v) : keyword((*tokens)[1], v);
    if (property == "mailboxIds") return whole ? mailboxes(v) : mailbox_key((*tokens)[1], v);
    if (!whole) return set_error("invalidPatch", "'" + base::printable(path, 100) + "' can't be patched");
    out.same.emplace_back(path, &v);
    return std::nullopt;
  }

  std::optional<SetError> keywords(const json::value& v) {
    if (keyword_keys) return overlap();
    out.set_keywords = true;
    return read_keywords(v, out.keywords);
  }

  std::optional<SetError> keyword(const std::string& name, const json::value& v) {
    if (out.set_keywords) return overlap();
    keyword_keys = true;
    auto k = key_patch(v);
    if (k == Key::bad || !model::valid_keyword(name)) return invalid_properties({"keywords/" + name});
    (k == Key::add ? out.add_keywords : out.remove_keywords).push_back(base::to_lower(name));
    return std::nullopt;
  }

  std::optional<SetError> mailboxes(const json::value& v) {
    if (mailbox_keys) return overlap();
    out.set_mailboxes = true;
    if (!read_mailboxes(v, mailbox, out.mailboxes) || out.mailboxes.empty())
      return invalid_properties({"mailboxIds"});
    if (out.mailboxes.size() > kMaxMailboxesPerEmail) return set_error("tooManyMailboxes");
    return std::nullopt;
  }

  std::optional<SetError> mailbox_key(const std::string& id, const json::value& v) {
    if (out.set_mailboxes) return overlap();
    mailbox_keys = true;
    auto k = key_patch(v);
    auto number = mailbox(id);
    if (k == Key::bad || !number) return invalid_properties({"mailboxIds/" + id.substr(0, kMaxIdLength)});
    (k == Key::add ? out.add_mailboxes : out.remove_mailboxes).push_back(*number);
    return std::nullopt;
  }

  static SetError overlap() { return set_error("invalidPatch", "one path is a prefix of another"); }
};

}  // namespace

std::optional<std::vector<std::string>> split_patch_path(std::string_view path) {
  std::vector<std::string> out;
  for (auto raw : base::split(path, '/')) {
    std::string token;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '~') {
        token += raw[i];
        continue;
      }
      if (++i == raw.size() || (raw[i] != '0' && raw[i] != '1')) return std::nullopt;
      token += raw[i] == '0' ? '~' : '/';
    }
    out.push_back(std::move(token));
  }
  return out;
}

std::optional<SetError> read_keywords(const json::value& v, std::vector<std::string>& out) {
  if (v.is_null()) return std::nullopt;
  const auto* o = v.if_object();
  if (!o) return invalid_properties({"keywords"});
  if (o->size() > model::kMaxKeywords) return set_error("tooManyKeywords");
  for (const auto& m : *o) {
    if (!is_true(m.value()) || !model::valid_keyword(m.key())) return invalid_properties({"keywords"});
    out.push_back(base::to_lower(m.key()));
  }
  return std::nullopt;
}

bool read_mailboxes(const json::value& v, const MailboxNumber& mailbox, std::vector<std::uint32_t>& out) {
  const auto* o = v.if_object();
  if (!o) return false;
  for (const auto& m : *o) {
    auto number = mailbox(m.key());
    if (!is_true(m.value()) || !number) return false;
    if (std::ranges::find(out, *number) == out.end()) out.push_back(*number);
  }
  return true;
}

Set<EmailPatch> parse_email_patch(const json::object& patch, const MailboxNumber& mailbox) {
  if (patch.size() > kMaxPatches) return Refused(set_error("invalidPatch", "too many paths"));
  Patcher p{{}, mailbox};
  for (const auto& m : patch)
    if (auto e = p.one(m.key(), m.value())) return Refused(std::move(*e));
  return std::move(p.out);
}

Set<EmailImport> parse_email_import(const json::value& v, const MailboxNumber& mailbox) {
  const auto* o = v.if_object();
  if (!o) return invalid("blobId", "an EmailImport must be an object");
  EmailImport out;
  for (const auto& m : *o) {
    std::string_view name = m.key();
    if (name == "blobId") {
      out.blob_id = text_of(m.value());
    } else if (name == "mailboxIds") {
      if (!read_mailboxes(m.value(), mailbox, out.mailboxes)) return invalid("mailboxIds");
    } else if (name == "keywords") {
      if (auto e = read_keywords(m.value(), out.keywords)) return Refused(std::move(*e));
    } else if (name == "receivedAt") {
      if (m.value().is_null()) continue;
      out.received = m.value().is_string() ? mime::parse_utc_date(text_of(m.value())) : std::nullopt;
      if (!out.received) return invalid("receivedAt");
    } else {
      return invalid(std::string(name.substr(0, kMaxIdLength)));
    }
  }
  if (out.blob_id.empty()) return invalid("blobId");
  if (out.mailboxes.empty()) return invalid("mailboxIds");
  if (out.mailboxes.size() > kMaxMailboxesPerEmail) return Refused(set_error("tooManyMailboxes"));
  return out;
}

}  // namespace postern::jmap
