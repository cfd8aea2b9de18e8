#include "store/loading.h"

#include <algorithm>

#include "model/annotation.h"
#include "model/flag_block.h"
#include "model/metadata.h"
#include "model/script.h"
#include "store/adding.h"
#include "store/annotations.h"
#include "store/content_rows.h"
#include "store/keys.h"
#include "store/names.h"
#include "store/threading.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

Result<> load_mailbox(Loading& l, const records::Mailbox& given) {
  if (auto ok = check_name(given.name()); !ok) return ok;
  if (auto ok = check_role(given.role()); !ok) return ok;
  if (!given.id() || given.id() >= l.rec.next_mailbox() || !given.uidvalidity() || !given.uidnext() ||
      given.modseq() > l.rec.modseq())
    return invalid_load("mailbox " + std::to_string(given.id()) + ": its numbers contradict the account's");
  if (given.all()) return invalid_load("the mailbox that shows all mail: it is made here");
  if (l.living >= kMaxMailboxes) return fail(Fault::limit, "too many mailboxes", "LIMIT");
  auto [it, fresh] = l.mailboxes.emplace(given.id(), given);
  if (!fresh) return {};   // a repeated call
  auto& m = it->second;
  l.living += !m.destroyed();
  m.set_rows(0);
  m.set_unseen_rows(0);
  m.set_deleted_rows(0);
  m.set_bytes(0);
  m.set_total_emails(0);
  m.set_unread_emails(0);
  m.set_total_threads(0);
  m.set_unread_threads(0);
  return {};
}

// Of a mailbox, or with 0 of the account's owner.
Result<> load_metadata(const Loading& l, const stored::MetadataEntry& m, kv::Batch& out) {
  if (m.mailbox() && !l.mailboxes.contains(m.mailbox())) return invalid_load("an annotation of a mailbox that is not there");
  auto entry = model::canonical_entry(m.entry(), model::EntryUse::value);
  if (!entry) return pass(entry);
  if (m.value().size() > model::kMaxEntryValue) return fail(Fault::limit, "an annotation is over 64 KB", "LIMIT");
  out.put(keys::metadata(m.mailbox(), m.principal(), *entry), m.value());
  return {};
}

Result<> load_script(Loading& l, const stored::LoadAccount::Script& given, kv::Batch& out) {
  const auto& s = given.script();
  if (!s.id() || s.id() >= l.rec.next_script() || s.modseq() > l.rec.modseq())
    return invalid_load("script " + std::to_string(s.id()) + ": its numbers contradict the account's");
  if (!model::valid_script_name(s.name())) return invalid_load("script " + std::to_string(s.id()) + ": its name");
  if (given.text().size() > model::kMaxScriptBytes) return fail(Fault::limit, "a script is too long", "LIMIT");
  auto [it, fresh] = l.scripts.emplace(s.name(), s.id());
  if (!fresh && it->second != s.id()) return invalid_load("two scripts have one name");
  records::Script r = s;
  base::Sha256 hash;
  hash.update(given.text());
  r.set_sha256(std::string(base::view(hash.finish())));
  r.set_size(given.text().size());
  out.put(keys::script(s.id()), r.SerializeAsString());
  out.put(keys::script_text(s.id()), given.text());
  return {};
}

// A mark without an end of its own would never be forgotten.
Result<> load_mark(const stored::TakeMarks::One& m, kv::Batch& out) {
  if (m.id().size() != kMarkBytes || m.until() <= 0) return invalid_load("not a mark");
  std::string value;
  base::put_u64(value, static_cast<std::uint64_t>(m.until()));
  out.put(keys::mark(m.id()), value);
  out.put(keys::mark_end(static_cast<std::uint64_t>(m.until()), m.id()), {});
  return {};
}

