// EXPUNGE and UID EXPUNGE.  RFC 9051 6.4.3, RFC 4315.
#include "cmd/imapd/commands.h"
#include "cmd/imapd/search.h"
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

// `limited`: the code that says that it is not all, or empty.
io::Task<Reply> expunge(Session& s, stored::Expunge what, std::string limited) {
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
  if (!s.box || limited.empty()) co_return s.box ? ok("Expunged", highest(s)) : ok("Expunged");
  if (std::string code = highest(s); !code.empty()) s.write("* OK [" + code + "] As it is now\r\n");
  co_return ok("Expunged in part", std::move(limited));
}

// RFC 9738 3: the limit counts messages with \Deleted, and the last ones go first.
io::Task<base::Result<std::string>> limit_deleted(Session& s, imap::UidSet& uids) {
  if (uids.count() <= s.shared.settings.message_limit) co_return std::string();
  auto scope = co_await selected_scope(s);
  if (!scope) co_return base::pass(scope);
  imap::UidSet deleted;
  View::Cursor cursor(*scope->view);
  model::SheetRow row;
  for (const imap::Run& r : s.box->map.existing(uids).runs())
    for (std::uint64_t u = r.lo; u <= r.hi; ++u)
      if (cursor.find(static_cast<std::uint32_t>(u), row) && row.flags.has(model::kDeleted)) deleted.add(row.uid);
  std::string limited = s.limit_messages(deleted);
  if (!limited.empty()) uids = std::move(deleted);
  co_return limited;
}

io::Task<Reply> uid_expunge(Session& s, imap::UidSet uids) {
  auto limited = co_await limit_deleted(s, uids);
  if (!limited) co_return from_error(limited.error());
  if (uids.empty()) co_return ok("Nothing to expunge");
  stored::Expunge what;
  for (const imap::Run& r : uids.runs()) {
    what.add_uid_ranges(r.lo);
    what.add_uid_ranges(r.hi);
  }
  co_return co_await expunge(s, std::move(what), std::move(*limited));
}

}  // namespace

Answer run_expunge(Session& s, imap::NoArgs) {
  stored::Expunge what;
  what.set_all_deleted(true);
  return expunge(s, std::move(what), {});
}

Answer run_uid_expunge(Session& s, imap::SetArgs args) {
  imap::UidSet uids;
  s.resolve(args.set, true, uids);
  return uid_expunge(s, std::move(uids));
}

}  // namespace postern::imapd
