// What a client is told of its mailbox between commands.  The view (Selected::map) only moves together with
// the EXPUNGE, VANISHED and EXISTS that say so, hence message numbers can't be wrong.  RFC
// 9051 5.2, 7.4, 7.5; RFC 7162.
#include <algorithm>

#include "base/system.h"
#include "cmd/imapd/annotations.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/contexts.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/session.h"
#include "cmd/imapd/uid_batches.h"
#include "imap/writer.h"
#include "model/sheet.h"

namespace postern::imapd {

using imap::append_number;

namespace {

void append_names(std::string& out, const std::vector<std::string>& keywords) {
  out += "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  for (const std::string& k : keywords) {
    out += ' ';
    out += k;
  }
}

// RFC 4314 5.1.1: PERMANENTFLAGS lists what the user's rights let him change.
void append_permanent(std::string& out, const std::vector<std::string>& keywords, model::Rights r) {
  std::string names;
  auto add = [&](model::Rights needed, std::string_view name) {
    if (!(r & needed)) return;
    if (!names.empty()) names += ' ';
    names += name;
  };
  add(model::kWriteFlags, "\\Answered");
  add(model::kWriteFlags, "\\Flagged");
  add(model::kDeleteMessages, "\\Deleted");
  add(model::kKeepSeen, "\\Seen");
  add(model::kWriteFlags, "\\Draft");
  for (const std::string& k : keywords) add(model::kWriteFlags, k);
  // No new keyword can be made once the table is full.
  if (keywords.size() < model::kMaxKeywords) add(model::kWriteFlags, "\\*");
  out += names;
}

}  // namespace

bool lets_change(model::Rights rights) {
  return rights & (model::kInsert | model::kExpunge | model::kKeepSeen | model::kWriteFlags | model::kDeleteMessages);
}

void Selected::set_rights(model::Rights now) {
  rights = now;
  read_only = examined || !lets_change(now);
}

void Selected::hint(std::uint64_t account_modseq) {
  if (account_modseq < hinted) {   // it was restored
    dirty = true;
    known = account_modseq;
  }
  hinted = account_modseq;
}

void Selected::committed(std::uint64_t from, std::uint64_t to) {
  if (to <= modseq) return;
  if (from != modseq) {
    dirty = true;
    return;
  }
  modseq = to;
  // Each commit of an account has the next number: what others did to it in between, elsewhere or to the mailbox itself,
  // leaves a gap, and is looked at.
  if (to == known + 1) known = to;
}

std::string_view Selected::access_code() const {
  // A \Seen of his own is nothing that others could see change: with no more than that the mailbox is READ-ONLY.
  bool writes = lets_change(viewer ? rights & ~model::kKeepSeen : rights);
  return examined || !writes ? "READ-ONLY" : "READ-WRITE";
}

void Session::append_flags(std::string& out, model::Flags f, std::uint32_t uid) const {
  out += '(';
  std::size_t start = out.size();
  auto add = [&](std::string_view name) {
    if (out.size() != start) out += ' ';
    out += name;
  };
  for (int bit = 0; bit <= model::kDeleted; ++bit)
    if (f.has(bit)) add(model::imap_flag(bit));
  model::Flags words = f;
  words.lo &= ~0xffull;
  for (std::size_t i = 0; !words.empty() && i < account->keywords.size(); ++i)
    if (words.has(model::kFirstKeywordBit + static_cast<int>(i))) add(account->keywords[i]);
  if (tells_recent() && box && box->recent.contains(uid)) add("\\Recent");
  out += ')';
}

void Session::append_modseq(std::string& out, std::uint64_t modseq) const {
  out += "MODSEQ (";
  append_number(out, modseq);
  out += ')';
}

void Session::tell_keywords() {
  if (!box || box->keywords_told == account->keywords.size()) return;
  box->keywords_told = account->keywords.size();
  std::string out = "* FLAGS (";
  append_names(out, account->keywords);
  out += ")\r\n* OK [PERMANENTFLAGS (";
  if (!box->read_only) append_permanent(out, account->keywords, box->rights);
  out += box->read_only ? ")] Read-only\r\n" : ")] Flags kept\r\n";
  write(std::move(out));
}

void Session::begin_fetch(std::string& out, std::uint32_t uid) const {
  out += "* ";
  append_number(out, uidonly ? uid : box->map.seq_of(uid));
  out += uidonly ? " UIDFETCH (" : " FETCH (";
}

