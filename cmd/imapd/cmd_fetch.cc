// FETCH and UID FETCH.  RFC 9051 6.4.5, RFC 7162 3.1.4 and 3.2.6.  Items of the sheet come from the shared
// view without asking stored; ENVELOPE and BODYSTRUCTURE come ready made; bodies are read by this process.
#include <algorithm>

#include "cmd/imapd/annotations.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/fetch_body.h"
#include "cmd/imapd/imapsieve.h"
#include "cmd/imapd/uid_batches.h"
#include "cmd/imapd/view.h"
#include "imap/date.h"
#include "imap/writer.h"
#include "model/ids.h"

namespace postern::imapd {

using imap::append_number;
using imap::FetchItem;

namespace {

using Kind = FetchItem::Kind;

// Bytes of responses that are gathered before they are queued.
constexpr std::size_t kGather = 32 * 1024;
constexpr std::uint64_t kWireBatch = 100;
constexpr std::uint64_t kColumnBatch = 500;

struct Needs {
  bool wire = false, content = false, structure = false, location = false, email = false, annotations = false;
  bool any() const { return wire || content || location || email || annotations; }
};

Needs needs_of(const imap::FetchArgs& args) {
  Needs n;
  for (const FetchItem& i : args.items) {
    if (i.kind == Kind::envelope || i.kind == Kind::body_basic || i.kind == Kind::bodystructure)
      n.wire = true;
    if (i.kind == Kind::preview) n.content = true;
    if (i.kind == Kind::annotation) n.annotations = true;
    if (i.kind < Kind::body) continue;
    n.location = true;
    bool whole = i.section.part.empty() && i.section.kind == imap::Section::Kind::whole;
    if (whole) continue;
    n.content = n.email = true;
    n.structure = n.structure || !i.section.part.empty();
  }
  return n;
}

// One FETCH command on its way.
class Fetch {
 public:
  Fetch(Session& s, imap::FetchArgs args, bool uid)
      : s_(s), args_(std::move(args)), uid_(uid), needs_(needs_of(args_)) {
    // The UID stands before UIDFETCH: it is said again only to who asks.
    if (s.uidonly && !args_.uid_named)
      std::erase_if(args_.items, [](const FetchItem& i) { return i.kind == Kind::uid; });
  }

  // RFC 6785 2.2.3: a \Seen that comes of reading is a change of flags, too.
  io::Task<Reply> run() {
    auto reply = co_await answer();
    if (!newly_seen_.empty() && s_.box) {
      SieveEvent event{"FLAG", s_.box->id, std::move(newly_seen_), {"\\Seen"}};
      co_await run_scripts(s_, s_.login, std::move(event));
    }
    co_return reply;
  }

 private:
  io::Task<Reply> answer() {
    imap::UidSet uids;
    if (!s_.resolve(args_.set, uid_, uids)) co_return bad("No such message number");
    if (args_.vanished && !s_.qresync) co_return bad("ENABLE QRESYNC first");
    // RFC 9738 3.1: who asks for more than the limit by number has nothing done.
    std::uint64_t limit = s_.shared.settings.message_limit;
    if (args_.range.given && args_.range.hi - args_.range.lo >= limit)
      co_return no("Too much in one command", "MESSAGELIMIT " + std::to_string(limit));
    if (args_.range.given) uids = in_range(std::move(uids));
    if (args_.changed_since_given || args_.wants(Kind::modseq)) s_.enable_condstore();
    if (args_.vanished) {
      auto told = co_await tell_vanished();
      if (!told) co_return from_error(told.error());
    }
    std::string limited = s_.limit_messages(uids);
    wanted_ = uids.count();
    auto view = co_await current_view(s_);
    if (!view) co_return from_error(view.error());
    s_.tell_keywords();
    while (!uids.empty() && s_.box && !broken_) {
      s_.progress(wanted_ - uids.count(), wanted_);
      imap::UidSet now = take_front(uids, needs_.any() ? kWireBatch : kColumnBatch);
      auto done = co_await batch(**view, std::move(now));
      if (!done) co_return from_error(done.error());
      bool alive = co_await s_.breathe();
      if (!alive) break;
    }
    if (broken_) {
      // A literal broke off: the connection can't be used any more.
      s_.ending = true;
      s_.stream().close();
      co_return Reply{Reply::Kind::none, {}, {}};
    }
    if (damaged_) co_return no("Stored data is damaged", "CORRUPTION");
    if (unknown_encoding_) co_return no("The encoding of that part is not known", "UNKNOWN-CTE");
    if (uid_ || seen_ == wanted_) co_return ok("Fetched", std::move(limited));
    if (!limited.empty()) s_.write("* NO [" + limited + "] Not all of them\r\n");
    co_return no("Some of the messages are gone", "EXPUNGEISSUED");
  }

