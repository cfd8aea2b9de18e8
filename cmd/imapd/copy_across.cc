#include "cmd/imapd/copy_across.h"

#include <algorithm>

#include "base/codec.h"
#include "base/system.h"
#include "blob/location.h"
#include "client/incoming.h"
#include "cmd/imapd/uid_batches.h"
#include "model/flags.h"

namespace postern::imapd {

using base::Result;

namespace {

constexpr std::uint64_t kAtOnce = 20;  // messages whose records are held while they are copied

// A body, with what delivery put before it apart.
struct Body {
  std::string prefix, bytes;
  base::Fd file;  // of a large one
};

// On a worker.
Result<Body> read_body(blob::Reader& reader, const blob::Location& location, std::uint64_t prefix,
                       const std::string& spool_dir) {
  Body body;
  auto head = reader.read(location, 0, prefix);
  if (!head) return pass(head);
  body.prefix = std::move(*head);
  if (location.size <= client::kInlineBody) {
    auto rest = reader.read(location, prefix);
    if (!rest) return pass(rest);
    body.bytes = std::move(*rest);
    return body;
  }
  auto file = base::open_spool(spool_dir);
  if (!file) return pass(file);
  body.file = std::move(*file);
  Result<> written;
  auto read = reader.read_frames(location, prefix, [&](std::string_view piece) {
    written = base::write_all(body.file.get(), piece);
    return written.has_value();
  });
  if (!read) return pass(read);
  if (!written) return pass(written);
  return body;
}

// The header cache as the parser made it: delivery's part comes before it again with the prefix.
std::string content_without(std::string content, std::string_view prefix) {
  records::Content c;
  if (prefix.empty() || !c.ParseFromString(content) || !c.header().starts_with(prefix)) return content;
  c.mutable_header()->erase(0, prefix.size());
  return c.SerializeAsString();
}

// Names the source, so that a repeated move finds what the first one added.
std::string identity_of(const Session& s, const Mailbox& to, std::uint32_t uid) {
  std::string id = "imap-move";
  for (std::uint64_t n : {s.account->id, std::uint64_t{s.box->id}, std::uint64_t{s.box->uidvalidity},
                          std::uint64_t{uid}, to.account->id, std::uint64_t{to.record.id()}})
    base::put_u64(id, n);
  return id;
}

imap::UidSet set_of(const std::vector<std::uint32_t>& uids) {
  std::vector<imap::Run> runs;
  for (std::uint32_t uid : uids) runs.push_back({uid, uid});
  return imap::UidSet(std::move(runs));
}

class Across {
 public:
  Across(Session& s, Mailbox to, bool move, CopiedPairs& pairs)
      : s_(s), to_(std::move(to)), move_(move), from_(s.login), id_(s.box->id), pairs_(pairs) {}

  io::Task<Result<>> run(imap::UidSet uids) {
    while (!uids.empty()) {
      auto done = co_await batch(take_front(uids, kAtOnce));
      if (!done) co_return done;
      bool alive = co_await s_.breathe();
      if (!alive || !s_.box) co_return base::fail(base::Fault::temporary, "the session ended", "UNAVAILABLE");
    }
    co_return Result<>{};
  }

 private:
  io::Task<Result<>> batch(imap::UidSet uids) {
    stored::Request request;
    stored::GetEmails& get = *request.mutable_get_emails();
    get.set_mailbox(id_);
    for (const imap::Run& r : uids.runs())
      for (std::uint64_t u = r.lo; u <= r.hi; ++u) get.add_uids(static_cast<std::uint32_t>(u));
    get.set_email(true);
    get.set_wire(true);
    get.set_content(true);
    get.set_location(true);
    get.set_annotations(true);
    std::vector<stored::EmailData> emails;
    std::function<bool(stored::Emails&)> take = [&emails](stored::Emails& item) {
      for (auto& e : *item.mutable_emails()) emails.push_back(std::move(e));
      return true;
    };
    auto read = co_await s_.shared.store.emails(*from_, std::move(request), take);
    if (!read) co_return read;
    pairs_.found += emails.size();
    std::vector<std::uint32_t> done;
    Result<> result;
    for (stored::EmailData& e : emails) {
      result = co_await add(e);
      if (!result) break;
      done.push_back(e.uid());
    }
    if (!move_ || done.empty()) co_return result;
    auto gone = co_await remove_messages(s_, *from_, id_, set_of(done));
    if (s_.box) s_.box->dirty = true;
    if (!gone) co_return gone;
    co_return result;
  }