std::string Session::limit_messages(imap::UidSet& uids, std::uint64_t limit) const {
  limit = std::min(limit, shared.settings.message_limit);
  if (uids.count() <= limit) return {};
  uids = take_back(uids, limit);
  std::string code = "MESSAGELIMIT ";
  append_number(code, limit);
  code += ' ';
  append_number(code, uids.min());
  return code;
}

void Session::progress(std::uint64_t done, std::uint64_t goal) {
  std::uint64_t now = base::monotonic_ms();
  if (now < progress_at_ || done >= goal) return;
  progress_at_ = now + shared.settings.progress_ms;
  std::string out = "* OK [INPROGRESS (";
  if (tag.find(']') == std::string::npos) {
    imap::append_string(out, tag);
  } else {
    out += "NIL";
  }
  out += ' ';
  append_number(out, done);
  out += ' ';
  append_number(out, goal);
  out += ")] ";
  imap::append_text(out, say(language, "Still working"), utf8_text);
  out += "\r\n";
  write(std::move(out));
  stream().send_now();
}

void Session::tell_changed(std::uint32_t uid, model::Flags flags, std::uint64_t modseq) {
  if (!box->map.contains(uid) || box->expunged.contains(uid)) return;
  std::string out;
  begin_fetch(out, uid);
  if (!uidonly && (qresync || box->tell_modseq || rev2 || notify)) {
    out += "UID ";
    append_number(out, uid);
    out += ' ';
  }
  out += "FLAGS ";
  append_flags(out, flags, uid);
  if (box->tell_modseq) {
    out += ' ';
    append_modseq(out, modseq);
  }
  out += ")\r\n";
  write(std::move(out));
}

void Session::flush_expunged(bool may_expunge) {
  if (box->contexts) box->contexts->remove(*this, box->expunged);
  if (!may_expunge || box->expunged.empty()) return;
  imap::UidSet gone = box->map.existing(box->expunged);
  std::string out;
  if ((qresync || uidonly) && !gone.empty()) {
    out = "* VANISHED ";
    gone.append_text(out);
    out += "\r\n";
  } else {
    // Highest first: the numbers below stay as they are.
    for (auto run = gone.runs().rbegin(); run != gone.runs().rend(); ++run) {
      for (std::uint64_t uid = run->hi; uid >= run->lo; --uid) {
        out += "* ";
        append_number(out, box->map.seq_of(static_cast<std::uint32_t>(uid)));
        out += " EXPUNGE\r\n";
      }
    }
  }
  if (!out.empty()) write(std::move(out));
  box->map.erase(gone);
  box->recent = box->recent.minus(gone);
  box->saved = box->saved.minus(gone);
  box->expunged = {};
}

// The new messages become the client's: EXISTS, and for IMAP4rev1 who of them is \Recent here.
io::Task<base::Result<>> Session::tell_new(imap::UidSet fresh) {
  if (fresh.empty()) co_return base::Result<>{};
  // A UID is new once; whatever came twice is dropped here.
  std::uint32_t last = box->map.last_uid();
  imap::UidSet above =
      last == UINT32_MAX ? imap::UidSet() : fresh.intersect(imap::UidSet({{last + 1, UINT32_MAX}}));
  if (above.empty()) co_return base::Result<>{};
  for (const imap::Run& r : above.runs()) {
    box->map.append_run(r.lo, r.hi);
    if (box->contexts || notify) box->arrived.add(r.lo, r.hi);
  }
  std::string out = "* ";
  append_number(out, box->map.size());
  out += " EXISTS\r\n";
  write(std::move(out));
  if (!tells_recent()) co_return base::Result<>{};
  stream().send_now();  // claiming \Recent waits for the disk: the client need not
  auto claimed = co_await claim_recent();
  if (!box) co_return base::Result<>{};
  std::string recent = "* ";
  append_number(recent, box->recent.count());
  recent += " RECENT\r\n";
  write(std::move(recent));
  co_return claimed;
}

