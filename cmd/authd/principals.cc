// What a user's ticket may ask of the directory: names and numbers for access control lists, as far as he can spell
// them, and, of an administrator, to set a quota.
#include "base/log.h"
#include "cmd/authd/authd.h"
#include "cmd/authd/limits.h"

namespace postern::authd {
namespace {

// Kind, name and number, and whether anybody logs in there; of quotas only an administrator learns.  What is not there
// stays empty: asking again and again for names is all that is left to who wants to know them.
void fill(Entry& out, const base::Result<auth::Entry>& found, bool to_admin) {
  if (!found) return;
  out.set_kind(std::string(auth::kind_name(found->kind)));
  out.set_name(found->name);
  out.set_id(found->id);
  out.set_disabled(found->disabled);
  if (!to_admin) return;
  out.set_quota_bytes(found->quota_bytes);
  out.set_quota_emails(found->quota_emails);
  out.set_quota_mailboxes(found->quota_mailboxes);
}

bool failed(const base::Result<auth::Entry>& found) {
  return !found && (found.error().fault == base::Fault::temporary || found.error().fault == base::Fault::corrupt);
}

}  // namespace

io::Task<Reply> on_look_up(Authd& a, Request& request, ipc::Call&) {
  const LookUp& l = request.look_up();
  auto asker = account_of_ticket(a, l.ticket());
  if (!asker) co_return error_reply(asker.error());
  if (static_cast<std::size_t>(l.names_size() + l.ids_size()) > kMaxResolve)
    co_return error_reply("LIMIT", "more than 1000 names in one request");
  Reply r;
  auto& out = *r.mutable_entries();
  for (const std::string& name : l.names()) {
    auto found = a.directory->principal(name);
    if (failed(found)) co_return error_reply(found.error());
    fill(*out.add_entries(), found, asker->admin);
  }
  for (std::uint64_t id : l.ids()) {
    auto found = a.directory->principal(id);
    if (failed(found)) co_return error_reply(found.error());
    fill(*out.add_entries(), found, asker->admin);
  }
  out.set_end(true);
  co_return r;
}

io::Task<Reply> on_set_quota(Authd& a, Request& request, ipc::Call& call) {
  const SetQuota& q = request.set_quota();
  auto asker = account_of_ticket(a, q.ticket());
  if (!asker) co_return error_reply(asker.error());
  if (!asker->admin || asker->disabled) co_return error_reply("DENIED", "only administrators set quotas");
  auto target = a.directory->account(q.account());
  if (!target) co_return error_reply(target.error());
  auth::AccountChange change;
  if (q.has_quota_bytes()) change.quota_bytes = q.quota_bytes();
  if (q.has_quota_emails()) change.quota_emails = q.quota_emails();
  if (q.has_quota_mailboxes()) change.quota_mailboxes = q.quota_mailboxes();
  auto outcome = a.directory->put_account(target->name, change, {});
  if (!outcome) co_return error_reply(outcome.error());
  a.changed(*outcome);
  base::log(base::Level::info, "directory_change",
            {{"what", outcome->what}, {"id", outcome->id}, {"by", asker->name}, {"pid", call.info().pid}});
  Reply r;
  r.mutable_done()->set_id(outcome->id);
  r.mutable_done()->set_name(outcome->name);
  r.mutable_done()->set_what(outcome->what);
  co_return r;
}

}  // namespace postern::authd
