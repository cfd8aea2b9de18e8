// APPEND, REPLACE and UID REPLACE once all their literals have come (append.h).  RFC 9051 6.3.12, RFC 3502, RFC 4469, RFC
// 8508, RFC 4315 (APPENDUID).
#include "cmd/imapd/append.h"
#include "cmd/imapd/commands.h"

namespace postern::imapd {

namespace {

io::Task<Reply> replace(Session& s, imap::AppendArgs args, bool uid) {
  if (s.box->read_only) co_return no("The mailbox is open read-only", "READ-ONLY");
  imap::UidSet uids;
  if (!s.resolve(args.replaced, uid, uids)) co_return bad("No such message number");
  if (uids.empty()) co_return no("No such message", "EXPUNGEISSUED");
  if (!s.append) s.append = std::make_unique<Append>(s, true);
  co_return co_await s.append->commit(std::move(args), uids.min());
}

}  // namespace

Answer run_append(Session& s, imap::AppendArgs args) {
  // All of it may have come from URLs.
  if (!s.append) s.append = std::make_unique<Append>(s, false);
  co_return co_await s.append->commit(std::move(args), 0);
}

Answer run_replace(Session& s, imap::AppendArgs args) {
  return replace(s, std::move(args), false);
}
Answer run_uid_replace(Session& s, imap::AppendArgs args) {
  return replace(s, std::move(args), true);
}

}  // namespace postern::imapd