// Messages from the mark on are \Recent to the session that moves the mark first; a read-only one only looks.
io::Task<base::Result<>> Session::claim_recent() {
  stored::Request request;
  request.mutable_select_mailbox()->set_mailbox(box->id);
  request.mutable_select_mailbox()->set_read_only(box->read_only);
  auto reply = box->read_only ? co_await shared.store.read(*login, std::move(request))
                              : co_await shared.store.write(*login, std::move(request));
  if (!reply) co_return base::pass(reply);
  if (!box) co_return base::Result<>{};
  std::uint32_t from = reply->selected().mailbox().recent_from();
  std::uint32_t last = box->map.last_uid();
  if (last < from || last == 0) co_return base::Result<>{};
  imap::UidSet mine = box->map.existing(imap::UidSet({{std::max(from, 1u), last}}));
  for (const imap::Run& r : mine.runs()) box->recent.add(r.lo, r.hi);
  co_return base::Result<>{};
}

void Session::apply_rows(const stored::Delta& delta, imap::UidSet& fresh) {
  std::uint32_t last = box->map.last_uid();
  tell_keywords();
  for (const stored::Row& row : delta.rows()) {
    if (row.uid() > last) {
      fresh.add(row.uid());
    } else if (events.flags) {
      tell_changed(row.uid(), {row.flags_lo(), row.flags_hi()}, row.modseq());
    }
  }
}

// The history is too short or the change too large: compares with the whole sheet.
io::Task<base::Result<>> Session::sync_from_sheet() {
  std::uint32_t id = box->id;
  auto view = co_await shared.store.sheet(*login, id, box->viewer != 0);
  if (!view) co_return base::pass(view);
  if (!box || box->id != id) co_return base::Result<>{};
  account->learn(0, view->keywords);
  const model::Sheet& sheet = *view->sheet;
  imap::UidSet now;
  for (std::uint32_t uid : sheet.uid) now.add(uid);
  imap::UidSet gone = box->map.all().minus(now);
  for (const imap::Run& r : gone.runs()) box->expunged.add(r.lo, r.hi);
  tell_keywords();
  std::uint64_t since = box->modseq;
  box->modseq = std::max(box->modseq, view->modseq);
  for (std::size_t i = 0; i < sheet.size(); ++i)
    if (events.flags && sheet.modseq[i] > since && box->map.contains(sheet.uid[i]))
      tell_changed(sheet.uid[i], sheet.flags(i), sheet.modseq[i]);
  auto told = co_await tell_new(now.minus(box->map.all()));
  co_return told;
}

io::Task<base::Result<>> Session::sync(bool may_expunge, bool force) {
  flush_expunged(may_expunge);
  tell_keywords();
  base::Result<> told;
  if (events.messages && (force || box->changed())) {
    box->looking();
    told = co_await look(may_expunge);
  }
  if (box && !ending && (box->contexts || notify)) co_await tell_arrived();
  if (box && !ending) tell_whole();
  co_return told;
}

// RFC 7162 3.2: the MODSEQs of a FETCH may be above that of an expunge that has to wait.  A client that came back with the
// highest it saw would never hear of the expunge: it is told up to where it knows all, and that this is over.
void Session::tell_whole() {
  bool waits = !box->expunged.empty();
  if (!waits) box->whole = box->modseq;
  if (qresync && (waits || box->whole_told)) {
    std::string out = "* OK [HIGHESTMODSEQ ";
    append_number(out, box->whole);
    out += waits ? "] An expunge waits\r\n" : "] All is told\r\n";
    write(std::move(out));
  }
  box->whole_told = qresync && waits;
}

// What of changed and new messages the client has asked for beside the numbers: results of searches, attributes.
io::Task<void> Session::tell_arrived() {
  // RFC 5465 5.2: what this session has put here needs no FETCH.
  imap::UidSet arrived = std::exchange(box->arrived, {}).minus(box->made_here);
  box->made_here = {};
  if (box->contexts) co_await box->contexts->catch_up(*this, arrived);
  if (!box || ending || arrived.empty() || !notify || notify->new_items().items.empty()) co_return;
  co_await fetch_for(*this, notify->new_items(), std::move(arrived));
}

void Session::made_here(std::uint64_t account, std::uint32_t mailbox, const imap::UidSet& uids) {
  if (!box || login->account() != account || box->id != mailbox || (!box->contexts && !notify)) return;
  for (const imap::Run& r : uids.runs()) box->made_here.add(r.lo, r.hi);
}

