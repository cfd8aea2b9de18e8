#include "cmd/imapd/mailboxes.h"

#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "imap/mailbox_name.h"

namespace postern::imapd {

namespace {

constexpr std::size_t kMaxDepth = 100;

struct Use {
  std::string_view role, attribute;
};
constexpr Use kUses[] = {{"archive", "\\Archive"}, {"drafts", "\\Drafts"}, {"junk", "\\Junk"},
                         {"sent", "\\Sent"},       {"trash", "\\Trash"},   {"important", "\\Important"}};

// Order by name, INBOX and what is below it first.
bool before(const Mailbox& a, const Mailbox& b) {
  bool ia = a.name == "INBOX" || a.name.starts_with("INBOX/");
  bool ib = b.name == "INBOX" || b.name.starts_with("INBOX/");
  return ia != ib ? ia : a.name < b.name;
}

}  // namespace

std::string_view special_use(std::string_view role) {
  for (const Use& u : kUses)
    if (u.role == role) return u.attribute;
  return {};
}

std::string_view role_of(std::string_view use) {
  for (const Use& u : kUses)
    if (base::iequals(u.attribute, use)) return u.role;
  return {};
}

std::vector<std::string> components(std::string_view name) {
  std::vector<std::string> out;
  for (std::string_view c : base::split(name, '/')) out.emplace_back(c);
  return out;
}

base::Result<std::string> canonical(const Session& s, std::string_view wire, bool may_end_in_separator) {
  auto name = imap::parse_mailbox_name(wire, s.utf8_names(), may_end_in_separator);
  if (!name) name.error().code = "CANNOT";
  return name;
}

io::Task<base::Result<MailboxList>> MailboxList::load(Session& s) {
  stored::Request request;
  request.mutable_list_mailboxes();
  auto reply = co_await s.shared.store.read(*s.login, std::move(request));
  if (!reply) co_return base::pass(reply);
  MailboxList list;
  std::unordered_map<std::uint32_t, std::size_t> by_id;
  auto& records = *reply->mutable_mailboxes()->mutable_mailboxes();
  for (records::Mailbox& r : records) {
    by_id.emplace(r.id(), list.all_.size());
    list.all_.push_back({std::move(r), {}, false});
  }
  for (Mailbox& m : list.all_) {
    m.name = m.record.name();
    std::uint32_t up = m.record.parent();
    for (std::size_t depth = 0; up != 0 && depth < kMaxDepth; ++depth) {
      auto parent = by_id.find(up);
      if (parent == by_id.end()) break;
      Mailbox& p = list.all_[parent->second];
      p.has_children = true;
      m.name.insert(0, p.record.name() + "/");
      up = p.record.parent();
    }
  }
  std::ranges::sort(list.all_, before);
  co_return std::move(list);
}

const Mailbox* MailboxList::find(std::string_view name) const {
  auto it = std::ranges::find(all_, name, &Mailbox::name);
  return it == all_.end() ? nullptr : &*it;
}

const Mailbox* MailboxList::find(std::uint32_t id) const {
  auto it = std::ranges::find(all_, id, [](const Mailbox& m) { return m.record.id(); });
  return it == all_.end() ? nullptr : &*it;
}

io::Task<base::Result<Mailbox>> find_mailbox(Session& s, std::string wire) {
  auto name = canonical(s, wire);
  if (!name) co_return base::pass(name);
  auto list = co_await MailboxList::load(s);
  if (!list) co_return base::pass(list);
  const Mailbox* m = list->find(*name);
  if (!m) co_return base::fail(base::Fault::permanent, "no such mailbox", "NOT_FOUND");
  co_return *m;
}

}  // namespace postern::imapd
