#include "client/mailbox_tree.h"

#include "base/text.h"
#include "model/ids.h"

namespace postern::client {

namespace {

// The role of a special-use attribute; empty for what is none.
std::string role_of(std::string_view attribute) {
  return attribute.starts_with("\\") ? base::to_lower(attribute.substr(1)) : std::string();
}

}  // namespace

std::vector<std::string> MailboxTree::components(std::string_view path) {
  std::vector<std::string> out;
  for (std::string_view part : base::split(path, '/')) {
    if (part.empty()) return {};
    out.emplace_back(part);
  }
  if (!out.empty() && base::iequals(out[0], "INBOX")) out[0] = "INBOX";
  return out;
}

std::uint32_t MailboxTree::find(std::string_view path) const {
  std::uint32_t at = 0;
  for (const std::string& part : components(path)) {
    std::uint32_t next = 0;
    for (const auto& [id, m] : by_id_)
      if (m.parent() == at && m.name() == part) next = id;
    if (!next) return 0;
    at = next;
  }
  return at;
}

std::string MailboxTree::path(std::uint32_t id) const {
  std::string out;
  std::size_t depth = 0;
  for (auto it = by_id_.find(id); it != by_id_.end() && depth++ < by_id_.size(); it = by_id_.find(it->second.parent()))
    out = out.empty() ? it->second.name() : it->second.name() + "/" + out;
  return out;
}

std::uint32_t MailboxTree::find_id(std::string_view mailbox_id) const {
  auto id = model::parse_id(model::IdKind::mailbox, mailbox_id);
  bool ours = id && id->account == account_ && id->number <= UINT32_MAX;
  return ours && by_id_.contains(static_cast<std::uint32_t>(id->number)) ? static_cast<std::uint32_t>(id->number) : 0;
}

std::uint32_t MailboxTree::find_role(std::string_view attribute) const {
  for (const auto& [id, m] : by_id_)
    if (has_role(id, attribute)) return id;
  return 0;
}

std::uint32_t MailboxTree::for_detail(std::string_view detail) const {
  for (const auto& [id, m] : by_id_)
    if (m.parent() == 0 && !detail.empty() && base::iequals(m.name(), detail)) return id;
  return find("INBOX");
}

bool MailboxTree::has_role(std::uint32_t id, std::string_view attribute) const {
  auto it = by_id_.find(id);
  std::string role = role_of(attribute);
  return it != by_id_.end() && !role.empty() && it->second.role() == role;
}

}  // namespace postern::client