  // RFC 9394 3.3: before CHANGEDSINCE chooses among them.
  imap::UidSet in_range(imap::UidSet uids) const {
    auto [first, last] = args_.range.places(uids.count());
    return take_places(std::move(uids), first, last);
  }

  // What of the known UIDs is gone since then.
  io::Task<base::Result<>> tell_vanished() {
    stored::Request request;
    request.mutable_get_delta()->set_mailbox(s_.box->id);
    request.mutable_get_delta()->set_since(args_.changed_since);
    auto reply = co_await s_.shared.store.read(*s_.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    const stored::Delta& delta = reply->delta();
    std::vector<imap::Run> runs;
    // Without a history each UID below the next one that is not here.
    bool unknown = delta.too_old() || delta.too_large();
    if (unknown && delta.mailbox().uidnext() > 1) runs.push_back({1, delta.mailbox().uidnext() - 1});
    for (std::uint32_t u : delta.expunged()) runs.push_back({u, u});
    // Those that the client has not been told of come with their VANISHED later.
    imap::UidSet asked = args_.set.saved ? s_.box->saved : args_.set.resolve(UINT32_MAX);
    imap::UidSet gone = imap::UidSet(std::move(runs)).intersect(asked).minus(s_.box->map.all());
    if (gone.empty()) co_return base::Result<>{};
    std::string out = "* VANISHED (EARLIER) ";
    gone.append_text(out);
    out += "\r\n";
    s_.write(std::move(out));
    co_return base::Result<>{};
  }

  // Sets \Seen where a body is read for the first time.
  io::Task<base::Result<>> mark_seen(std::vector<model::SheetRow>& rows) {
    // RFC 4314 4: without the right a body is read and \Seen stays as it is.
    if (!args_.sets_seen || s_.box->read_only || !(s_.box->rights & model::kKeepSeen)) co_return base::Result<>{};
    stored::Request request;
    stored::StoreFlags& store = *request.mutable_store_flags();
    imap::UidSet unseen;
    for (const model::SheetRow& r : rows)
      if (!r.flags.has(model::kSeen)) unseen.add(r.uid);
    if (unseen.empty()) co_return base::Result<>{};
    store.set_mailbox(s_.box->id);
    store.set_mode(stored::StoreFlags::ADD);
    store.add_flags("\\Seen");
    store.set_unchanged_since(UINT64_MAX);
    for (const imap::Run& r : unseen.runs()) {
      store.add_uid_ranges(r.lo);
      store.add_uid_ranges(r.hi);
    }
    auto reply = co_await s_.shared.store.write(*s_.login, std::move(request));
    if (!reply) co_return base::pass(reply);
    const stored::FlagsStored& done = reply->flags_stored();
    s_.shared.views.apply(s_.view_key(), done);
    s_.box->committed(done.previous_modseq(), done.modseq());
    each_flag_row(done, [&](const FlagRow& changed) {
      auto it = std::ranges::lower_bound(rows, changed.uid, {}, &model::SheetRow::uid);
      if (it == rows.end() || it->uid != changed.uid) return;
      it->flags = changed.flags;
      it->modseq = changed.modseq;
      newly_seen_.add(changed.uid);
    });
    co_return base::Result<>{};
  }

  io::Task<base::Result<>> batch(View& view, imap::UidSet uids) {
    std::vector<model::SheetRow> rows;
    View::Cursor cursor(view);
    model::SheetRow row;
    for (const imap::Run& r : uids.runs())
      for (std::uint64_t u = r.lo; u <= r.hi; ++u)
        if (cursor.find(static_cast<std::uint32_t>(u), row)) {
          ++seen_;
          if (row.modseq > args_.changed_since || !args_.changed_since_given) rows.push_back(row);
        }
    if (rows.empty()) co_return base::Result<>{};
    auto marked = co_await mark_seen(rows);
    if (!marked) co_return marked;
    if (!needs_.any()) {
      columns_only(rows);
      co_return base::Result<>{};
    }
    std::vector<MessageSource> sources;
    auto got = co_await load(rows, sources);
    if (!got) co_return got;
    // What another session has expunged meanwhile is not among them.
    seen_ -= rows.size() - std::min(rows.size(), sources.size());
    co_await put_messages(rows, sources);
    co_return base::Result<>{};
  }

  void columns_only(const std::vector<model::SheetRow>& rows) {
    std::string out;
    out.reserve(kGather + 1024);
    for (const model::SheetRow& r : rows) {
      open(out, r);
      for (const FetchItem& i : args_.items) put_column(out, i, r);
      close(out, r);
      if (out.size() < kGather) continue;
      s_.write(std::move(out));
      out = {};
      out.reserve(kGather + 1024);
    }
    s_.write(std::move(out));
  }

  io::Task<base::Result<>> load(const std::vector<model::SheetRow>& rows,
                                std::vector<MessageSource>& sources) {
    stored::Request request;
    stored::GetEmails& get = *request.mutable_get_emails();
    get.set_mailbox(s_.box->id);
    for (const model::SheetRow& r : rows) get.add_uids(r.uid);
    get.set_email(needs_.email);
    get.set_wire(needs_.wire);
    get.set_content(needs_.content);
    get.set_location(needs_.location);
    get.set_annotations(needs_.annotations);
    bool structure = needs_.structure;
    auto use = [&sources, structure, bodies = s_.shared.bodies](stored::Emails& piece) {
      for (stored::EmailData& d : *piece.mutable_emails()) {
        MessageSource& m = sources.emplace_back(make_source(d, structure));
        if (m.readable) m.held = bodies->hold(m.location.segment);
      }
      return true;
    };
    co_return co_await s_.shared.store.emails(*s_.login, std::move(request), use);
  }

  // Messages in order; those that vanished meanwhile are left out.  Small slices are read together first.
  io::Task<void> put_messages(const std::vector<model::SheetRow>& rows, std::vector<MessageSource>& sources) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < sources.size() && !broken_;) {
      std::vector<std::vector<Slice>> slices;
      std::vector<SliceRead> reads;
      std::size_t first = i;
      std::uint64_t bytes = 0;
      for (; i < sources.size() && bytes < kSmallSlice; ++i) slices.push_back(plan(sources[i], bytes));
      for (std::size_t k = 0; k < slices.size(); ++k) gather(sources[first + k], slices[k], reads);
      if (!reads.empty()) co_await read_small(s_, reads);
      std::string out;
      for (std::size_t k = 0; k < slices.size() && !broken_; ++k) {
        const MessageSource& m = sources[first + k];
        while (at < rows.size() && rows[at].uid < m.uid) ++at;
        if (at >= rows.size() || rows[at].uid != m.uid) continue;
        co_await put_message(rows[at], m, slices[k], out);
        if (out.size() >= kGather) {
          s_.write(std::move(out));
          out = {};
        }
      }
      s_.write(std::move(out));
      bool alive = co_await s_.breathe();
      if (!alive) co_return;
    }
  }

