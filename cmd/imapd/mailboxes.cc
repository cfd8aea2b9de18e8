#include "cmd/imapd/mailboxes.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/text.h"
#include "imap/mailbox_name.h"

namespace postern::imapd {

namespace {

constexpr std::size_t kMaxDepth = 100;
// From here on the list is not fetched for each name.
constexpr std::size_t kLargeAccount = 30;

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
  MailboxList list;
  std::uint32_t from = 0;
  do {
    stored::Request request;
    request.mutable_list_mailboxes()->set_from_id(from);
    auto reply = co_await s.shared.store.read(*s.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    auto& page = *reply->mutable_mailboxes();
    for (records::Mailbox& r : *page.mutable_mailboxes()) list.all_.push_back({std::move(r), {}, false});
    from = page.next_id();
  } while (from != 0);
  list.name_all(*s.account);
  std::ranges::sort(list.all_, before);
  co_return std::move(list);
}

// Full names from the tree, and the hints for find_mailbox().
void MailboxList::name_all(Account& account) {
  std::unordered_map<std::uint32_t, std::size_t> by_id;
  for (std::size_t i = 0; i < all_.size(); ++i) by_id.emplace(all_[i].record.id(), i);
  account.places.clear();
  for (Mailbox& m : all_) {
    std::vector<std::uint32_t> chain{m.record.id()};
    m.name = m.record.name();
    std::uint32_t up = m.record.parent();
    for (std::size_t depth = 0; up != 0 && depth < kMaxDepth; ++depth) {
      auto parent = by_id.find(up);
      if (parent == by_id.end()) break;
      Mailbox& p = all_[parent->second];
      p.has_children = true;
      m.name.insert(0, p.record.name() + "/");
      chain.insert(chain.begin(), up);
      up = p.record.parent();
    }
    if (all_.size() >= kLargeAccount) account.places.emplace(m.name, std::move(chain));
  }
}

const Mailbox* MailboxList::find(std::string_view name) const {
  auto it = std::ranges::find(all_, name, &Mailbox::name);
  return it == all_.end() ? nullptr : &*it;
}

const Mailbox* MailboxList::find(std::uint32_t id) const {
  auto it = std::ranges::find(all_, id, [](const Mailbox& m) { return m.record.id(); });
  return it == all_.end() ? nullptr : &*it;
}

namespace {

// Asks for the mailboxes where the name was last, and checks that they still spell it.
io::Task<std::optional<Mailbox>> find_by_hint(Session& s, std::string name) {
  auto hint = s.account->places.find(name);
  if (hint == s.account->places.end()) co_return std::nullopt;
  stored::Request request;
  for (std::uint32_t id : hint->second) request.mutable_list_mailboxes()->add_ids(id);
  auto reply = co_await s.shared.store.read(*s.login, std::move(request));
  if (!reply || reply->mailboxes().not_found_size() > 0) co_return std::nullopt;
  std::vector<std::string> parts = components(name);
  const auto& got = reply->mailboxes().mailboxes();
  if (static_cast<std::size_t>(got.size()) != parts.size()) co_return std::nullopt;
  std::uint32_t parent = 0;
  for (int i = 0; i < got.size(); ++i) {
    if (got[i].parent() != parent || got[i].name() != parts[static_cast<std::size_t>(i)])
      co_return std::nullopt;
    parent = got[i].id();
  }
  co_return Mailbox{got[got.size() - 1], std::move(name), false};
}

}  // namespace

io::Task<base::Result<Mailbox>> find_mailbox(Session& s, std::string wire) {
  auto name = canonical(s, wire);
  if (!name) co_return base::pass(name);
  auto hinted = co_await find_by_hint(s, *name);
  if (hinted) co_return std::move(*hinted);
  auto list = co_await MailboxList::load(s);
  if (!list) co_return base::pass(list);
  const Mailbox* m = list->find(*name);
  if (!m) co_return base::fail(base::Fault::permanent, "no such mailbox", "NOT_FOUND");
  co_return *m;
}

}  // namespace postern::imapd