  io::Task<Result<>> add(stored::EmailData& e) {
    auto location = blob::Location::parse(e.location());
    if (e.corrupt() || !location) co_return base::fail(base::Fault::corrupt, "the message is damaged", "CORRUPT");
    auto job = [reader = s_.shared.bodies, where = std::move(*location), prefix = e.email().prefix_size(),
                dir = s_.shared.settings.spool_dir] { return read_body(*reader, where, prefix, dir); };
    auto body = co_await s_.shared.daemon.loop().blocking(std::move(job));
    if (!body && body.error().fault == base::Fault::temporary) co_return base::pass(body);
    if (!body) co_return base::fail(base::Fault::corrupt, body.error().what, "CORRUPT");
    stored::Request request;
    stored::AddEmails& add = *request.mutable_add_emails();
    fill_target(*add.add_targets(), e, body->prefix);
    add.set_wire(std::move(*e.mutable_wire()));
    add.set_content(content_without(std::move(*e.mutable_content()), body->prefix));
    add.set_sent(e.email().sent());
    std::vector<base::Fd> fds;
    if (body->file) {
      add.set_body_in_descriptor(true);
      fds.push_back(std::move(body->file));
    } else {
      add.set_body(std::move(body->bytes));
    }
    auto reply = co_await s_.shared.store.write(*to_.login, std::move(request), std::move(fds));
    if (!reply) co_return base::pass(reply);
    co_return note(e.uid(), *reply);
  }

  void fill_target(stored::AddEmails::Target& t, const stored::EmailData& e, const std::string& prefix) {
    const records::Email& email = e.email();
    t.set_account(to_.account->id);
    t.add_mailboxes(to_.record.id());
    t.set_received(email.received());
    t.set_prefix(prefix);
    for (std::string& name : model::imap_names({email.flags_lo(), email.flags_hi()}, s_.account->keywords))
      t.add_keywords(std::move(name));
    for (const records::Place& p : email.places())
      if (p.mailbox() == id_ && p.uid() == e.uid()) t.set_deleted(p.deleted());
    // What the rights there do not allow, stored leaves out (RFC 5257 4.6).
    for (const stored::Annotation& a : e.annotations())
      if (!a.remove()) *t.add_annotations() = a;
    if (move_) t.set_identity(identity_of(s_, to_, e.uid()));
  }

  Result<> note(std::uint32_t uid, const stored::Reply& reply) {
    if (reply.added().results_size() != 1) return base::fail(base::Fault::temporary, "unexpected answer", "UNAVAILABLE");
    const stored::Added::One& one = reply.added().results(0);
    if (one.has_error())
      return base::fail(one.error().temporary() ? base::Fault::temporary : base::Fault::permanent, one.error().what(),
                        one.error().code());
    base::kill_point("across.added");
    // One that an earlier move had added may have gone on from there, and stand elsewhere in that account.
    auto here = std::ranges::find(one.places(), to_.record.id(), &records::Place::mailbox);
    if (here == one.places().end()) return {};
    pairs_.uidvalidity = to_.record.uidvalidity();
    pairs_.from.push_back(uid);
    pairs_.to.push_back(here->uid());
    return {};
  }

  Session& s_;
  Mailbox to_;
  bool move_;
  std::shared_ptr<client::Login> from_;
  std::uint32_t id_;
  CopiedPairs& pairs_;
};

}  // namespace

// Two commits a batch: nobody is promised anything until both are done.
io::Task<Result<>> remove_messages(Session& s, client::Login& login, std::uint32_t mailbox, imap::UidSet uids) {
  while (!uids.empty()) {
    stored::Request mark, remove;
    stored::StoreFlags& store = *mark.mutable_store_flags();
    store.set_mailbox(mailbox);
    store.set_mode(stored::StoreFlags::ADD);
    store.add_flags("\\Deleted");
    store.set_unchanged_since(UINT64_MAX);
    remove.mutable_expunge()->set_mailbox(mailbox);
    imap::UidSet batch = take_front(uids, kUidBatch);
    for (const imap::Run& r : batch.runs())
      for (std::uint32_t end : {r.lo, r.hi}) {
        store.add_uid_ranges(end);
        remove.mutable_expunge()->add_uid_ranges(end);
      }
    auto marked = co_await s.shared.store.write(login, std::move(mark));
    if (!marked) co_return base::pass(marked);
    base::kill_point("across.marked");
    auto removed = co_await s.shared.store.write(login, std::move(remove));
    if (!removed) co_return base::pass(removed);
  }
  co_return Result<>{};
}

bool is_across(const Session& s, const Mailbox& to) {
  constexpr model::Rights kAllFlags = model::kKeepSeen | model::kWriteFlags;
  return to.account != s.account || (to.rights & kAllFlags) != kAllFlags;
}

io::Task<Result<>> copy_across(Session& s, imap::UidSet uids, Mailbox to, bool move, CopiedPairs& pairs) {
  // RFC 6851 4.2.  Asked before anything is added, or the message would be in both.
  constexpr model::Rights kMove = model::kDeleteMessages | model::kExpunge;
  if (move && (s.box->rights & kMove) != kMove)
    co_return base::fail(base::Fault::permanent, "no right to take messages away from here", "DENIED");
  if (move && s.box->all)
    co_return base::fail(base::Fault::permanent, std::string(model::kStaysInAllMailText), "CANNOT");
  Across across(s, std::move(to), move, pairs);
  co_return co_await across.run(std::move(uids));
}

}  // namespace postern::imapd
