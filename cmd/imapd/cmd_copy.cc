// COPY and MOVE.  RFC 9051 6.4.7, 6.4.8, RFC 4315 (COPYUID), RFC 6851.  A move is one commit in stored for
// each thousand messages: a message is in one of the two mailboxes whatever happens.
#include <utility>

#include "base/log.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/copy_across.h"
#include "cmd/imapd/imapsieve.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/uid_batches.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

// COPYUID lists the UIDs of both mailboxes in the same order.
void append_uids(std::string& out, const std::vector<std::uint32_t>& uids) {
  for (std::size_t i = 0; i < uids.size();) {
    std::size_t j = i;
    while (j + 1 < uids.size() && uids[j + 1] == uids[j] + 1) ++j;
    if (i > 0) out += ',';
    imap::append_number(out, uids[i]);
    if (j > i) {
      out += ':';
      imap::append_number(out, uids[j]);
    }
    i = j + 1;
  }
}

std::string copyuid(const CopiedPairs& pairs) {
  if (pairs.from.empty()) return {};
  std::string out = "COPYUID ";
  imap::append_number(out, pairs.uidvalidity);
  out += ' ';
  append_uids(out, pairs.from);
  out += ' ';
  append_uids(out, pairs.to);
  return out;
}

io::Task<base::Result<>> copy_batches(Session& s, imap::UidSet uids, std::uint32_t to, bool move,
                                      CopiedPairs& pairs) {
  std::uint64_t goal = uids.count();
  while (!uids.empty()) {
    s.progress(goal - uids.count(), goal);
    imap::UidSet now = take_front(uids, kUidBatch);
    stored::Request request;
    stored::CopyEmails& copy = *request.mutable_copy_emails();
    copy.set_from(s.box->id);
    copy.set_to(to);
    copy.set_move(move);
    for (const imap::Run& r : now.runs()) {
      copy.add_uid_ranges(r.lo);
      copy.add_uid_ranges(r.hi);
    }
    auto reply = co_await s.shared.store.write(*s.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    const stored::Copied& done = reply->copied();
    pairs.uidvalidity = done.uidvalidity();
    pairs.found += static_cast<std::uint64_t>(done.from_uids_size());
    pairs.from.insert(pairs.from.end(), done.from_uids().begin(), done.from_uids().end());
    pairs.to.insert(pairs.to.end(), done.to_uids().begin(), done.to_uids().end());
    s.box->dirty = true;
  }
  co_return base::Result<>{};
}

// RFC 9051 6.4.7: after a COPY that fails the destination is as it was, as far as the rights there allow.
io::Task<void> take_back(Session& s, const Mailbox& to, CopiedPairs& pairs) {
  imap::UidSet copies;
  for (std::uint32_t uid : std::exchange(pairs.to, {})) copies.add(uid);
  pairs.from.clear();
  auto gone = co_await remove_messages(s, *to.login, to.record.id(), std::move(copies));
  if (!gone)
    base::log(base::Level::warning, "copies stay",
              {{"session", s.connection.session.id()}, {"mailbox", to.name}, {"error", gone.error().what}});
}

Reply some_are_gone() {
  return no("Some of the messages are gone", "EXPUNGEISSUED");
}

io::Task<Reply> transfer(Session& s, imap::CopyArgs args, bool uid, bool move) {
  if (move && s.box->read_only) co_return no("The mailbox is open read-only", "READ-ONLY");
  imap::UidSet uids;
  if (!s.resolve(args.set, uid, uids)) co_return bad("No such message number");
  std::string limited = s.limit_messages(uids, move ? UINT64_MAX : s.shared.settings.save_limit);
  // A copy is all or nothing.
  if (!move && !limited.empty()) co_return no("Too much in one command", std::move(limited));
  auto to = co_await find_mailbox(s, std::move(args.mailbox));
  if (!to) {
    if (to.error().code == "NOT_FOUND") co_return no("No such mailbox", "TRYCREATE");
    co_return from_error(to.error());
  }
  if (auto may = permit(*to, model::kInsert); !may) co_return from_error(may.error());
  // RFC 2180 4.4.1: a number that stands for a message that is gone fails the command, of COPY all of it.
  if (!move && !uid) {
    auto looked = co_await s.sync(false, true);
    if (!looked) co_return from_error(looked.error());
    if (!s.box || s.ending) co_return no("The selected mailbox is gone", "NONEXISTENT");
    if (!uids.intersect(s.box->expunged).empty()) co_return some_are_gone();
  }
  CopiedPairs pairs;
  std::uint64_t wanted = uids.count();
  std::uint32_t from = s.box->id;
  auto done = is_across(s, *to) ? co_await copy_across(s, std::move(uids), *to, move, pairs)
                                : co_await copy_batches(s, std::move(uids), to->record.id(), move, pairs);
  if (!move && !done) co_await take_back(s, *to, pairs);
  if (move && !pairs.from.empty()) {
    // RFC 6851 4.3: COPYUID comes before the EXPUNGEs.
    std::string out = "* OK [";
    out += copyuid(pairs);
    out += "] Moved\r\n";
    s.write(std::move(out));
    for (std::uint32_t moved : pairs.from) s.box->expunged.add(moved);
  }
  imap::UidSet made;
  for (std::uint32_t uid : pairs.to) made.add(uid);
  s.made_here(to->login->account(), to->record.id(), made);
  SieveEvent event{"COPY", to->record.id(), made, {}, from};
  co_await run_scripts(s, to->login, std::move(event));
  if (!done) co_return from_error(done.error());
  if (move && !uid && pairs.found < wanted) co_return some_are_gone();
  if (move) co_return ok(pairs.from.empty() ? "Nothing to move" : "Moved", std::move(limited));
  co_return ok(pairs.from.empty() ? "Nothing to copy" : "Copied", copyuid(pairs));
}

}  // namespace

Answer run_copy(Session& s, imap::CopyArgs args) {
  return transfer(s, std::move(args), false, false);
}
Answer run_uid_copy(Session& s, imap::CopyArgs args) {
  return transfer(s, std::move(args), true, false);
}
Answer run_move(Session& s, imap::CopyArgs args) {
  return transfer(s, std::move(args), false, true);
}
Answer run_uid_move(Session& s, imap::CopyArgs args) {
  return transfer(s, std::move(args), true, true);
}

}  // namespace postern::imapd
