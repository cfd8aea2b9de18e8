// UpdateEmails: JMAP Email/set update and destroy (RFC 8621 4.6).  Each entry stands alone; all go into one
// commit.
#include <algorithm>

#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

bool is_member(const records::Email& e, std::uint32_t mailbox) {
  return std::ranges::any_of(e.places(),
                             [&](const auto& p) { return p.mailbox() == mailbox && !p.deleted(); });
}

bool is_visible(AccountState& a, const records::Email& e) {
  return std::ranges::any_of(e.places(),
                             [&](const auto& p) { return !p.deleted() && a.mailbox(p.mailbox()); });
}

// The mailboxes that the email will be in, or why not.  Changes nothing.
Result<std::vector<std::uint32_t>> mailboxes_after(AccountState& a, const records::Email& e,
                                                   const stored::UpdateEmails::One& u) {
  std::vector<std::uint32_t> after;
  // Whether the mailbox that shows all mail is named makes no difference: the email stays there.
  auto add = [&](std::uint32_t id) {
    if (!a.shows_all(id) && std::ranges::find(after, id) == after.end()) after.push_back(id);
  };
  if (std::ranges::any_of(u.remove_mailboxes(), [&](std::uint32_t id) { return a.shows_all(id); }))
    return fail(Fault::permanent, "an email leaves the mailbox that shows all mail only when it is destroyed", "INVALID");
  if (u.set_mailboxes()) {
    for (std::uint32_t id : u.mailboxes()) add(id);
  } else {
    for (const auto& p : e.places())
      if (!p.deleted()) add(p.mailbox());
  }
  for (std::uint32_t id : u.add_mailboxes()) add(id);
  for (std::uint32_t id : u.remove_mailboxes()) std::erase(after, id);
  for (std::uint32_t id : after)
    if (!is_member(e, id) && !a.mailbox(id)) return fail(Fault::permanent, "no such mailbox", "INVALID");
  if (after.empty())
    return fail(Fault::permanent,
                a.all.empty() ? "an email must be in a mailbox"
                              : "an email must be in a mailbox beside the one that shows all mail",
                "INVALID");
  if (after.size() > kMaxPlaces) return fail(Fault::limit, "too many mailboxes", "LIMIT");
  return after;
}

Result<> set_mailboxes(Txn& txn, EmailEdit& e, const std::vector<std::uint32_t>& after) {
  // Rows with \Deleted in mailboxes that the email is not in, as JMAP sees it, are IMAP's affair and stay,
  // but a mailbox that it leaves now loses all of its rows there.
  std::vector<std::uint32_t> left;
  for (const auto& p : e.rec.places())
    if (!p.deleted() && !txn.account().shows_all(p.mailbox()) && std::ranges::find(after, p.mailbox()) == after.end())
      left.push_back(p.mailbox());
  for (std::uint32_t id : after) {
    MailboxState* m = txn.account().mailbox(id);
    if (!m || is_member(e.rec, id)) continue;
    if (auto uid = txn.add_place(e, *m, false); !uid) return pass(uid);
  }
  for (int i = e.rec.places_size(); i-- > 0;)
    if (std::ranges::find(left, e.rec.places(i).mailbox()) != left.end()) txn.remove_place(e, i);
  return {};
}

Result<> set_keywords(Txn& txn, EmailEdit& e, const stored::UpdateEmails::One& u) {
  for (const auto* list : {&u.keywords(), &u.add_keywords()})
    for (const auto& k : *list)
      if (model::system_flag(k).value_or(0) == model::kDeleted ||
          (!model::system_flag(k) && !model::valid_keyword(k)))
        return fail(Fault::permanent, "not a keyword", "INVALID");
  bool denied = false;
  model::Flags flags = e.flags();
  if (u.set_keywords()) {
    auto bits = txn.flag_bits(u.keywords(), true, &denied);
    if (!bits) return pass(bits);
    flags = *bits;
  }
  auto added = txn.flag_bits(u.add_keywords(), true, &denied);
  if (!added) return pass(added);
  auto removed = txn.flag_bits(u.remove_keywords(), false, nullptr);
  if (!removed) return pass(removed);
  if (denied) return fail(Fault::limit, "the account has too many keywords", "LIMIT");
  e.set_flags((flags | *added).without(*removed));
  return {};
}

Result<> update_one(Txn& txn, const stored::UpdateEmails::One& u) {
  auto found = txn.email(u.id());
  if (!found) return pass(found);
  EmailEdit* e = *found;
  if (!e || !is_visible(txn.account(), e->rec)) return fail(Fault::permanent, "no such email", "NOT_FOUND");
  if (u.destroy()) {
    e->rec.clear_places();
    return {};
  }
  bool moves = u.set_mailboxes() || u.add_mailboxes_size() || u.remove_mailboxes_size();
  std::vector<std::uint32_t> after;
  if (moves) {
    auto wanted = mailboxes_after(txn.account(), e->rec, u);
    if (!wanted) return pass(wanted);
    after = std::move(*wanted);
    if (txn.account().ordinary_places(e->rec) + after.size() > kMaxPlaces)
      return fail(Fault::limit, "an email stands in too many places", "LIMIT");
  }
  if (auto done = set_keywords(txn, *e, u); !done) return done;
  return moves ? set_mailboxes(txn, *e, after) : Result<>();
}

}  // namespace

Result<> update_emails(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.update_emails();
  if (static_cast<std::size_t>(r.updates_size()) > kMaxUpdates)
    return fail(Fault::limit, "too many updates", "LIMIT");
  if (r.has_if_email_modseq() && r.if_email_modseq() != a.rec.email_modseq())
    return fail(Fault::permanent, "the state has moved on", "CONFLICT");
  auto& out = *call.reply.mutable_updated();
  out.set_old_modseq(a.rec.email_modseq());
  Txn txn(store.engine(), a, store.now());
  for (const auto& u : r.updates()) {
    auto& error = *out.add_errors();
    auto done = update_one(txn, u);
    if (done) continue;
    if (done.error().fault == Fault::temporary) return done;
    stored::Reply said;
    set_error(said, done.error());
    error = std::move(*said.mutable_error());
  }
  if (auto done = txn.apply(); !done) return done;
  out.set_modseq(a.rec.email_modseq());
  return store.commit(txn, call);
}

}  // namespace postern::store
