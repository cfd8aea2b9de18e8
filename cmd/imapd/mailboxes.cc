#include "cmd/imapd/mailboxes.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "cmd/imapd/sharing.h"
#include "imap/mailbox_name.h"
#include "imap/writer.h"

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

std::string_view child_attributes(const Mailbox& m) {
  if (m.record.all()) return "\\HasNoChildren \\NoInferiors";
  return m.has_children ? "\\HasChildren" : "\\HasNoChildren";
}

std::string_view special_use(const records::Mailbox& m) {
  if (m.role() == "all") return m.all() ? "\\All" : "";   // that one is the server's
  for (const Use& u : kUses)
    if (u.role == m.role()) return u.attribute;
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

io::Task<base::Result<MailboxList>> MailboxList::load_of(Session& s, std::shared_ptr<client::Login> login,
                                                         std::shared_ptr<Account> account, std::string prefix) {
  MailboxList list;
  std::uint32_t from = 0;
  do {
    stored::Request request;
    request.mutable_list_mailboxes()->set_from_id(from);
    auto reply = co_await s.shared.store.read(*login, std::move(request));
    if (!reply) co_return base::pass(reply);
    auto& page = *reply->mutable_mailboxes();
    account->epoch = page.epoch();
    for (int i = 0; i < page.mailboxes_size(); ++i) {
      model::Rights rights = i < page.rights_size() ? page.rights(i) : 0;
      list.all_.push_back({std::move(*page.mutable_mailboxes(i)), {}, false, rights, login, account});
    }
    from = page.next_id();
    if (from == 0) list.sources_.push_back({login, page.metadata_modseq()});
  } while (from != 0);
  list.name_all(*account, prefix);
  std::ranges::sort(list.all_, before);
  co_return std::move(list);
}

io::Task<base::Result<MailboxList>> MailboxList::load(Session& s) {
  return load_of(s, s.self, s.home, {});
}

io::Task<base::Result<MailboxList>> MailboxList::load_all(Session& s) {
  auto list = co_await load(s);
  if (!list) co_return list;
  auto accounts = co_await shared_accounts(s);
  if (!accounts) co_return base::pass(accounts);
  if (accounts->empty()) co_return list;
  auto subscribed = co_await shared_subscriptions(s);
  if (!subscribed) co_return base::pass(subscribed);
  std::set<std::string> spaces;
  for (const SharedAccount& a : *accounts) {
    auto theirs = co_await load_of(s, a.login, a.account, a.prefix + "/");
    if (!theirs && theirs.error().code == "DENIED") continue;  // taken back meanwhile
    if (!theirs) co_return base::pass(theirs);
    list->sources_.push_back(std::move(theirs->sources_.front()));
    for (Mailbox& m : theirs->all_) {
      m.record.set_subscribed(subscribed->contains({a.account->id, m.record.id()}));
      list->all_.push_back(std::move(m));
    }
    // What stands above them has names but is no mailbox.
    spaces.insert(a.prefix);
    spaces.insert(a.prefix.substr(0, a.prefix.rfind('/')));
  }
  for (const std::string& name : spaces) list->all_.push_back({{}, name, true, 0, s.self, s.home});
  std::ranges::sort(list->all_, before);
  co_return list;
}

// Full names from the tree, and the hints for find_mailbox().
void MailboxList::name_all(Account& account, const std::string& prefix) {
  std::unordered_map<std::uint32_t, std::size_t> by_id;
  for (std::size_t i = 0; i < all_.size(); ++i) by_id.emplace(all_[i].record.id(), i);
  bool keep = prefix.empty() && all_.size() >= kLargeAccount;
  if (prefix.empty()) account.places.clear();
  for (Mailbox& m : all_) {
    std::vector<std::uint32_t> chain{m.record.id()};
    m.name = m.record.name();
    std::uint32_t up = m.record.parent();
    for (std::size_t depth = 0; up != 0 && depth < kMaxDepth; ++depth) {
      auto parent = by_id.find(up);
      if (parent == by_id.end()) break;
      Mailbox& p = all_[parent->second];
      p.has_children = p.has_children || m.listed();
      m.name.insert(0, p.record.name() + "/");
      if (keep) chain.insert(chain.begin(), up);
      up = p.record.parent();
    }
    m.name.insert(0, prefix);
    if (keep) account.places.emplace(m.name, std::move(chain));
  }
}

void MailboxList::add_subscribed(const Session& s, const std::vector<std::string>& names, bool missing) {
  std::set<std::string, std::less<>> above;
  std::size_t there = all_.size();
  for (const std::string& name : names) {
    auto it = std::ranges::find(all_, name, &Mailbox::name);
    if (it != all_.end()) {
      it->record.set_subscribed(true);
    } else if (missing) {
      Mailbox& m = all_.emplace_back(Mailbox{{}, name, false, 0, s.self, s.home});
      m.record.set_subscribed(true);
      for (std::size_t at = name.rfind('/'); at != std::string::npos && at > 0; at = name.rfind('/', at - 1))
        above.insert(name.substr(0, at));
    }
  }
  if (all_.size() == there) return;
  for (const std::string& name : above)
    if (!find(name)) all_.push_back({{}, name, true, 0, s.self, s.home});
  std::ranges::sort(all_, before);
}

const Mailbox* MailboxList::find(std::string_view name) const {
  auto it = std::ranges::find(all_, name, &Mailbox::name);
  return it == all_.end() ? nullptr : &*it;
}

const Mailbox* MailboxList::find(std::uint64_t account, std::uint32_t id) const {
  auto it = std::ranges::find_if(
      all_, [&](const Mailbox& m) { return m.record.id() == id && m.login->account() == account; });
  return it == all_.end() ? nullptr : &*it;
}

namespace {

// Asks for the mailboxes where the name was last, and checks that they still spell it.
io::Task<std::optional<Mailbox>> find_by_hint(Session& s, std::string name) {
  auto hint = s.home->places.find(name);
  if (hint == s.home->places.end()) co_return std::nullopt;
  stored::Request request;
  for (std::uint32_t id : hint->second) request.mutable_list_mailboxes()->add_ids(id);
  auto reply = co_await s.shared.store.read(*s.self, std::move(request));
  if (!reply || reply->mailboxes().not_found_size() > 0) co_return std::nullopt;
  s.home->epoch = reply->mailboxes().epoch();
  std::vector<std::string> parts = components(name);
  const auto& got = reply->mailboxes().mailboxes();
  if (static_cast<std::size_t>(got.size()) != parts.size()) co_return std::nullopt;
  std::uint32_t parent = 0;
  for (int i = 0; i < got.size(); ++i) {
    if (got[i].parent() != parent || got[i].name() != parts[static_cast<std::size_t>(i)])
      co_return std::nullopt;
    parent = got[i].id();
  }
  co_return Mailbox{got[got.size() - 1], std::move(name), false, model::kAllRights, s.self, s.home};
}

// INBOX of another's account, too, is found without case.
std::string inbox_in_upper(std::string path) {
  std::size_t end = std::min(path.find('/'), path.size());
  if (base::iequals(std::string_view(path).substr(0, end), "INBOX")) path.replace(0, end, "INBOX");
  return path;
}

}  // namespace

base::Result<> permit(const Mailbox& m, model::Rights need) {
  if ((m.rights & need) == need) return {};
  if (m.listed() && m.record.all() && (need & model::kNotInAllMail))
    return base::fail(base::Fault::permanent, std::string(model::kNotInAllMailText), "CANNOT");
  if (m.listed()) return base::fail(base::Fault::permanent, "no right to do this here", "DENIED");
  return base::fail(base::Fault::permanent, "no such mailbox", "NOT_FOUND");
}

io::Task<base::Result<Mailbox>> find_mailbox(Session& s, std::string wire) {
  auto not_found = base::fail(base::Fault::permanent, "no such mailbox", "NOT_FOUND");
  auto name = canonical(s, wire);
  if (!name) co_return base::pass(name);
  auto hinted = co_await find_by_hint(s, *name);
  if (hinted) co_return std::move(*hinted);
  auto list = co_await MailboxList::load(s);
  if (!list) co_return base::pass(list);
  // The user's own come first: a namespace must not hide them.
  if (const Mailbox* m = list->find(*name)) co_return *m;
  if (!in_namespace(s, *name)) co_return not_found;
  auto shared = co_await shared_account_of(s, *name);
  if (!shared) co_return base::pass(shared);
  auto theirs = co_await MailboxList::load_of(s, shared->login, shared->account, shared->prefix + "/");
  if (!theirs && theirs.error().code == "DENIED") co_return not_found;
  if (!theirs) co_return base::pass(theirs);
  const Mailbox* m = theirs->find(shared->prefix + "/" + inbox_in_upper(shared->path));
  if (!m || !(m->rights & model::kVisible)) co_return not_found;
  co_return *m;
}

std::string list_line(const Session& s, std::string_view attributes, std::string_view name, std::string_view old_name) {
  std::string out = "* LIST (";
  out += attributes;
  out += ") \"/\" ";
  imap::append_mailbox(out, name, s.utf8_names());
  if (!old_name.empty()) {
    out += " (\"OLDNAME\" (";
    imap::append_mailbox(out, old_name, s.utf8_names());
    out += "))";
  }
  return out += "\r\n";
}

void tell_normalized(Session& s, std::string_view attributes, std::string_view name, std::string_view written) {
  if (s.rev2 && name != written) s.write(list_line(s, attributes, name, written));
}

io::Task<base::Result<NewPlace>> place_for(Session& s, std::string name) {
  if (!in_namespace(s, name)) co_return NewPlace{s.self, s.home, components(name)};
  auto shared = co_await shared_account_of(s, std::move(name));
  if (!shared) co_return base::pass(shared);
  co_return NewPlace{shared->login, shared->account, components(inbox_in_upper(shared->path))};
}

}  // namespace postern::imapd