  // Where the body items of one message are.
  std::vector<Slice> plan(const MessageSource& m, std::uint64_t& bytes) {
    std::vector<Slice> out;
    for (const FetchItem& i : args_.items) {
      if (i.kind < Kind::body) continue;
      Slice s = locate(m, i);
      unknown_encoding_ = unknown_encoding_ || s.how == Slice::How::unknown_encoding;
      // Only what a partial asks for needs to be read.
      if (s.how == Slice::How::range && i.partial && i.length < kSmallSlice) {
        std::uint64_t from = std::min(s.begin + i.offset, s.end);
        s.end = std::min(s.end, from + i.length);
        s.begin = from;
        s.read = s.begin == s.end;
        s.clipped = true;
      }
      if (!s.read && s.size() <= kSmallSlice) bytes += s.size();
      out.push_back(std::move(s));
    }
    return out;
  }

  void gather(const MessageSource& m, std::vector<Slice>& slices, std::vector<SliceRead>& reads) {
    std::size_t k = 0;
    for (const FetchItem& i : args_.items) {
      if (i.kind < Kind::body) continue;
      Slice& s = slices[k++];
      bool bytes = s.how == Slice::How::range || s.how == Slice::How::filter || s.how == Slice::How::decode;
      if (bytes && !s.read && m.readable && (s.size() <= kSmallSlice || s.how == Slice::How::filter))
        reads.push_back({&m, &i, &s});
    }
  }

  io::Task<void> put_message(const model::SheetRow& row, const MessageSource& m, std::vector<Slice>& slices,
                             std::string& out) {
    open(out, row);
    std::size_t k = 0;
    for (const FetchItem& i : args_.items) {
      if (i.kind < Kind::body) {
        put_stored(out, i, row, m);
        continue;
      }
      if (!first_) out += ' ';
      first_ = false;
      Slice& slice = slices[k++];
      bool whole = co_await put_item(s_, m, i, slice, out);
      damaged_ = damaged_ || slice.failed;
      if (!whole) {
        broken_ = true;
        co_return;
      }
    }
    close(out, row);
  }

  void open(std::string& out, const model::SheetRow& r) {
    s_.begin_fetch(out, r.uid);
    first_ = true;
  }

