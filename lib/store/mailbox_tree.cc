#include "store/mailbox_tree.h"

#include <algorithm>

#include "base/text.h"
#include "store/limits.h"
#include "store/names.h"

namespace postern::store {

using base::fail;
using base::Fault;

std::vector<std::string> path_of(const AccountState& a, const records::Mailbox& m) {
  std::vector<std::string> path{m.name()};
  for (std::uint32_t parent = m.parent(); parent && path.size() <= kMaxDepth;) {
    auto it = a.mailboxes.find(parent);
    if (it == a.mailboxes.end()) break;
    path.push_back(it->second.rec.name());
    parent = it->second.rec.parent();
  }
  std::ranges::reverse(path);
  return path;
}

std::size_t depth_of(AccountState& a, std::uint32_t id) {
  std::size_t n = 0;
  for (MailboxState* m = a.mailbox(id); m && n <= kMaxDepth; m = a.mailbox(m->rec.parent())) ++n;
  return n;
}

std::size_t height_of(AccountState& a, std::uint32_t id) {
  MailboxState* root = a.mailbox(id);
  if (!root || !root->children) return 1;
  std::size_t base = depth_of(a, id), deepest = base;
  for (auto& [other, m] : a.mailboxes)
    if (m.alive() && is_below(a, other, id)) deepest = std::max(deepest, depth_of(a, other));
  return deepest - base + 1;
}

bool is_below(AccountState& a, std::uint32_t id, std::uint32_t ancestor) {
  std::size_t n = 0;
  for (MailboxState* m = a.mailbox(id); m && n <= kMaxDepth; m = a.mailbox(m->rec.parent()), ++n)
    if (m->rec.id() == ancestor) return true;
  return false;
}

Result<TreePlace> find_place(AccountState& a, std::uint32_t parent,
                             const google::protobuf::RepeatedPtrField<std::string>& path) {
  if (parent && !a.mailbox(parent)) return fail(Fault::permanent, "no such mailbox", "NOT_FOUND");
  if (depth_of(a, parent) + static_cast<std::size_t>(path.size()) > kMaxDepth)
    return fail(Fault::limit, "mailboxes nested too deeply", "LIMIT");
  TreePlace place{parent, {}};
  for (const std::string& name : path) {
    if (auto ok = check_name(name); !ok) return pass(ok);
    MailboxState* m = place.missing.empty() ? a.child(place.parent, name) : nullptr;
    if (m)
      place.parent = m->rec.id();
    else
      place.missing.push_back(name);
  }
  return place;
}

Result<> may_hold(AccountState& a, std::uint32_t parent) {
  MailboxState* m = a.mailbox(parent);
  if (!m || !m->rec.all()) return {};
  return fail(Fault::permanent, "No mailbox is below the one that shows all mail", "CANNOT");
}

MailboxState* at_path(AccountState& a, std::string_view path) {
  MailboxState* m = nullptr;
  for (std::string_view name : base::split(path, '/')) {
    m = a.child(m ? m->rec.id() : 0, name);
    if (!m) return nullptr;
  }
  return m;
}

MailboxState& make_missing(Txn& txn, const TreePlace& place, records::Mailbox last) {
  std::uint32_t parent = place.parent;
  // RFC 4314 4: a new mailbox inherits the list of the one above it.
  google::protobuf::RepeatedPtrField<records::Grant> acl;
  if (MailboxState* above = txn.account().mailbox(parent)) acl = above->rec.acl();
  if (acl.size()) txn.account().grants_changed();
  *last.mutable_acl() = acl;
  for (std::size_t i = 0; i + 1 < place.missing.size(); ++i) {
    records::Mailbox m;
    m.set_parent(parent);
    m.set_name(place.missing[i]);
    m.set_subscribed(last.subscribed());
    *m.mutable_acl() = acl;
    parent = txn.create_mailbox(std::move(m)).rec.id();
  }
  last.set_parent(parent);
  last.set_name(place.missing.back());
  return txn.create_mailbox(std::move(last));
}

}  // namespace postern::store
