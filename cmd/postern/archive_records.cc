#include "cmd/postern/archive_records.h"

#include "base/codec.h"

namespace postern::cli {

archive::Entry entry_line(const authd::Entry& e) {
  archive::Entry out;
  out.kind = e.kind();
  out.name = e.name();
  out.id = e.id();
  out.quota_bytes = e.quota_bytes();
  out.quota_emails = e.quota_emails();
  out.quota_mailboxes = e.quota_mailboxes();
  out.description = e.description();
  out.timezone = e.timezone();
  out.disabled = e.disabled();
  out.admin = e.admin();
  out.members.assign(e.members().begin(), e.members().end());
  out.catch_all = e.catch_all();
  out.generation = e.generation();
  out.created = e.created();
  out.deleted = e.deleted();
  out.secrets.assign(e.secrets().begin(), e.secrets().end());
  return out;
}

authd::Entry entry_of(const archive::Entry& e) {
  authd::Entry out;
  out.set_kind(e.kind);
  out.set_name(e.name);
  out.set_id(e.id);
  out.set_quota_bytes(e.quota_bytes);
  out.set_quota_emails(e.quota_emails);
  out.set_quota_mailboxes(e.quota_mailboxes);
  out.set_description(e.description);
  out.set_timezone(e.timezone);
  out.set_disabled(e.disabled);
  out.set_admin(e.admin);
  for (const auto& m : e.members) out.add_members(m);
  out.set_catch_all(e.catch_all);
  out.set_generation(e.generation);
  out.set_created(e.created);
  out.set_deleted(e.deleted);
  for (const auto& s : e.secrets) out.add_secrets(s);
  return out;
}

archive::Account account_line(const std::string& name, const stored::AccountInfo& info) {
  const auto& r = info.record();
  archive::Account a;
  a.name = name;
  a.id = info.account();
  a.epoch = r.epoch();
  a.modseq = r.modseq();
  a.email_modseq = r.email_modseq();
  a.mailbox_modseq = r.mailbox_modseq();
  a.thread_modseq = r.thread_modseq();
  a.counts_modseq = r.mailbox_counts_modseq();
  a.next_email = r.next_email();
  a.next_mailbox = r.next_mailbox();
  a.last_uidvalidity = r.last_uidvalidity();
  a.created = r.created();
  a.deleted = r.deleted();
  a.quota_bytes = r.quota_bytes();
  a.quota_emails = r.quota_emails();
  a.quota_mailboxes = r.quota_mailboxes();
  a.script_modseq = r.script_modseq();
  a.vacation_modseq = r.vacation_modseq();
  a.next_script = r.next_script();
  a.active_script = r.active_script();
  a.keywords.assign(r.keywords().begin(), r.keywords().end());
  return a;
}

records::Account account_of(const archive::Account& a) {
  records::Account r;
  r.set_epoch(a.epoch);
  r.set_modseq(a.modseq);
  r.set_email_modseq(a.email_modseq);
  r.set_mailbox_modseq(a.mailbox_modseq);
  r.set_thread_modseq(a.thread_modseq);
  r.set_mailbox_counts_modseq(a.counts_modseq);
  r.set_next_email(a.next_email);
  r.set_next_mailbox(a.next_mailbox);
  r.set_last_uidvalidity(a.last_uidvalidity);
  r.set_created(a.created);
  r.set_deleted(a.deleted);
  r.set_quota_bytes(a.quota_bytes);
  r.set_quota_emails(a.quota_emails);
  r.set_quota_mailboxes(a.quota_mailboxes);
  r.set_script_modseq(a.script_modseq);
  r.set_vacation_modseq(a.vacation_modseq);
  r.set_next_script(a.next_script);
  r.set_active_script(a.active_script);
  for (const auto& k : a.keywords) r.add_keywords(k);
  return r;
}

archive::Mailbox mailbox_line(const records::Mailbox& r) {
  archive::Mailbox m;
  m.id = r.id();
  m.parent = r.parent();
  m.name = r.name();
  m.role = r.role();
  m.sort_order = r.sort_order();
  m.subscribed = r.subscribed();
  m.uidvalidity = r.uidvalidity();
  m.uidnext = r.uidnext();
  m.recent_from = r.recent_from();
  m.modseq = r.modseq();
  m.created_modseq = r.created_modseq();
  m.updated_modseq = r.updated_modseq();
  m.created = r.created();
  m.deleted = r.destroyed();
  m.private_seen = r.private_seen();
  for (const auto& g : r.acl()) m.acl.push_back({g.principal(), g.rights(), g.negative()});
  return m;
}

records::Mailbox mailbox_of(const archive::Mailbox& m) {
  records::Mailbox r;
  r.set_id(m.id);
  r.set_parent(m.parent);
  r.set_name(m.name);
  r.set_role(m.role);
  r.set_sort_order(m.sort_order);
  r.set_subscribed(m.subscribed);
  r.set_uidvalidity(m.uidvalidity);
  r.set_uidnext(m.uidnext);
  r.set_recent_from(m.recent_from);
  r.set_modseq(m.modseq);
  r.set_created_modseq(m.created_modseq);
  r.set_updated_modseq(m.updated_modseq);
  r.set_created(m.created);
  r.set_destroyed(m.deleted);
  r.set_private_seen(m.private_seen);
  for (const auto& g : m.acl) {
    auto& out = *r.add_acl();
    out.set_principal(g.principal);
    out.set_rights(g.rights);
    out.set_negative(g.negative);
  }
  return r;
}

archive::Vacation vacation_line(const records::Vacation& v) {
  return {.enabled = v.enabled(), .has_from = v.has_from(), .has_to = v.has_to(), .has_subject = v.has_subject(),
          .has_text = v.has_text(), .has_html = v.has_html(), .from = v.from(), .to = v.to(), .subject = v.subject(),
          .text = v.text(), .html = v.html()};
}

records::Vacation vacation_of(const archive::Vacation& v) {
  records::Vacation out;
  out.set_enabled(v.enabled);
  if (v.has_from) out.set_from(v.from);
  if (v.has_to) out.set_to(v.to);
  if (v.has_subject) out.set_subject(v.subject);
  if (v.has_text) out.set_text(v.text);
  if (v.has_html) out.set_html(v.html);
  return out;
}

archive::Script script_line(const stored::LoadAccount::Script& s) {
  return {s.script().id(), s.script().name(), base::base64(s.text()), s.script().modseq(), s.script().changed()};
}

archive::Seen seen_line(const stored::SeenBy& s) {
  return {s.mailbox(), s.principal(), {s.uid_ranges().begin(), s.uid_ranges().end()}};
}

}  // namespace postern::cli