  // FLAGS come by themselves when this command has set \Seen; MODSEQ when CONDSTORE is in use and they
  // changed.
  void close(std::string& out, const model::SheetRow& r) {
    if (newly_seen_.contains(r.uid)) {
      if (!args_.wants(Kind::flags)) {
        name(out, "FLAGS ");
        s_.append_flags(out, r.flags, r.uid);
      }
      if (s_.box->tell_modseq && !args_.wants(Kind::modseq)) {
        name(out, "");
        s_.append_modseq(out, r.modseq);
      }
      if (s_.qresync && !s_.uidonly && !args_.wants(Kind::uid)) {
        name(out, "UID ");
        append_number(out, r.uid);
      }
    }
    // Where no entry matched: a response has something in it.
    if (first_) {
      name(out, "UID ");
      append_number(out, r.uid);
    }
    out += ")\r\n";
  }

  void name(std::string& out, std::string_view n) {
    if (!first_) out += ' ';
    first_ = false;
    out += n;
  }

  void put_column(std::string& out, const FetchItem& item, const model::SheetRow& r) {
    switch (item.kind) {
      case Kind::flags:
        name(out, "FLAGS ");
        s_.append_flags(out, r.flags, r.uid);
        break;
      case Kind::uid:
        name(out, "UID ");
        append_number(out, r.uid);
        break;
      case Kind::internaldate:
        name(out, "INTERNALDATE ");
        imap::append_date_time(out, r.received);
        break;
      case Kind::size:
        name(out, "RFC822.SIZE ");
        append_number(out, r.size);
        break;
      case Kind::modseq:
        name(out, "");
        s_.append_modseq(out, r.modseq);
        break;
      case Kind::emailid:
        put_id(out, "EMAILID (", model::IdKind::email, r.email);
        break;
      case Kind::threadid:
        put_id(out, "THREADID (", model::IdKind::thread, r.thread);
        break;
      case Kind::savedate:
        name(out, "SAVEDATE ");
        imap::append_date_time(out, r.saved);
        break;
      default:
        break;
    }
  }

  void put_id(std::string& out, std::string_view label, model::IdKind kind, std::uint64_t id) {
    name(out, label);
    out += model::format_id(kind, s_.account->id, id);
    out += ')';
  }

  void put_stored(std::string& out, const FetchItem& item, const model::SheetRow& r, const MessageSource& m) {
    switch (item.kind) {
      case Kind::envelope:
        name(out, "ENVELOPE ");
        put_wire(out, m.wire, records::Wire::kEnvelopeFieldNumber, "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
        break;
      case Kind::body_basic:
        name(out, "BODY ");
        put_wire(out, m.wire, records::Wire::kBodyFieldNumber, kNoBody);
        break;
      case Kind::bodystructure:
        name(out, "BODYSTRUCTURE ");
        put_wire(out, m.wire, records::Wire::kBodystructureFieldNumber, kNoBody);
        break;
      case Kind::preview:
        name(out, "PREVIEW ");
        if (m.has_content) {
          imap::append_string(out, m.content.preview(), s_.utf8_names());
        } else {
          out += "NIL";
        }
        break;
      case Kind::annotation: {
        std::string text = annotation_text(item.annotation, m.annotations, s_.utf8_names());
        if (!text.empty()) name(out, "ANNOTATION " + text);
        break;
      }
      default:
        put_column(out, item, r);
    }
  }

  static void put_wire(std::string& out, std::string_view wire, int field, std::string_view otherwise) {
    std::string_view text = wire_field(wire, field);
    out += text.empty() ? otherwise : text;
  }

  static constexpr std::string_view kNoBody = "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 0 0)";

  Session& s_;
  imap::FetchArgs args_;
  bool uid_;
  Needs needs_;
  imap::UidSet newly_seen_;
  std::uint64_t wanted_ = 0, seen_ = 0;
  bool first_ = true;
  bool broken_ = false;
  bool unknown_encoding_ = false;
  bool damaged_ = false;  // some body could not be read
};

io::Task<Reply> fetch(Session& s, imap::FetchArgs args, bool uid) {
  Fetch f(s, std::move(args), uid);
  co_return co_await f.run();
}

}  // namespace

io::Task<void> fetch_for(Session& s, imap::FetchArgs args, imap::UidSet uids) {
  args.set.ranges = uids.runs();
  auto reply = co_await fetch(s, std::move(args), true);
  (void)reply;
}

Answer run_fetch(Session& s, imap::FetchArgs args) {
  return fetch(s, std::move(args), false);
}
Answer run_uid_fetch(Session& s, imap::FetchArgs args) {
  return fetch(s, std::move(args), true);
}

}  // namespace postern::imapd
