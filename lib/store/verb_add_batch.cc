// AddBatch: several messages into one mailbox, all or none (RFC 3502), and perhaps one expunged in the same commit (RFC
// 8508): after a crash there are all of them and the old one is gone, or none and the old one is there.
#include "store/adding.h"
#include "store/annotations.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

// The row to be replaced.
struct Replaced {
  std::uint64_t email = 0;
  std::uint64_t freed = 0;  // bytes of the quota
};

Result<Replaced> find_replaced(Store& store, const Call& call, AccountState& a) {
  const auto& r = call.request.add_batch();
  auto found = open_mailbox(call.who, a, r.replace_mailbox(), model::kDeleteMessages | model::kExpunge);
  if (!found && found.error().code == "DENIED") return pass(found);
  if (!found) return fail(Fault::permanent, "the message to be replaced is gone", "GONE");
  auto row = a.row(store.engine(), **found, r.replace_uid());
  if (!row) return pass(row);
  if (!*row) return fail(Fault::permanent, "the message to be replaced is gone", "GONE");
  auto email = a.email(store.engine(), (*row)->email);
  if (!email) return pass(email);
  if (!*email || find_place(**email, r.replace_mailbox(), r.replace_uid()) < 0)
    return fail(Fault::permanent, "the message to be replaced is gone", "GONE");
  return Replaced{(*row)->email, (*email)->places_size() == 1 ? (*email)->size() : 0};
}

Result<> remove_replaced(Txn& txn, const stored::AddBatch& r, std::uint64_t email) {
  auto e = txn.email(email);
  if (!e) return pass(e);
  if (!*e) return fail(Fault::permanent, "the message to be replaced is gone", "GONE");
  txn.remove_place(**e, find_place((*e)->rec, r.replace_mailbox(), r.replace_uid()));
  return {};
}

Result<> check_messages(const stored::AddBatch& r) {
  if (r.messages().empty()) return fail(Fault::permanent, "no messages", "INVALID");
  if (static_cast<std::size_t>(r.messages_size()) > kMaxBatch)
    return fail(Fault::limit, "too many messages", "LIMIT");
  for (const auto& m : r.messages()) {
    if (m.wire().size() + m.content().size() > kMaxRecordBytes)
      return fail(Fault::limit, "header and structure are too large", "LIMIT");
    if (m.blob().empty() == m.body().empty()) return fail(Fault::permanent, "a blob or a body", "INVALID");
    if (auto flags = check_flags(m.keywords()); !flags) return flags;
    if (auto ok = check_annotations(m.annotations()); !ok) return ok;
  }
  return {};
}

// The bodies, one a message: what prepare() wrote, or what was put before.
Result<std::vector<Prepared>> bodies_of(Store& store, Call& call) {
  const auto& r = call.request.add_batch();
  if (call.bodies.size() == 1 && !call.bodies[0]) return pass(call.bodies[0]);
  if (auto checked = check_messages(r); !checked) return pass(checked);
  if (call.bodies.size() != static_cast<std::size_t>(r.messages_size()))
    return fail(Fault::permanent, "no bodies", "INVALID");
  std::vector<Prepared> out;
  for (int i = 0; i < r.messages_size(); ++i) {
    const auto& m = r.messages(i);
    // A sharer could guess at hashes: to him there are no blobs.
    if (!m.blob().empty() && !is_owner(call.who, call.request.account()))
      return fail(Fault::permanent, "no such blob", "NOT_FOUND");
    auto body = m.blob().empty() ? std::move(call.bodies[static_cast<std::size_t>(i)])
                                 : existing_blob(store, call.request.account(), m.blob());
    if (!body) return pass(body);
    out.push_back(std::move(*body));
  }
  return out;
}

}  // namespace

Result<> add_batch(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  auto bodies = bodies_of(store, call);
  if (!bodies) return pass(bodies);
  const auto& r = call.request.add_batch();
  auto mailbox = open_mailbox(call, a, r.mailbox());
  if (!mailbox) return pass(mailbox);
  Result<Replaced> replaced;
  if (r.replace_uid() && !(replaced = find_replaced(store, call, a))) return pass(replaced);
  std::uint64_t bytes = 0;
  for (const Prepared& b : *bodies) bytes += b.size;
  // RFC 8508 3.4: only what is used on balance counts.
  auto room = admit_emails(a, bytes, bodies->size(), replaced->freed, replaced->freed ? 1 : 0);
  if (!room) return room;

  Txn txn(store.engine(), a, store.now());
  kv::Batch extra;
  Adder adder(store, txn, extra);
  MailboxState* const into[] = {*mailbox};
  auto& out = *call.reply.mutable_added();
  for (int i = 0; i < r.messages_size(); ++i) {
    const auto& m = r.messages(i);
    records::Content content;
    if (!content.ParseFromString(m.content())) return fail(Fault::permanent, "malformed content", "INVALID");
    NewEmail email{m.wire(), m.content(), content, m.keywords()};
    email.received = m.received();
    email.sent = m.sent();
    email.deleted = m.deleted();
    email.annotations = &m.annotations();
    email.who = &call.who;
    email.rights = rights_in(call.who, a.id, (*mailbox)->rec);
    auto done = adder.add(email, (*bodies)[static_cast<std::size_t>(i)], into, *out.add_results());
    if (!done) return done;
  }
  if (r.replace_uid())
    if (auto done = remove_replaced(txn, r, replaced->email); !done) return done;
  if (auto done = txn.apply(); !done) return done;
  return store.commit(txn, call, &extra);
}

}  // namespace postern::store
