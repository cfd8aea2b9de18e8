#include "store/adding.h"

#include <algorithm>

#include "base/system.h"
#include "store/annotations.h"
#include "store/content_rows.h"
#include "store/keys.h"
#include "store/threading.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

Result<> check_flags(const FlagNames& names) {
  for (const auto& k : names)
    if (!model::system_flag(k) && !model::valid_keyword(k))
      return fail(Fault::permanent, "not a flag", "INVALID");
  return {};
}

Result<Prepared> existing_blob(Store& store, std::uint64_t account, std::string_view sha256) {
  if (sha256.size() != 32) return fail(Fault::permanent, "not a blob", "INVALID");
  auto snapshot = store.engine().snapshot(account);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::blob(sha256));
  if (!row) return pass(row);
  if (!*row) return fail(Fault::permanent, "no such blob", "NOT_FOUND");
  snapshot->reset();
  auto found = store.find_blob(sha256);
  if (!found) return pass(found);
  if (!*found) return fail(Fault::permanent, "no such blob", "NOT_FOUND");
  return std::move(**found);
}

void fill_added(stored::Added::One& out, AccountState& a, const records::Email& e, std::uint64_t modseq) {
  out.set_email(e.id());
  out.set_thread(e.thread());
  *out.mutable_places() = e.places();
  out.set_modseq(modseq);
  out.set_size(e.size());
  out.set_blob(e.blob());
  if (e.places_size())
    if (auto* m = a.mailbox(e.places(0).mailbox())) out.set_uidvalidity(m->rec.uidvalidity());
}

Result<> Adder::count_blob(const Prepared& p) {
  std::string sha(base::view(p.sha256));
  auto [it, first] = blobs_.try_emplace(sha);
  records::AccountBlob& b = it->second;
  if (first) {
    auto snapshot = store_.engine().snapshot(txn_.account().id);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::blob(sha));
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    if (row && *row && !b.ParseFromString(**row)) b.Clear();
  }
  b.set_emails(b.emails() + 1);
  b.set_size(p.size);
  txn_.batch().put(keys::blob(sha), b.SerializeAsString());
  return {};
}

// What a sharer adds as seen he alone has seen.
Result<> Adder::see(MailboxState& m, std::uint32_t uid, const Principal& who) {
  auto& own = own_seen_[m.rec.id()];
  if (!own) {
    auto loaded = OwnSeen::load(store_.engine(), txn_.account().id, m.rec, who);
    if (!loaded) return pass(loaded);
    own = std::move(*loaded);
  }
  if (own && own->set(uid, true)) own->put(txn_.batch());
  return {};
}

Result<> Adder::add(const NewEmail& email, const Prepared& body, std::span<MailboxState* const> mailboxes,
                    stored::Added::One& out) {
  auto flags = txn_.flag_bits(email.keywords, email.rights & model::kWriteFlags, nullptr);
  if (!flags) return pass(flags);
  bool deleted = (email.deleted || flags->has(model::kDeleted)) && (email.rights & model::kDeleteMessages);
  auto thread = choose_thread(store_.engine(), txn_, email.content);
  if (!thread) return pass(thread);
  if (auto done = count_blob(body); !done) return done;
  if (auto done = store_.index_blob(body, extra_); !done) return done;

  records::Email rec;
  rec.set_thread(thread->thread);
  rec.set_received(email.received ? email.received : txn_.now());
  rec.set_size(body.size);
  rec.set_blob(std::string(base::view(body.sha256)));
  rec.set_sent(email.sent);
  rec.set_prefix_size(static_cast<std::uint32_t>(email.prefix.size()));
  rec.set_identity(email.identity);
  rec.set_pop3_uidl(email.pop3_uidl);
  EmailEdit& e = txn_.add_email(std::move(rec));
  model::Flags kept = *flags & flags_allowed(email.rights);
  auto has_own = [&](const MailboxState* m) { return email.who && keeps_own_seen(*email.who, txn_.account().id, m->rec); };
  bool own = std::ranges::any_of(mailboxes, has_own);
  e.set_flags(own ? kept.without(model::kSeenBit) : kept);
  for (MailboxState* m : mailboxes) {
    auto uid = txn_.add_place(e, *m, deleted);
    if (!uid) return pass(uid);
    if (own && kept.has(model::kSeen))
      if (auto done = see(*m, *uid, *email.who); !done) return done;
  }
  if (email.annotations && !email.annotations->empty())
    if (auto done = annotate(store_.engine(), txn_, e.rec.id(), *email.who, *email.annotations,
                             email.rights & model::kAnnotate);
        !done)
      return done;
  write_thread_hashes(txn_, *thread, e.rec.thread());
  txn_.batch().put(keys::wire(e.rec.id()), email.wire);
  put_content(txn_.batch(), e.rec.id(), email.content_bytes, email.prefix);
  if (!email.identity.empty()) {
    std::string value;
    base::put_u64(value, e.rec.id());
    txn_.batch().put(keys::identity(email.identity), value);
  }
  fill_added(out, txn_.account(), e.rec, txn_.modseq());
  ++store_.counters().emails_added;
  base::kill_point("append");
  return {};
}

}  // namespace postern::store
