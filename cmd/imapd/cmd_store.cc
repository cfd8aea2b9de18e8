// STORE and UID STORE.  RFC 9051 6.4.6, RFC 7162 3.1.3 (UNCHANGEDSINCE), RFC 5257 4.5 (ANNOTATION).
#include <algorithm>
#include <set>

#include "cmd/imapd/annotations.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/fetch_body.h"
#include "cmd/imapd/imapsieve.h"
#include "cmd/imapd/uid_batches.h"
#include "cmd/imapd/view.h"
#include "imap/writer.h"
#include "model/annotation.h"

namespace postern::imapd {

namespace {

struct Outcome {
  imap::UidSet modified;  // UIDs that UNCHANGEDSINCE spared
  std::uint64_t touched = 0;
  bool denied = false;  // a keyword did not fit into the table
};

// The untagged FETCH of one row after the store.
void tell_row(Session& s, std::string& out, const FlagRow& row, bool silent, bool uid) {
  bool modseq = s.box->tell_modseq;
  if (!s.box->map.contains(row.uid) || (silent && !modseq)) return;
  s.begin_fetch(out, row.uid);
  bool first = true;
  auto item = [&](std::string_view name) {
    if (!first) out += ' ';
    first = false;
    out += name;
  };
  if (!s.uidonly && (uid || s.qresync)) {
    item("UID ");
    imap::append_number(out, row.uid);
  }
  if (modseq) {
    item("");
    s.append_modseq(out, row.modseq);
  }
  if (!silent) {
    item("FLAGS ");
    s.append_flags(out, row.flags, row.uid);
  }
  out += ")\r\n";
}

stored::Request make_request(const Session& s, const imap::StoreArgs& args, const imap::UidSet& uids) {
  stored::Request request;
  stored::StoreFlags& store = *request.mutable_store_flags();
  store.set_mailbox(s.box->id);
  store.set_mode(args.mode == imap::StoreArgs::Mode::add      ? stored::StoreFlags::ADD
                 : args.mode == imap::StoreArgs::Mode::remove ? stored::StoreFlags::REMOVE
                                                              : stored::StoreFlags::REPLACE);
  for (const std::string& f : args.flags) store.add_flags(f);
  store.set_unchanged_since(args.unchanged_since_given ? args.unchanged_since : UINT64_MAX);
  for (const imap::Run& r : uids.runs()) {
    store.add_uid_ranges(r.lo);
    store.add_uid_ranges(r.hi);
  }
  return request;
}

// `asked`: the UIDs of the request.  A copy of one of them in this mailbox shares its flags and is among the rows too: the
// client has to be told of it, whatever .SILENT says.
void take_result(Session& s, const stored::FlagsStored& done, const imap::StoreArgs& args, bool uid,
                 const imap::UidSet& asked, Outcome& out) {
  s.account->learn(0, done.new_keywords());
  s.tell_keywords();
  std::string text;
  each_flag_row(done, [&](const FlagRow& row) {
    bool named = asked.contains(row.uid);
    tell_row(s, text, row, args.silent && named, uid || !named);
    out.touched += named;
  });
  s.write(std::move(text));
  for (std::uint32_t u : done.modified()) out.modified.add(u);
  out.denied = out.denied || done.denied_keywords();
  s.shared.views.apply(s.view_key(), done);
  s.box->committed(done.previous_modseq(), done.modseq());
}

stored::Request make_annotate_request(const Session& s, const imap::StoreArgs& args, const imap::UidSet& uids) {
  stored::Request request;
  stored::StoreAnnotations& store = *request.mutable_store_annotations();
  store.set_mailbox(s.box->id);
  fill_annotations(*store.mutable_annotations(), args.annotations);
  store.set_unchanged_since(args.unchanged_since_given ? args.unchanged_since : UINT64_MAX);
  for (const imap::Run& r : uids.runs()) {
    store.add_uid_ranges(r.lo);
    store.add_uid_ranges(r.hi);
  }
  return request;
}

// To the client the answers differ in nothing.
stored::FlagsStored& result_of(stored::Reply& reply) {
  if (!reply.has_annotations_stored()) return *reply.mutable_flags_stored();
  stored::AnnotationsStored done = std::move(*reply.mutable_annotations_stored());
  stored::FlagsStored& out = *reply.mutable_flags_stored();
  out.set_modseq(done.modseq());
  out.set_previous_modseq(done.previous_modseq());
  for (const stored::Row& row : done.rows()) {
    stored::FlagRun& run = *out.add_runs();
    run.set_first(row.uid());
    run.set_last(row.uid());
    run.set_modseq(row.modseq());
    run.set_flags_lo(row.flags_lo());
    run.set_flags_hi(row.flags_hi());
  }
  *out.mutable_modified() = std::move(*done.mutable_modified());
  return out;
}

// RFC 5257 3.2.1: the parts that are annotated are there.
io::Task<base::Result<bool>> has_parts(Session& s, const imap::StoreArgs& args, const imap::UidSet& uids) {
  std::set<std::string> parts;
  for (const imap::AnnotationValue& v : args.annotations) parts.emplace(model::annotation_part(v.entry));
  parts.erase("");
  if (parts.empty()) co_return true;
  stored::Request request;
  stored::GetEmails& get = *request.mutable_get_emails();
  get.set_mailbox(s.box->id);
  get.set_content(true);
  for (const imap::Run& r : uids.runs())
    for (std::uint64_t u = r.lo; u <= r.hi; ++u) get.add_uids(static_cast<std::uint32_t>(u));
  bool all = true;
  std::function<bool(stored::Emails&)> look = [&](stored::Emails& piece) {
    for (stored::EmailData& d : *piece.mutable_emails()) {
      MessageSource m = make_source(d, true);
      for (const std::string& part : parts) all = all && m.structure && m.structure->find(part);
    }
    return all;
  };
  auto got = co_await s.shared.store.emails(*s.login, std::move(request), look);
  if (!got) co_return base::pass(got);
  co_return all;
}

// RFC 7162 3.1.3: why UNCHANGEDSINCE spared these, so that the client need not ask.
io::Task<base::Result<>> tell_modified(Session& s, imap::UidSet modified, bool uid) {
  auto view = co_await current_view(s);
  if (!view) co_return base::pass(view);
  std::string out;
  View::Cursor cursor(**view);
  model::SheetRow row;
  for (const imap::Run& r : modified.runs())
    for (std::uint64_t u = r.lo; u <= r.hi; ++u)
      if (cursor.find(static_cast<std::uint32_t>(u), row)) tell_row(s, out, {row.uid, row.flags, row.modseq}, false, uid);
  s.write(std::move(out));
  co_return base::Result<>{};
}

std::string modified_code(const Session& s, const imap::UidSet& modified, bool uid) {
  if (modified.empty()) return {};
  imap::UidSet named = modified;
  if (!uid) {
    named = {};
    for (const imap::Run& r : modified.runs())
      for (std::uint64_t u = r.lo; u <= r.hi; ++u)
        named.add(s.box->map.seq_of(static_cast<std::uint32_t>(u)));
  }
  return "MODIFIED " + named.text();
}

io::Task<Reply> store(Session& s, imap::StoreArgs args, bool uid) {
  bool notes = !args.annotations.empty();
  if (notes ? s.box->examined : s.box->read_only) co_return no("The mailbox is open read-only", "READ-ONLY");
  if (auto refused = refuse_annotations(args.annotations)) co_return std::move(*refused);
  imap::UidSet uids;
  if (!s.resolve(args.set, uid, uids)) co_return bad("No such message number");
  if (args.unchanged_since_given) s.enable_condstore();
  std::string limited = s.limit_messages(uids);
  std::uint64_t wanted = uids.count();
  Outcome outcome;
  imap::UidSet changed = uids;
  while (!uids.empty() && s.box) {
    s.progress(wanted - uids.count(), wanted);
    imap::UidSet batch = take_front(uids, kUidBatch);
    if (notes) {
      auto there = co_await has_parts(s, args, batch);
      if (!there) co_return from_error(there.error());
      if (!*there) co_return bad("There is no such part");
    }
    stored::Request request = notes ? make_annotate_request(s, args, batch) : make_request(s, args, batch);
    auto reply = co_await s.shared.store.write(*s.login, std::move(request));
    if (!reply && notes && reply.error().code == "LIMIT") co_return no("Too many annotations", "ANNOTATE TOOMANY");
    if (!reply) co_return from_error(reply.error());
    if (!s.box) break;
    take_result(s, result_of(*reply), args, uid, batch, outcome);
    if (!uids.empty()) (void)co_await s.breathe();
  }
  if (outcome.touched && s.box) {
    SieveEvent event{"FLAG", s.box->id, changed.minus(outcome.modified), args.flags};
    co_await run_scripts(s, s.login, std::move(event));
  }
  if (!outcome.modified.empty() && s.box && !notes) {
    auto told = co_await tell_modified(s, outcome.modified, uid);
    if (!told) co_return from_error(told.error());
  }
  if (outcome.denied) co_return no("No room for another keyword", "LIMIT");
  // Messages that are gone but not yet told of are no error for a UID command.
  std::string code = modified_code(s, outcome.modified, uid);
  bool gone = !uid && outcome.touched + outcome.modified.count() < wanted;
  if (code.empty() && !gone) co_return ok("Stored", std::move(limited));
  // RFC 9738 3.1: two codes need two answers.
  if (!limited.empty()) s.write("* NO [" + limited + "] Not all of them\r\n");
  // RFC 2180 4.2.1: who does not want to hear of what was stored has no failure when nothing else was wrong.
  if (gone && args.silent && code.empty()) co_return ok("Stored", "EXPUNGEISSUED");
  if (gone) co_return no("Some of the messages are gone", code.empty() ? "EXPUNGEISSUED" : code);
  co_return ok("Stored", std::move(code));
}

}  // namespace

Answer run_store(Session& s, imap::StoreArgs args) {
  return store(s, std::move(args), false);
}
Answer run_uid_store(Session& s, imap::StoreArgs args) {
  return store(s, std::move(args), true);
}

}  // namespace postern::imapd
