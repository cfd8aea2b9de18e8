// The mailbox that shows all mail (RFC 6154 \All, RFC 8621's role "all"), where store.all_mail gives it a name.  It has a
// row of its own of every email that has a place in another mailbox, so that whatever reads or changes a mailbox works
// there without knowing of it.  Two things are here: the rule that each commit keeps, and the work behind that makes,
// fills, renames and removes the mailbox as the configuration wants it.
#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "model/names.h"
#include "store/keys.h"
#include "store/names.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

Result<> check_all_mail(const std::string& name, const std::vector<DefaultMailbox>& others) {
  if (auto ok = check_name(name); !ok) return ok;
  if (const char* fault = model::mailbox_name_fault(name, true)) return fail(Fault::permanent, fault, "INVALID");
  if (base::iequals(name, "INBOX")) return fail(Fault::permanent, "INBOX can't show all mail", "INVALID");
  for (const DefaultMailbox& m : others)
    if (m.role == "all" || std::string_view(m.name).substr(0, m.name.find('/')) == name)
      return fail(Fault::permanent, "a default mailbox has this name, or the role \"all\": " + m.name, "INVALID");
  return {};
}

records::Mailbox new_all_mail(const std::string& name) {
  records::Mailbox m;
  m.set_name(name);
  m.set_role("all");
  m.set_subscribed(true);
  m.set_all(true);
  return m;
}

// What has a place elsewhere has one here, and only that; to leave here is to leave everywhere.  The place here is the last:
// others are what the email was put into.
Result<> Txn::keep_all_mail(EmailEdit& e) {
  auto& places = *e.rec.mutable_places();
  if (account_.ordinary_places(e.rec) == 0) {
    places.Clear();
    return {};
  }
  MailboxState* all = account_.all_mail();
  if (!all) return {};
  std::uint32_t id = all->rec.id();
  auto at = std::ranges::find(places, id, &records::Place::mailbox);
  if (at != places.end()) {
    std::rotate(at, at + 1, places.end());
    return {};
  }
  if (std::ranges::find(e.old_places, id, &EmailEdit::OldPlace::mailbox) != e.old_places.end()) {
    places.Clear();
    return {};
  }
  auto uid = add_place(e, *all, false);
  return uid ? Result<>() : pass(uid);
}

bool Store::all_mail_is_due(AccountState& a) {
  const std::string& name = options_.all_mail;
  MailboxState* all = a.all_mail();
  bool free = !name.empty() && !a.child(0, name);
  if (!all) return free;
  return name.empty() || !all->rec.filled() || (free && all->rec.name() != name);
}

// One slice: it is made, it goes, it gets its name, or the next emails are put into it.  True while there may be more.
Result<bool> Store::tend_all_mail(AccountState& a, std::vector<Changed>& changed) {
  const std::string& name = options_.all_mail;
  MailboxState* all = a.all_mail();
  if (MailboxState* other = name.empty() ? nullptr : a.child(0, name); other && other != all)
    base::log(base::Level::warning, "all-mail",
              {{"account", a.id},
               {"mailbox", name},
               {"what", "a mailbox of the user's has the name of store.all_mail: all mail is not shown under it until "
                        "that one is renamed or deleted"}});
  if (!all_mail_is_due(a)) return false;
  if (all && name.empty()) return remove_all_mail(a, *all, changed);
  if (all && (all->rec.name() == name || a.child(0, name))) return fill_all_mail(a, *all, changed);
  Txn txn(engine_, a, now());
  if (all) {
    txn.change_mailbox(*all);
    all->rec.set_name(name);
    txn.reindex(*all);
  } else {
    // There is one mailbox of a role.
    if (MailboxState* other = a.by_role("all")) {
      txn.change_mailbox(*other);
      other->rec.clear_role();
      txn.reindex(*other);
    }
    txn.create_mailbox(new_all_mail(name));
  }
  if (auto done = commit_behind(txn, changed); !done) return pass(done);
  return true;
}

// Its rows are never the last of an email: it is forgotten as soon as it is empty, and nobody can have it back.
Result<bool> Store::remove_all_mail(AccountState& a, MailboxState& all, std::vector<Changed>& changed) {
  Txn txn(engine_, a, now());
  auto shared_with = grantees(all.rec);
  all.rec.clear_acl();
  txn.destroy_mailbox(all);
  all.rec.set_destroyed(1);
  a.grants_changed();
  kv::Batch hints;
  put_hints(a, shared_with, hints);
  if (auto done = commit_behind(txn, changed, &hints); !done) return pass(done);
  all.hot.reset();
  return true;
}

// The next emails by their ids.  What is added or changed meanwhile has its place by the commit that does it.
Result<bool> Store::fill_all_mail(AccountState& a, MailboxState& all, std::vector<Changed>& changed) {
  std::vector<std::uint64_t> ids;
  {
    auto snapshot = engine_.snapshot(a.id);
    if (!snapshot) return pass(snapshot);
    auto end = (*snapshot)->scan(keys::email(all.rec.filled_to() + 1), keys::after(keys::join('E')), kMaxEmailsPerCommit,
                                 [&](std::string_view key, std::string_view) {
                                   if (key.size() == 9) ids.push_back(keys::u64_at(key, 1));
                                   return true;
                                 });
    if (!end) return pass(end);
    log_corrupt(a.id, *end);
    all.rec.set_filled(!end->more);
  }
  Txn txn(engine_, a, now());
  txn.rewrite(all);
  for (std::uint64_t id : ids) {
    auto e = txn.email(id);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    all.rec.set_filled_to(id);
  }
  base::kill_point("all-mail.fill");
  if (auto done = commit_behind(txn, changed); !done) return pass(done);
  return true;
}

}  // namespace postern::store
