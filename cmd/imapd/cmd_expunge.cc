// EXPUNGE and UID EXPUNGE.  RFC 9051 6.4.3, RFC 4315.
#include "cmd/imapd/commands.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// Rows that one commit of stored touches at most: of a larger answer others may have changed rows in between.
constexpr int kOneCommit = 1000;

// What was expunged is noted; the update after the command tells it.
void note(Session& s, const stored::Expunged& done) {
  for (std::uint32_t uid : done.uids()) s.box->expunged.add(uid);
  if (done.previous_modseq() == s.box->modseq && done.uids_size() < kOneCommit) {
    s.box->modseq = done.modseq();
  } else {
    s.box->dirty = true;
  }
}

std::string highest(const Session& s) {
  if (!s.qresync && !s.box->tell_modseq) return {};
  std::string code = "HIGHESTMODSEQ ";
  imap::append_number(code, s.box->modseq);
  return code;
}

io::Task<Reply> expunge(Session& s, stored::Expunge what) {
  if (s.box->read_only) co_return no("The mailbox is open read-only", "READ-ONLY");
  for (;;) {
    stored::Request request;
    *request.mutable_expunge() = what;
    request.mutable_expunge()->set_mailbox(s.box->id);
    auto reply = co_await s.shared.store.write(*s.login, std::move(request));
    if (!reply) co_return from_error(reply.error());
    note(s, reply->expunged());
    if (reply->expunged().next_uid() == 0) break;
  }
  auto told = co_await s.sync(true, false);
  if (!told) s.box->dirty = true;
  co_return s.box ? ok("Expunged", highest(s)) : ok("Expunged");
}

Answer nothing() {
  co_return ok("Nothing to expunge");
}

}  // namespace

Answer run_expunge(Session& s, imap::NoArgs) {
  stored::Expunge what;
  what.set_all_deleted(true);
  return expunge(s, std::move(what));
}

Answer run_uid_expunge(Session& s, imap::SetArgs args) {
  imap::UidSet uids;
  s.resolve(args.set, true, uids);
  stored::Expunge what;
  for (const imap::Run& r : uids.runs()) {
    what.add_uid_ranges(r.lo);
    what.add_uid_ranges(r.hi);
  }
  return uids.empty() ? nothing() : expunge(s, std::move(what));
}

}  // namespace postern::imapd
