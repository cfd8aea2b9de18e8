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
    // What went since the rows were looked at is still among them, and told of later.
    gone = imap::UidSet(std::move(runs)).intersect(known).minus(s.box->map.all());
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

// What there is to open: whose it is, what stored says of it, and its rows.
struct Found {
  Mailbox mailbox;
  client::OpenedMailbox opened;
  bool own_flags = false;
};

// One of the user's own: by its name, in one call.
io::Task<base::Result<Found>> find_own(Session& s, std::string name, bool examine) {
  // Only IMAP4rev1 knows \Recent: others leave its mark alone.
  auto opened = co_await s.shared.store.open(*s.self, name, examine || !s.tells_recent());
  if (!opened) co_return base::pass(opened);
  s.home->epoch = opened->selected.epoch();
  Mailbox mailbox{opened->selected.mailbox(), std::move(name), false, opened->selected.rights(), s.self, s.home};
  co_return Found{std::move(mailbox), std::move(*opened), false};
}

// Any, by what the namespaces have.
io::Task<base::Result<Found>> find_shared(Session& s, std::string wire, bool examine) {
  auto mailbox = co_await find_mailbox(s, std::move(wire));
  if (!mailbox) co_return base::pass(mailbox);
  Found found{std::move(*mailbox), {}, false};
  client::Login& in = *found.mailbox.login;
  stored::Request request;
  request.mutable_select_mailbox()->set_mailbox(found.mailbox.record.id());
  request.mutable_select_mailbox()->set_read_only(examine || !lets_change(found.mailbox.rights) || !s.tells_recent());
  auto reply = co_await s.shared.store.read(in, std::move(request));
  if (!reply) co_return base::pass(reply);
  found.own_flags = found.mailbox.record.private_seen() && found.mailbox.account != s.home;
  auto view = co_await s.shared.store.sheet(in, found.mailbox.record.id(), found.own_flags);
  if (!view) co_return base::pass(view);
  found.opened = {std::move(*reply->mutable_selected()), std::move(*view)};
  co_return found;
}

io::Task<base::Result<Found>> find(Session& s, std::string wire, bool examine) {
  auto name = canonical(s, wire);
  if (!name) co_return base::pass(name);
  auto own = co_await find_own(s, std::move(*name), examine);
  if (own || own.error().code != "NOT_FOUND") co_return own;
  co_return co_await find_shared(s, std::move(wire), examine);
}

std::unique_ptr<Selected> selected_box(const Session& s, const Found& found, bool examined) {
  const stored::Selected& selected = found.opened.selected;
  const client::SheetView& view = found.opened.view;
  auto box = std::make_unique<Selected>();
  box->id = found.mailbox.record.id();
  box->name = found.mailbox.name;
  box->viewer = found.own_flags ? s.self->account() : 0;
  box->uidvalidity = selected.mailbox().uidvalidity();
  box->examined = examined;
  box->all = selected.mailbox().all();
  box->set_rights(selected.rights());
  box->url_keys = selected.mailbox().url_keys();
  imap::UidSet uids;
  for (std::uint32_t uid : view.sheet->uid) uids.add(uid);
  for (const imap::Run& r : uids.runs()) box->map.append_run(r.lo, r.hi);
  box->modseq = view.modseq;
  if (!s.events.flags) box->flags_told = view.modseq;
  std::uint32_t recent_from = std::max(selected.mailbox().recent_from(), 1u);
  if (s.tells_recent() && recent_from <= box->map.last_uid())
    box->recent = uids.intersect(imap::UidSet({{recent_from, box->map.last_uid()}}));
  box->known = box->hinted = view.account_modseq;
  return box;
}

Answer open_mailbox(Session& s, imap::SelectArgs args, bool examine) {
  if (args.qresync && !s.qresync) co_return bad("ENABLE QRESYNC first");
  if (s.uidonly && !args.match_seqs.ranges.empty()) co_return bad("Message numbers are off", "UIDREQUIRED");
  if (s.box) {
    s.write(std::string_view("* OK [CLOSED] Closed\r\n"));
    s.unselect();
  }
  auto found = co_await find(s, args.mailbox, examine);
  if (!found) co_return from_error(found.error());
  auto& [selected, view] = found->opened;
  const std::shared_ptr<client::Login>& login = found->mailbox.login;
  const std::shared_ptr<Account>& account = found->mailbox.account;
  account->learn(0, view.keywords);
  auto box = selected_box(s, *found, examine);
  box->annotate = args.annotate;
  box->tell_modseq = s.condstore || args.condstore;
  s.condstore = s.condstore || args.condstore;
  Selected* raw = box.get();
  box->watch = std::make_unique<client::Watch>(s.shared.store, login, account->id, view.account_modseq,
                                               [&s, raw](std::uint64_t modseq) {
                                                 raw->hint(modseq);
                                                 s.changed.notify();
                                               });
  s.select(std::move(box), login, account);
  describe(s, selected, args.mailbox);
  std::string code(s.box->access_code());
  if (args.qresync && args.uidvalidity == s.box->uidvalidity)
    co_await resynchronise(s, std::move(args), view, selected.mailbox().uidnext());
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
