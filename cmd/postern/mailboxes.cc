#include "cmd/postern/mailboxes.h"

#include "base/system.h"
#include "base/text.h"

namespace postern::cli {

using base::Result;

Mailboxes::Mailboxes(Context& c, Context::AccountTicket t)
    : c_(&c), ticket_(std::move(t)), ticket_time_(base::unix_now()) {}

Result<Mailboxes> Mailboxes::open(Context& c, const std::string& name) {
  auto ticket = c.account_ticket(name);
  if (!ticket) return pass(ticket);
  Mailboxes m(c, std::move(*ticket));
  if (auto ok = m.load(); !ok) return pass(ok);
  return m;
}

Result<> Mailboxes::renew() {
  auto ticket = c_->account_ticket(ticket_.name);
  if (!ticket) return pass(ticket);
  ticket_ = std::move(*ticket);
  ticket_time_ = base::unix_now();
  return {};
}

Result<stored::Reply> Mailboxes::call(stored::Request request, bool write) {
  request.set_ticket(ticket_.ticket);
  request.set_account(ticket_.account);
  if (write) {
    request.set_client(c_->client());
    request.set_sequence(c_->next_sequence());
  }
  return c_->stored(std::move(request));
}

Result<Mailboxes> Mailboxes::open_shared(std::uint64_t account, std::string prefix) const {
  Mailboxes m(*c_, {ticket_.ticket, account, ticket_.name});
  m.prefix_ = std::move(prefix);
  if (auto ok = m.load(); !ok) return pass(ok);
  return m;
}

std::uint32_t Mailboxes::rights(std::uint32_t mailbox) const {
  auto it = rights_.find(mailbox);
  return it == rights_.end() ? 0 : it->second;
}

Result<> Mailboxes::load() {
  std::map<std::uint32_t, records::Mailbox> by_id;
  rights_.clear();
  std::uint32_t from = 0;
  do {
    stored::Request r;
    r.mutable_list_mailboxes()->set_from_id(from);
    auto reply = call(std::move(r), false);
    if (!reply) return pass(reply);
    const auto& page = reply->mailboxes();
    for (int i = 0; i < page.mailboxes_size(); ++i) {
      by_id[page.mailboxes(i).id()] = page.mailboxes(i);
      rights_[page.mailboxes(i).id()] = i < page.rights_size() ? page.rights(i) : 0;
    }
    from = page.next_id();
  } while (from != 0);
  by_path_.clear();
  for (const auto& [id, m] : by_id) {
    std::string path = m.name();
    std::uint32_t parent = m.parent();
    for (int depth = 0; parent && depth < 1000; ++depth) {
      auto it = by_id.find(parent);
      if (it == by_id.end()) break;
      path = it->second.name() + "/" + path;
      parent = it->second.parent();
    }
    by_path_[prefix_ + path] = m;
  }
  return {};
}

static std::string canonical(const std::string& path) {
  if (path.size() >= 5 && base::iequals(path.substr(0, 5), "INBOX") && (path.size() == 5 || path[5] == '/'))
    return "INBOX" + path.substr(5);
  return path;
}

Result<std::uint32_t> Mailboxes::find(const std::string& path) const {
  auto it = by_path_.find(canonical(path));
  if (it == by_path_.end())
    return base::fail(base::Fault::permanent, ticket_.name + ": no mailbox " + base::printable(path),
                      "NOT_FOUND");
  return it->second.id();
}

Result<std::uint32_t> Mailboxes::find_or_create(const std::string& path, const std::string& role) {
  if (auto id = find(path)) return id;
  stored::Request r;
  auto* create = r.mutable_create_mailbox();
  for (auto part : base::split(canonical(path), '/')) create->add_path(std::string(part));
  create->set_subscribed(true);
  create->set_may_exist(true);
  create->set_role(role);
  auto reply = call(std::move(r), true);
  if (!reply) return pass(reply);
  auto id = reply->created().id();
  if (auto ok = load(); !ok) return pass(ok);
  return id;
}

}  // namespace postern::cli
