// SELECT, EXAMINE, CLOSE, UNSELECT.  RFC 9051 6.3.2, 6.3.3, 6.4.1, 6.4.2; RFC 7162 3.2.5 (QRESYNC).
#include <algorithm>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/mailboxes.h"
#include "imap/writer.h"
#include "model/annotation.h"
#include "model/ids.h"
#include "model/sheet.h"

namespace postern::imapd {

using imap::append_number;

namespace {

void ok_line(std::string& out, std::string_view code, std::uint64_t n, std::string_view text) {
  out += "* OK [";
  out += code;
  out += ' ';
  append_number(out, n);
  out += "] ";
  out += text;
  out += "\r\n";
}

// The untagged answers of SELECT.  `asked`: the name as the client wrote it.
void describe(Session& s, const stored::Selected& selected, std::string_view asked) {
  Selected& box = *s.box;
  const records::Mailbox& m = selected.mailbox();
  box.keywords_told = SIZE_MAX;
  s.tell_keywords();
  std::string out = "* ";
  append_number(out, box.map.size());
  out += " EXISTS\r\n";
  if (s.tells_recent()) {
    out += "* ";
    append_number(out, box.recent.count());
    out += " RECENT\r\n";
    if (std::uint32_t unseen = s.uidonly ? 0 : box.map.seq_of(selected.first_unseen_uid()))
      ok_line(out, "UNSEEN", unseen, "First unseen");
  }
  ok_line(out, "UIDVALIDITY", box.uidvalidity, "UIDs valid");
  ok_line(out, "UIDNEXT", std::max<std::uint64_t>(m.uidnext(), std::uint64_t{box.map.last_uid()} + 1),
          "Next UID");
  ok_line(out, "HIGHESTMODSEQ", box.modseq, "Highest");
  out += "* OK [MAILBOXID (";
  out += model::format_id(model::IdKind::mailbox, s.account->id, m.id());
  out += ")] Id\r\n";
  out += "* OK [ANNOTATIONS ";
  if (box.examined) {
    out += "READ-ONLY";
  } else {
    append_number(out, model::kMaxAnnotationValue);
  }
  out += "] Annotations\r\n";
  // Keys are the owner's (RFC 4467 7.1.URLMECH).
  if (s.account == s.home) out += "* OK [URLMECH INTERNAL] URLs can be signed\r\n";
  if (s.rev2) {
    out += list_line(s, "", box.name, box.name == asked ? std::string_view() : asked);
  }
  s.write(std::move(out));
}

void tell_vanished_earlier(Session& s, const imap::UidSet& gone) {
  if (gone.empty()) return;
  std::string out = "* VANISHED (EARLIER) ";
  gone.append_text(out);
  out += "\r\n";
  s.write(std::move(out));
}

// What happened since the client's last visit.  Of UIDs below `next` it may know.
io::Task<void> resynchronise(Session& s, imap::SelectArgs args, client::SheetView view, std::uint32_t next) {
  stored::Request request;
  request.mutable_get_delta()->set_mailbox(s.box->id);
  request.mutable_get_delta()->set_since(args.modseq);
  request.mutable_get_delta()->set_known_keywords(static_cast<std::uint32_t>(s.account->keywords.size()));
  auto reply = co_await s.shared.store.read(*s.login, std::move(request));
  imap::UidSet known = args.known_uids_given ? args.known_uids.resolve(0) : imap::UidSet({{1, UINT32_MAX}});
  bool full = reply && !reply->delta().too_old() && !reply->delta().too_large();
  imap::UidSet gone;
  if (full) {
    std::vector<imap::Run> runs;
    for (std::uint32_t uid : reply->delta().expunged()) runs.push_back({uid, uid});
    gone = imap::UidSet(std::move(runs)).intersect(known);
  } else if (next > 1) {
    // No history: every known UID that is not here.
    gone = known.intersect(imap::UidSet({{1, next - 1}})).minus(s.box->map.all());
  }
  tell_vanished_earlier(s, gone);
  const model::Sheet& sheet = *view.sheet;
  for (std::size_t i = 0; i < sheet.size(); ++i) {
    if (sheet.modseq[i] <= args.modseq || !known.contains(sheet.uid[i])) continue;
    std::string out;
    s.begin_fetch(out, sheet.uid[i]);
    if (!s.uidonly) {
      out += "UID ";
      append_number(out, sheet.uid[i]);
      out += ' ';
    }
    out += "FLAGS ";
    s.append_flags(out, sheet.flags(i), sheet.uid[i]);
    out += ' ';
    s.append_modseq(out, sheet.modseq[i]);
    out += ")\r\n";
    s.write(std::move(out));
    if (i % 256 == 255) (void)co_await s.breathe();
  }
}

Answer open_mailbox(Session& s, imap::SelectArgs args, bool examine) {
  if (args.qresync && !s.qresync) co_return bad("ENABLE QRESYNC first");
  if (s.uidonly && !args.match_seqs.ranges.empty()) co_return bad("Message numbers are off", "UIDREQUIRED");
  if (s.box) {
    s.write(std::string_view("* OK [CLOSED] Closed\r\n"));
    s.unselect();
  }
  auto found = co_await find_mailbox(s, args.mailbox);
  if (!found) co_return from_error(found.error());
  client::Login& in = *found->login;
  stored::Request request;
  request.mutable_select_mailbox()->set_mailbox(found->record.id());
  // Only IMAP4rev1 knows \Recent: others leave its mark alone.
  bool mark = !examine && lets_change(found->rights) && s.tells_recent();
  request.mutable_select_mailbox()->set_read_only(!mark);
  auto reply = !mark ? co_await s.shared.store.read(in, std::move(request))
                     : co_await s.shared.store.write(in, std::move(request));
  if (!reply) co_return from_error(reply.error());
  bool own = found->record.private_seen() && found->account != s.home;
  auto view = co_await s.shared.store.sheet(in, found->record.id(), own);
  if (!view) co_return from_error(view.error());
  found->account->learn(0, view->keywords);

  auto box = std::make_unique<Selected>();
  box->id = found->record.id();
  box->name = found->name;
  box->viewer = own ? s.self->account() : 0;
  box->uidvalidity = reply->selected().mailbox().uidvalidity();
  box->examined = examine;
  box->set_rights(reply->selected().rights());
  box->annotate = args.annotate;
  box->url_keys = reply->selected().mailbox().url_keys();
  imap::UidSet uids;
  for (std::uint32_t uid : view->sheet->uid) uids.add(uid);
  for (const imap::Run& r : uids.runs()) box->map.append_run(r.lo, r.hi);
  box->modseq = view->modseq;
  if (!s.events.flags) box->flags_told = view->modseq;
  box->tell_modseq = s.condstore || args.condstore;
  s.condstore = s.condstore || args.condstore;
  std::uint32_t recent_from = std::max(reply->selected().mailbox().recent_from(), 1u);
  if (s.tells_recent() && recent_from <= box->map.last_uid())
    box->recent = uids.intersect(imap::UidSet({{recent_from, box->map.last_uid()}}));
  box->known = box->hinted = view->account_modseq;
  Selected* raw = box.get();
  box->watch = std::make_unique<client::Watch>(s.shared.store, found->login, found->account->id,
                                               view->account_modseq, [&s, raw](std::uint64_t modseq) {
                                                 raw->hint(modseq);
                                                 s.changed.notify();
                                               });
  s.select(std::move(box), found->login, found->account);
  describe(s, reply->selected(), args.mailbox);
  std::string code(s.box->access_code());
  if (args.qresync && args.uidvalidity == s.box->uidvalidity)
    co_await resynchronise(s, std::move(args), *view, reply->selected().mailbox().uidnext());
  co_return code == "READ-ONLY" ? ok("Opened read-only", std::move(code)) : ok("Opened", std::move(code));
}

}  // namespace

Answer run_select(Session& s, imap::SelectArgs args) {
  return open_mailbox(s, std::move(args), false);
}
Answer run_examine(Session& s, imap::SelectArgs args) {
  return open_mailbox(s, std::move(args), true);
}

Answer run_close(Session& s, imap::NoArgs) {
  co_await s.expunge_on_close();
  s.unselect();
  co_return ok("Closed");
}

Answer run_unselect(Session& s, imap::NoArgs) {
  s.unselect();
  co_return ok("Closed");
}

}  // namespace postern::imapd