// What a sharer has seen.  A row of 64 UIDs may come in parts.
Result<> load_seen(Loading& l, const stored::SeenBy& s, kv::Batch& out) {
  auto m = l.mailboxes.find(s.mailbox());
  if (m == l.mailboxes.end() || m->second.destroyed() || !s.principal())
    return invalid_load("what somebody has seen in a mailbox that is not there");
  auto ranges = uid_ranges(s.uid_ranges());
  if (!ranges) return pass(ranges);
  std::size_t blocks = 0;
  for (auto [first, last] : *ranges) {
    if (last >= m->second.uidnext()) return invalid_load("a UID not given out was seen");
    blocks += model::FlagBlock::number(last) - model::FlagBlock::number(first) + 1;
    if (blocks > kMaxRowsPerRead) return fail(Fault::limit, "too much was seen for one call", "LIMIT");
    for (std::uint32_t n = model::FlagBlock::number(first); n <= model::FlagBlock::number(last); ++n) {
      std::uint32_t begin = model::FlagBlock::first_uid(n), end = begin + (model::kBlockSlots - 1);
      std::uint64_t from = std::max(first, begin) - begin, to = std::min(last, end) - begin;
      std::string key = keys::own_seen(s.mailbox(), s.principal(), n), value;
      base::put_u64(value, l.seen[key] |= (~0ull >> (63 - to)) & (~0ull << from));
      out.put(key, value);
    }
  }
  return {};
}

// Rows of one call: bodies are counted over all its emails.
struct Batches {
  kv::Batch& own;
  std::map<std::string, records::AccountBlob> blobs;
};

// Nothing of it contradicts what the account has, and it is not there yet.
Result<> check_email(Store& store, const Loading& l, const stored::LoadAccount::One& one) {
  const auto& e = one.email();
  auto wrong = [&](const char* what) { return invalid_load("email " + std::to_string(e.id()) + ": " + what); };
  if (!e.id() || e.id() >= l.rec.next_email() || !e.thread() || e.thread() >= l.rec.next_email())
    return wrong("an id that the account has not given out");
  if (e.places().empty() == !e.destroyed() || e.places_size() != one.rows_size())
    return wrong("as many rows as places, at least one unless it is deleted");
  if (e.lost_places_size() != one.lost_rows_size()) return wrong("as many rows as lost places");
  if (static_cast<std::size_t>(e.places_size()) > kMaxPlaces ||
      static_cast<std::size_t>(e.lost_places_size()) > kMaxLostPlaces)
    return fail(Fault::limit, "too many places", "LIMIT");
  if (one.wire().size() + one.content().size() > kMaxRecordBytes)
    return fail(Fault::limit, "header and structure are too large", "LIMIT");
  model::Flags known = model::kSeenBit | model::Flags::bit(model::kAnswered) | model::Flags::bit(model::kFlagged) |
                       model::kDraftBit | model::kDeletedBit;
  for (int i = 0; i < l.rec.keywords_size(); ++i) known = known | model::Flags::bit(model::kFirstKeywordBit + i);
  std::unordered_set<std::uint64_t> mine;
  for (int i = 0; i < e.places_size(); ++i) {
    const auto& p = e.places(i);
    const auto& row = one.rows(i);
    auto m = l.mailboxes.find(p.mailbox());
    if (m == l.mailboxes.end() || m->second.destroyed()) return wrong("in a mailbox that is not there");
    if (!p.uid() || p.uid() >= m->second.uidnext() || row.uid() != p.uid()) return wrong("a UID not given out");
    if (row.modseq() > l.rec.modseq()) return wrong("a modseq above the account's");
    std::uint64_t key = std::uint64_t{p.mailbox()} << 32 | p.uid();
    if (l.rows.contains(key) || !mine.insert(key).second) return wrong("a UID that another email has");
    model::Flags f{row.flags_lo(), row.flags_hi()};
    if (!f.without(known).empty() || f.has(model::kDeleted) != p.deleted()) return wrong("flags nobody knows");
    if (!(f.without(model::kDeletedBit) == model::Flags{e.flags_lo(), e.flags_hi()}))
      return wrong("its rows differ in their flags");
  }
  for (int i = 0; i < e.lost_places_size(); ++i) {
    const auto& p = e.lost_places(i);
    const auto& row = one.lost_rows(i);
    if (!row.modseq()) continue;   // its row went, perhaps its mailbox with it
    auto m = l.mailboxes.find(p.mailbox());
    if (m == l.mailboxes.end() || !m->second.destroyed()) return wrong("a row in a mailbox that was not deleted");
    if (!p.uid() || p.uid() >= m->second.uidnext() || row.uid() != p.uid()) return wrong("a UID not given out");
    if (row.modseq() > l.rec.modseq()) return wrong("a modseq above the account's");
    if (!model::Flags{row.flags_lo(), row.flags_hi()}.without(known).empty()) return wrong("flags nobody knows");
    std::uint64_t key = std::uint64_t{p.mailbox()} << 32 | p.uid();
    if (l.rows.contains(key) || !mine.insert(key).second) return wrong("a UID that another email has");
  }
  if (!valid_uidl(e.pop3_uidl())) return wrong("not a UIDL of POP3");
  if (e.blob().size() != 32) return wrong("no checksum");
  auto blob = store.find_blob(e.blob());
  if (!blob) return pass(blob);
  if (!*blob || (*blob)->size != e.size()) return wrong("its message was not put before");
  auto thread = l.threads.find(e.thread());
  if (!e.destroyed() && thread != l.threads.end() && static_cast<std::size_t>(thread->second.members_size()) >= kMaxThreadMembers)
    return fail(Fault::limit, "a thread has too many members", "LIMIT");
  return {};
}