void Session::set_events(MessageEvents wanted) {
  if (box && events.flags && !wanted.flags) box->flags_told = box->modseq;
  if (box && wanted.flags && !events.flags && box->flags_told != 0)
    box->modseq = std::min(box->modseq, box->flags_told);
  events = wanted;
  if (box) box->dirty = true;
}

// RFC 4314 5.1.1, RFC 9051 7.1: which flags can be changed now, and whether the mailbox is another in that it can.
void Session::take_rights(model::Rights now) {
  std::string_view before = box->access_code();
  box->set_rights(now);
  box->keywords_told = SIZE_MAX;
  tell_keywords();
  if (box->access_code() == before) return;
  std::string out = "* OK [";
  out += box->access_code();
  out += "] Your rights have changed\r\n";
  write(std::move(out));
}

// Asks stored what happened and tells it.
io::Task<base::Result<>> Session::look(bool may_expunge) {
  std::uint32_t id = box->id;
  std::size_t known = account->keywords.size();
  std::uint64_t since = box->modseq;
  stored::Request request;
  auto& get = *request.mutable_get_delta();
  get.set_mailbox(id);
  get.set_since(since);
  get.set_known_keywords(static_cast<std::uint32_t>(known));
  auto reply = co_await shared.store.read(*login, std::move(request));
  if (!box || box->id != id) co_return base::Result<>{};
  // DENIED: nothing in that account is shared with the user any more.
  if (!reply && reply.error().code != "NOT_FOUND" && reply.error().code != "DENIED") {
    box->dirty = true;
    co_return base::pass(reply);
  }
  if (!reply || reply->delta().gone()) {
    bye("The selected mailbox is gone");
    co_return base::Result<>{};
  }
  const stored::Delta& delta = reply->delta();
  // After a restore UIDs may stand for other messages.
  if (delta.mailbox().uidvalidity() != box->uidvalidity) {
    bye("The selected mailbox was restored");
    co_return base::Result<>{};
  }
  if (delta.rights() != box->rights) take_rights(delta.rights());
  if (delta.too_old() || delta.too_large()) {
    auto told = co_await sync_from_sheet();
    if (box) flush_expunged(may_expunge);
    co_return told;
  }
  if (account == home && delta.mailbox().url_keys() != std::exchange(box->url_keys, delta.mailbox().url_keys()))
    write("* OK [URLMECH INTERNAL] The URLs signed so far are void\r\n");
  account->learn(known, delta.new_keywords());
  shared.views.apply(view_key(), since, delta.modseq(), delta.rows());
  for (std::uint32_t uid : delta.expunged()) box->expunged.add(uid);
  flush_expunged(may_expunge);
  imap::UidSet fresh;
  apply_rows(delta, fresh);
  box->modseq = std::max(box->modseq, delta.modseq());
  if (box->annotate || events.annotations) {
    imap::UidSet changed;
    for (const stored::Row& row : delta.rows())
      if (box->map.contains(row.uid())) changed.add(row.uid());
    co_await tell_annotations(*this, std::move(changed), since);
    if (!box || box->id != id) co_return base::Result<>{};
  }
  auto told = co_await tell_new(std::move(fresh));
  co_return told;
}

void Session::enable_condstore() {
  condstore = true;
  if (!box || box->tell_modseq) return;
  box->tell_modseq = true;
  std::string out = "* OK [HIGHESTMODSEQ ";
  append_number(out, box->modseq);
  out += "] Highest\r\n";
  write(std::move(out));
}

void Session::select(std::unique_ptr<Selected> opened, std::shared_ptr<client::Login> in,
                     std::shared_ptr<Account> owner) {
  box = std::move(opened);
  box->whole = box->modseq;
  login = std::move(in);
  account = std::move(owner);
  state = State::selected;
  connection.session.set_state(box->name);
}

void Session::unselect() {
  box.reset();
  login = self;
  account = home;
  if (state == State::selected) state = State::authenticated;
  connection.session.set_state("");
}

io::Task<void> Session::expunge_on_close() {
  if (!box || box->read_only) co_return;
  for (;;) {
    stored::Request request;
    request.mutable_expunge()->set_mailbox(box->id);
    request.mutable_expunge()->set_all_deleted(true);
    auto reply = co_await shared.store.write(*login, std::move(request));
    if (!reply || reply->expunged().next_uid() == 0) co_return;
  }
}

}  // namespace postern::imapd
