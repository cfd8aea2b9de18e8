// SignUrl, ResetUrlKeys and FetchUrl: IMAP URLs that say themselves who may use them (RFC 4467).  A mailbox's key is made when
// the first URL is signed, stands in a row of its own and leaves the store neither by a verb nor in an archive: what was
// signed before a restore is void after it.
#include "base/system.h"
#include "store/keys.h"
#include "store/mailbox_tree.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kKeyBytes = 32;
// Before the MAC, so that tokens of another algorithm can be told apart one day (RFC 4467 2.4.1).
constexpr char kHmacSha256 = 1;

std::string random_key() {
  std::string out(kKeyBytes, '\0');
  base::random_fill({reinterpret_cast<unsigned char*>(out.data()), out.size()});
  return out;
}

std::string token_of(std::string_view key, std::string_view rump) {
  base::Digest mac = base::hmac_sha256(key, rump);
  std::string out(1, kHmacSha256);
  out.append(reinterpret_cast<const char*>(mac.data()), mac.size());
  return out;
}

// Nothing when none was made, or the row is damaged: then a new one takes its place.
Result<std::optional<std::string>> read_key(Store& store, const AccountState& a, std::uint32_t mailbox) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(keys::url_key(mailbox));
  if (!row && row.error().fault != Fault::corrupt) return pass(row);
  if (!row || !*row || (*row)->size() != kKeyBytes) return std::nullopt;
  return std::move(**row);
}

Result<std::vector<std::uint32_t>> mailboxes_with_keys(Store& store, const AccountState& a) {
  std::vector<std::uint32_t> out;
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  std::string from = keys::join('Y'), to = keys::after(from);
  for (bool more = true; more;) {
    auto end = (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view key, std::string_view) {
      if (key.size() == 5) out.push_back(keys::u32_at(key, 1));
      return true;
    });
    if (!end) return pass(end);
    for (const auto& key : end->corrupt)
      if (key.size() == 5) out.push_back(keys::u32_at(key, 1));
    more = end->more;
    from = end->resume;
  }
  return out;
}

// Sessions that have the mailbox open see from its counter that the key is another one.
void count_reset(Txn& txn, MailboxState& m) {
  txn.change_mailbox(m);
  m.rec.set_url_keys(m.rec.url_keys() + 1);
  txn.reindex(m);
}

std::unexpected<base::Error> denied() { return fail(Fault::permanent, "not a URL that was signed here", "DENIED"); }

// The living mailbox at the end of `path`.
MailboxState* find_path(AccountState& a, const google::protobuf::RepeatedPtrField<std::string>& path) {
  MailboxState* m = nullptr;
  for (const std::string& name : path) {
    m = a.child(m ? m->rec.id() : 0, name);
    if (!m) return nullptr;
  }
  return m;
}

}  // namespace

Result<> sign_url(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.sign_url();
  if (r.rump().size() > kMaxUrlRump) return fail(Fault::limit, "the URL is too long", "LIMIT");
  auto m = open_mailbox(a, r.mailbox());
  if (!m) return pass(m);
  auto key = read_key(store, a, r.mailbox());
  if (!key) return pass(key);
  bool is_new = !*key;
  if (is_new) *key = random_key();
  call.reply.mutable_signed_url()->set_token(token_of(**key, r.rump()));
  if (!is_new) return {};
  Txn txn(store.engine(), a, store.now());
  txn.batch().put(keys::url_key(r.mailbox()), **key);
  return store.commit(txn, call);
}

Result<> reset_url_keys(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  std::uint32_t id = call.request.reset_url_keys().mailbox();
  Txn txn(store.engine(), a, store.now());
  if (id) {
    auto m = open_mailbox(a, id);
    if (!m) return pass(m);
    count_reset(txn, **m);
    txn.batch().put(keys::url_key(id), random_key());
  } else {
    auto ids = mailboxes_with_keys(store, a);
    if (!ids) return pass(ids);
    for (std::uint32_t with_key : *ids) {
      if (MailboxState* m = a.mailbox(with_key)) count_reset(txn, *m);
      txn.batch().del(keys::url_key(with_key));
    }
  }
  if (auto done = txn.apply(); !done) return done;
  call.reply.mutable_done()->set_modseq(a.rec.modseq());
  return store.commit(txn, call);
}

Result<> fetch_url(Store& store, Call& call) {
  stored::FetchUrl r = std::move(*call.request.mutable_fetch_url());
  if (r.rump().size() > kMaxUrlRump) return denied();
  auto there = store.existing(call.request.account());
  if (!there) return pass(there);
  AccountState* a = *there;
  MailboxState* m = a ? find_path(*a, r.path()) : nullptr;
  if (m && r.uidvalidity() && r.uidvalidity() != m->rec.uidvalidity()) m = nullptr;
  std::optional<std::string> key;
  if (m) {
    auto found = read_key(store, *a, m->rec.id());
    if (!found) return pass(found);
    key = std::move(*found);
  }
  // RFC 4467 6: without a mailbox or a key the work is done all the same.
  bool good = base::constant_time_equal(r.token(), token_of(key ? *key : random_key(), r.rump()));
  if (!key || !good) return denied();
  call.receipt = std::max(call.receipt, a->last);
  // From here on it is the store itself that reads: nothing that the caller's ticket says holds for this account.
  call.who = Principal{.kind = Kind::index};
  stored::GetEmails& get = *call.request.mutable_get_emails();
  get.set_mailbox(m->rec.id());
  get.add_uids(r.uid());
  get.set_email(true);
  get.set_wire(true);
  get.set_content(true);
  get.set_location(true);
  if (auto done = get_emails(store, call); !done) return done;
  // Where else it is, and how the owner marked it, is not for who has the URL.
  for (auto& e : *call.reply.mutable_emails()->mutable_emails()) {
    records::Email& rec = *e.mutable_email();
    rec.clear_places();
    rec.clear_identity();
    rec.clear_flags_lo();
    rec.clear_flags_hi();
    rec.clear_thread();
  }
  return {};
}

}  // namespace postern::store