// What follows from a living email for its mailboxes.
void count(Loading& l, const records::Email& e, model::Flags flags, std::vector<std::uint32_t>& visible) {
  bool unread = !flags.has(model::kSeen) && !flags.has(model::kDraft);
  for (const auto& p : e.places()) {
    auto& m = l.mailboxes.at(p.mailbox());
    m.set_rows(m.rows() + 1);
    m.set_bytes(m.bytes() + e.size());
    if (!flags.has(model::kSeen)) m.set_unseen_rows(m.unseen_rows() + 1);
    if (p.deleted()) m.set_deleted_rows(m.deleted_rows() + 1);
    if (!p.deleted() && std::ranges::find(visible, p.mailbox()) == visible.end()) visible.push_back(p.mailbox());
  }
  for (std::uint32_t id : visible) {
    auto& m = l.mailboxes.at(id);
    m.set_total_emails(m.total_emails() + 1);
    if (unread) m.set_unread_emails(m.unread_emails() + 1);
  }
  l.rec.set_used_bytes(l.rec.used_bytes() + e.size());
  l.rec.set_used_emails(l.rec.used_emails() + 1);
}

void join_thread(Loading& l, const records::Email& e, model::Flags flags, const std::vector<std::uint32_t>& visible) {
  auto [it, fresh] = l.threads.try_emplace(e.thread());
  auto& t = it->second;
  t.set_created_modseq(fresh ? e.created_modseq() : std::min(t.created_modseq(), e.created_modseq()));
  t.set_modseq(std::max(t.modseq(), e.created_modseq()));
  for (std::uint32_t id : visible) {
    bool there = std::ranges::any_of(t.members(), [id](const auto& m) {
      return std::ranges::find(m.mailboxes(), id) != m.mailboxes().end();
    });
    auto& m = l.mailboxes.at(id);
    if (!there) m.set_total_threads(m.total_threads() + 1);
  }
  auto& member = *t.add_members();
  member.set_email(e.id());
  member.set_received(e.received());
  member.set_seen(flags.has(model::kSeen));
  member.set_draft(flags.has(model::kDraft));
  member.mutable_mailboxes()->Assign(visible.begin(), visible.end());
  for (int at = t.members_size() - 1; at > 0 && t.members(at - 1).received() > e.received(); --at)
    t.mutable_members()->SwapElements(at - 1, at);
}

Result<> put_blob_row(Store& store, std::uint64_t account, const records::Email& e, Batches& out) {
  auto it = out.blobs.find(e.blob());
  if (it == out.blobs.end()) {
    auto snapshot = store.engine().snapshot(account);
    if (!snapshot) return pass(snapshot);
    auto row = (*snapshot)->get(keys::blob(e.blob()));
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    records::AccountBlob b;
    if (row && *row && !b.ParseFromString(**row)) b.Clear();
    it = out.blobs.emplace(e.blob(), std::move(b)).first;
  }
  it->second.set_emails(it->second.emails() + 1);
  it->second.set_size(e.size());
  return {};
}

Result<> load_annotations(Loading& l, std::uint64_t email, const Annotations& given, kv::Batch& own) {
  for (const auto& one : given) {
    if (!model::valid_annotation(one.entry()) || one.value().size() > model::kMaxAnnotationValue)
      return invalid_load("email " + std::to_string(email) + ": not an annotation");
    AnnotationRow row{one.principal(), one.entry(), std::min(one.modseq(), l.rec.modseq()), one.remove(), one.value()};
    own.put(keys::annotation(email, row.principal, row.entry), encode_annotation(row));
    l.rec.set_annotations(true);
  }
  return {};
}

// The rows of an email: where it stands, and what of deleted mailboxes would bring it back.
void put_rows(Loading& l, const stored::LoadAccount::One& one, records::Email& e, kv::Batch& own) {
  auto put = [&](const records::Place& p, const stored::Row& given) {
    model::SheetRow row{given.uid(), {given.flags_lo(), given.flags_hi()}, given.modseq(), e.id(), e.thread(),
                        e.size(),    e.received(),                        given.saved(),  e.sent()};
    own.put(keys::uid_row(p.mailbox(), row.uid), model::encode_uid_row(row));
    l.rows.insert(std::uint64_t{p.mailbox()} << 32 | row.uid);
    e.set_modseq(std::max(e.modseq(), row.modseq));
  };
  for (int i = 0; i < e.places_size(); ++i) put(e.places(i), one.rows(i));
  for (int i = 0; i < e.lost_places_size(); ++i)
    if (one.lost_rows(i).modseq()) put(e.lost_places(i), one.lost_rows(i));
}

// It waits to be forgotten, as it did where it comes from.
void load_deleted(Loading& l, const records::Email& e, kv::Batch& own) {
  own.put(keys::queue(e.destroyed(), e.id()), {});
  l.rec.set_deleted_bytes(l.rec.deleted_bytes() + e.size());
}

Result<> load_email(Store& store, Loading& l, std::uint64_t account, const stored::LoadAccount::One& one,
                    Batches& out) {
  if (l.emails.contains(one.email().id())) return {};
  if (auto ok = check_email(store, l, one); !ok) return ok;
  records::Content content;
  if (!content.ParseFromString(one.content())) return invalid_load("malformed content");
  records::Email e = one.email();
  e.set_modseq(e.created_modseq());
  put_rows(l, one, e, out.own);
  if (!e.destroyed()) e.clear_lost_places();
  out.own.put(keys::email(e.id()), e.SerializeAsString());
  out.own.put(keys::wire(e.id()), one.wire());
  put_content(out.own, e.id(), one.content());
  if (auto ok = load_annotations(l, e.id(), one.annotations(), out.own); !ok) return ok;
  std::string value;
  base::put_u64(value, e.thread());
  for (const auto& h : thread_hashes(content)) out.own.put(keys::thread_hash(h), value);
  if (e.identity().size() == 16) {
    std::string id;
    base::put_u64(id, e.id());
    out.own.put(keys::identity(e.identity()), id);
  }
  if (!e.pop3_uidl().empty()) l.rec.set_pop3_uidls(true);
  l.emails.insert(e.id());
  if (e.destroyed()) {
    load_deleted(l, e, out.own);
    return put_blob_row(store, account, e, out);
  }
  model::Flags flags{e.flags_lo(), e.flags_hi()};
  std::vector<std::uint32_t> visible;
  count(l, e, flags, visible);
  join_thread(l, e, flags, visible);
  return put_blob_row(store, account, e, out);
}

}  // namespace

Result<> load_parts(Store& store, Loading& l, std::uint64_t account, const stored::LoadAccount& r, kv::Batch& own) {
  Batches out{own, {}};
  for (const auto& m : r.mailboxes())
    if (auto ok = load_mailbox(l, m); !ok) return ok;
  for (const auto& m : r.metadata())
    if (auto ok = load_metadata(l, m, out.own); !ok) return ok;
  for (const auto& s : r.seen())
    if (auto ok = load_seen(l, s, out.own); !ok) return ok;
  for (const auto& s : r.scripts())
    if (auto ok = load_script(l, s, out.own); !ok) return ok;
  if (r.has_vacation()) out.own.put(keys::vacation(), r.vacation().SerializeAsString());
  for (const auto& m : r.marks())
    if (auto ok = load_mark(m, out.own); !ok) return ok;
  for (const auto& one : r.emails())
    if (auto ok = load_email(store, l, account, one, out); !ok) return ok;
  for (const auto& [sha, b] : out.blobs) out.own.put(keys::blob(sha), b.SerializeAsString());
  return {};
}

}  // namespace postern::store
