// LoadAccount: a whole account as it was, with its ids, UIDs and modseqs.
//
// Row "Z" marks an account that is being loaded: it has no row "A" yet, so that nobody sees it, and a user's verb is
// answered UNAVAILABLE.  `finish` writes "A" and the mailboxes in the commit that removes "Z".  A load that was given up
// is cleared away by the next `begin`.
#include <algorithm>
#include <array>

#include "base/system.h"
#include "model/annotation.h"
#include "model/metadata.h"
#include "model/script.h"
#include "store/annotations.h"
#include "store/content_rows.h"
#include "store/keys.h"
#include "store/loading.h"
#include "store/names.h"
#include "store/threading.h"
#include "store/upgrade.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kMaxLoads = 4;            // at the same time; the oldest gives way
constexpr std::size_t kThreadsPerCommit = 1'000;

std::unexpected<base::Error> invalid(std::string what) {
  return fail(Fault::permanent, std::move(what), "INVALID");
}

Result<bool> has_row(kv::Engine& engine, std::uint64_t account, const std::string& key) {
  auto snapshot = engine.snapshot(account);
  if (!snapshot) return pass(snapshot);
  auto row = (*snapshot)->get(key);
  if (!row) return pass(row);
  return row->has_value();
}

Result<> commit(Store& store, Call& call, std::uint64_t account, kv::Batch& batch) {
  base::kill_point("commit.before");
  auto receipt = store.engine().commit(account, batch);
  if (!receipt) return pass(receipt);
  base::kill_point("commit.after");
  call.receipt = std::max(call.receipt, *receipt);
  return {};
}

// Rows of account 0 with those of the account.
Result<> commit_both(Store& store, Call& call, kv::Batch& own, std::uint64_t account, kv::Batch& batch) {
  if (own.empty()) return commit(store, call, account, batch);
  std::array<kv::AccountBatch, 2> both{{{0, &own}, {account, &batch}}};
  base::kill_point("commit.before");
  auto receipt = store.engine().commit_many(both);
  if (!receipt) return pass(receipt);
  for (auto& b : both)
    if (b.refused) return std::unexpected(*b.refused);
  base::kill_point("commit.after");
  call.receipt = std::max(call.receipt, *receipt);
  return {};
}

// --- begin

// One slice of what an earlier load left; false when nothing is left.
Result<bool> clear_slice(Store& store, Call& call, std::uint64_t account) {
  kv::Batch batch;
  {
    auto snapshot = store.engine().snapshot(account);
    if (!snapshot) return pass(snapshot);
    auto end = (*snapshot)->scan(std::string(1, '\x01'), {}, kMaxEmailsPerCommit,
                                 [&](std::string_view key, std::string_view) {
                                   if (key != keys::loading()) batch.del(key);
                                   return true;
                                 });
    if (!end) return pass(end);
    for (const auto& key : end->corrupt) batch.del(key);
  }
  if (batch.empty()) return false;
  if (auto ok = commit(store, call, account, batch); !ok) return pass(ok);
  return true;
}

Result<Loading> new_load(const records::Account& given, std::int64_t now) {
  Loading l;
  if (given.keywords_size() > model::kMaxKeywords) return fail(Fault::limit, "too many keywords", "LIMIT");
  for (const auto& k : given.keywords())
    if (!model::valid_keyword(k)) return invalid("not a keyword");
  if (!given.epoch() || !given.next_email() || !given.next_mailbox())
    return invalid("the account's epoch or counters are missing");
  l.rec = given;
  l.rec.set_version(kStoreVersion);
  l.rec.set_log_floor(given.modseq());   // what went before is not known here
  l.rec.set_used_bytes(0);
  l.rec.set_used_emails(0);
  l.rec.set_deleted_bytes(0);
  l.rec.set_deleted(0);
  if (!l.rec.created()) l.rec.set_created(static_cast<std::uint64_t>(now));
  return l;
}

Result<> begin_load(Store& store, Call& call, std::uint64_t account, const records::Account& given) {
  auto registered = has_row(store.engine(), 0, keys::registered(account));
  if (!registered) return pass(registered);
  auto marked = has_row(store.engine(), account, keys::loading());
  if (!marked) return pass(marked);
  if (*registered && !*marked)
    return fail(Fault::permanent, "the store has or had account " + std::to_string(account) + " already", "EXISTS");
  auto load = new_load(given, store.now());
  if (!load) return pass(load);
  if (*marked) {
    auto more = clear_slice(store, call, account);
    if (!more) return pass(more);
    if (*more) {
      call.state = Call::State::again;
      return {};
    }
  }
  records::Registered r;
  r.set_account(account);
  r.set_created(static_cast<std::int64_t>(load->rec.created()));
  kv::Batch own, mark;
  own.put(keys::registered(account), r.SerializeAsString());
  mark.put(keys::loading(), load->rec.SerializeAsString());
  if (auto ok = commit_both(store, call, own, account, mark); !ok) return ok;
  store.loads().begin(account, std::move(*load));
  return {};
}

// --- mailboxes and emails

Result<> load_mailbox(Loading& l, const records::Mailbox& given) {
  if (auto ok = check_name(given.name()); !ok) return ok;
  if (auto ok = check_role(given.role()); !ok) return ok;
  if (!given.id() || given.id() >= l.rec.next_mailbox() || !given.uidvalidity() || !given.uidnext() ||
      given.modseq() > l.rec.modseq())
    return invalid("mailbox " + std::to_string(given.id()) + ": its numbers contradict the account's");
  if (l.mailboxes.size() >= kMaxMailboxes) return fail(Fault::limit, "too many mailboxes", "LIMIT");
  auto [it, fresh] = l.mailboxes.emplace(given.id(), given);
  if (!fresh) return {};   // a repeated call
  auto& m = it->second;
  m.set_destroyed(0);
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
  if (m.mailbox() && !l.mailboxes.contains(m.mailbox())) return invalid("an annotation of a mailbox that is not there");
  auto entry = model::canonical_entry(m.entry(), model::EntryUse::value);
  if (!entry) return pass(entry);
  if (m.value().size() > model::kMaxEntryValue) return fail(Fault::limit, "an annotation is over 64 KB", "LIMIT");
  out.put(keys::metadata(m.mailbox(), m.principal(), *entry), m.value());
  return {};
}

Result<> load_script(Loading& l, const stored::LoadAccount::Script& given, kv::Batch& out) {
  const auto& s = given.script();
  if (!s.id() || s.id() >= l.rec.next_script() || s.modseq() > l.rec.modseq())
    return invalid("script " + std::to_string(s.id()) + ": its numbers contradict the account's");
  if (!model::valid_script_name(s.name())) return invalid("script " + std::to_string(s.id()) + ": its name");
  if (given.text().size() > model::kMaxScriptBytes) return fail(Fault::limit, "a script is too long", "LIMIT");
  auto [it, fresh] = l.scripts.emplace(s.name(), s.id());
  if (!fresh && it->second != s.id()) return invalid("two scripts have one name");
  records::Script r = s;
  base::Sha256 hash;
  hash.update(given.text());
  r.set_sha256(std::string(base::view(hash.finish())));
  r.set_size(given.text().size());
  out.put(keys::script(s.id()), r.SerializeAsString());
  out.put(keys::script_text(s.id()), given.text());
  return {};
}

struct Batches {
  kv::Batch own;
  std::map<std::string, records::AccountBlob> blobs;
};

// Nothing of it contradicts what the account has, and it is not there yet.
Result<> check_email(Store& store, const Loading& l, const stored::LoadAccount::One& one) {
  const auto& e = one.email();
  auto wrong = [&](const char* what) { return invalid("email " + std::to_string(e.id()) + ": " + what); };
  if (!e.id() || e.id() >= l.rec.next_email() || !e.thread() || e.thread() >= l.rec.next_email())
    return wrong("an id that the account has not given out");
  if (e.places().empty() || e.places_size() != one.rows_size()) return wrong("as many rows as places, at least one");
  if (static_cast<std::size_t>(e.places_size()) > kMaxPlaces) return fail(Fault::limit, "too many places", "LIMIT");
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
    if (m == l.mailboxes.end()) return wrong("in a mailbox that is not there");
    if (!p.uid() || p.uid() >= m->second.uidnext() || row.uid() != p.uid()) return wrong("a UID not given out");
    if (row.modseq() > l.rec.modseq()) return wrong("a modseq above the account's");
    std::uint64_t key = std::uint64_t{p.mailbox()} << 32 | p.uid();
    if (l.rows.contains(key) || !mine.insert(key).second) return wrong("a UID that another email has");
    model::Flags f{row.flags_lo(), row.flags_hi()};
    if (!f.without(known).empty() || f.has(model::kDeleted) != p.deleted()) return wrong("flags nobody knows");
    if (!(f.without(model::kDeletedBit) == model::Flags{e.flags_lo(), e.flags_hi()}))
      return wrong("its rows differ in their flags");
  }
  if (e.blob().size() != 32) return wrong("no checksum");
  auto blob = store.find_blob(e.blob());
  if (!blob) return pass(blob);
  if (!*blob || (*blob)->size != e.size()) return wrong("its message was not put before");
  auto thread = l.threads.find(e.thread());
  if (thread != l.threads.end() && static_cast<std::size_t>(thread->second.members_size()) >= kMaxThreadMembers)
    return fail(Fault::limit, "a thread has too many members", "LIMIT");
  return {};
}

// What follows from the email for its mailboxes.
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
      return invalid("email " + std::to_string(email) + ": not an annotation");
    AnnotationRow row{one.principal(), one.entry(), std::min(one.modseq(), l.rec.modseq()), one.remove(), one.value()};
    own.put(keys::annotation(email, row.principal, row.entry), encode_annotation(row));
    l.rec.set_annotations(true);
  }
  return {};
}

Result<> load_email(Store& store, Loading& l, std::uint64_t account, const stored::LoadAccount::One& one,
                    Batches& out) {
  if (l.emails.contains(one.email().id())) return {};
  if (auto ok = check_email(store, l, one); !ok) return ok;
  records::Content content;
  if (!content.ParseFromString(one.content())) return invalid("malformed content");
  records::Email e = one.email();
  e.set_destroyed(0);
  e.clear_lost_places();
  e.set_modseq(0);
  for (int i = 0; i < e.places_size(); ++i) {
    const auto& given = one.rows(i);
    model::SheetRow row{given.uid(), {given.flags_lo(), given.flags_hi()}, given.modseq(), e.id(), e.thread(),
                        e.size(),    e.received(),                        given.saved(),  e.sent()};
    out.own.put(keys::uid_row(e.places(i).mailbox(), row.uid), model::encode_uid_row(row));
    l.rows.insert(std::uint64_t{e.places(i).mailbox()} << 32 | row.uid);
    e.set_modseq(std::max(e.modseq(), row.modseq));
  }
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
  model::Flags flags{e.flags_lo(), e.flags_hi()};
  std::vector<std::uint32_t> visible;
  count(l, e, flags, visible);
  join_thread(l, e, flags, visible);
  l.emails.insert(e.id());
  return put_blob_row(store, account, e, out);
}

// --- finish

// The tree holds together, and there is an INBOX.
Result<> check_tree(const Loading& l) {
  std::unordered_set<std::string> names, roles;
  bool inbox = false;
  for (const auto& [id, m] : l.mailboxes) {
    std::string key;
    base::put_u32(key, m.parent());
    if (!names.insert(key + m.name()).second) return invalid("two mailboxes have one name");
    if (!m.role().empty() && !roles.insert(m.role()).second) return invalid("two mailboxes have one role");
    inbox = inbox || (m.parent() == 0 && m.name() == "INBOX");
    std::size_t depth = 0;
    for (std::uint32_t at = m.parent(); at; ++depth) {
      auto above = l.mailboxes.find(at);
      if (above == l.mailboxes.end() || depth > kMaxDepth) return invalid("a mailbox hangs in the air");
      at = above->second.parent();
    }
  }
  bool active = !l.rec.active_script() ||
                std::ranges::any_of(l.scripts, [&](const auto& s) { return s.second == l.rec.active_script(); });
  if (!active) return invalid("the active script is not there");
  return inbox ? Result<>() : invalid("there is no INBOX");
}

// Threads first, in slices; then, in one commit, what makes it an account.
Result<> finish_load(Store& store, Call& call, std::uint64_t account, Loading& l) {
  if (call.cursor == 0)
    if (auto ok = check_tree(l); !ok) return ok;
  kv::Batch batch;
  auto it = l.threads.lower_bound(call.cursor);
  for (std::size_t n = 0; it != l.threads.end() && n < kThreadsPerCommit; ++it, ++n)
    batch.put(keys::thread(it->first), it->second.SerializeAsString());
  if (!batch.empty()) {
    if (auto ok = commit(store, call, account, batch); !ok) return ok;
    call.cursor = it == l.threads.end() ? UINT64_MAX : it->first;
    call.state = Call::State::again;
    return {};
  }
  AccountState whole(account);
  whole.rec = l.rec;
  for (const auto& [id, m] : l.mailboxes) whole.mailboxes[id].rec = m;
  for (auto& [id, m] : whole.mailboxes) whole.index(m);
  Txn counting(store.engine(), whole, store.now());   // never committed: it only counts
  if (auto ok = counting.recount_threads(); !ok) return ok;
  for (const auto& [id, m] : whole.mailboxes) batch.put(keys::mailbox(id), m.rec.SerializeAsString());
  batch.put(keys::account(), l.rec.SerializeAsString());
  batch.del(keys::loading());
  kv::Batch hints;   // for those with whom something is shared
  for (const auto& [id, m] : whole.mailboxes) put_hints(whole, grantees(m.rec), hints);
  if (auto ok = commit_both(store, call, hints, account, batch); !ok) return ok;
  call.changed.push_back({account, l.rec.modseq()});
  call.reply.mutable_done()->set_modseq(l.rec.modseq());
  call.audited = "account " + std::to_string(account) + " with " + std::to_string(l.emails.size()) + " emails";
  store.loads().end(account);
  return {};
}

}  // namespace

Loads::Loads() = default;
Loads::~Loads() = default;

Loading* Loads::find(std::uint64_t account) {
  auto it = loads_.find(account);
  return it == loads_.end() ? nullptr : it->second.get();
}
void Loads::begin(std::uint64_t account, Loading load) {
  end(account);
  if (order_.size() >= kMaxLoads) end(order_.front());
  order_.push_back(account);
  loads_[account] = std::make_unique<Loading>(std::move(load));
}
void Loads::end(std::uint64_t account) {
  std::erase(order_, account);
  loads_.erase(account);
}

Result<> load_account(Store& store, Call& call) {
  const auto& r = call.request.load_account();
  std::uint64_t account = call.request.account();
  if (r.begin() && call.cursor == 0) {
    if (auto ok = begin_load(store, call, account, r.account()); !ok) return ok;
    if (call.state == Call::State::again) return {};
  }
  Loading* l = store.loads().find(account);
  if (!l) {
    auto there = r.finish() ? has_row(store.engine(), account, keys::account()) : Result<bool>(false);
    if (!there) return pass(there);
    if (!*there) return fail(Fault::permanent, "this account is not being loaded: begin again", "CONFLICT");
    call.reply.mutable_done();   // a repeated finish
    return {};
  }
  if (call.cursor == 0) {
    if (static_cast<std::size_t>(r.emails_size()) > kMaxEmailsPerCommit)
      return fail(Fault::limit, "too many emails in one call", "LIMIT");
    for (const auto& m : r.mailboxes())
      if (auto ok = load_mailbox(*l, m); !ok) return ok;
    Batches out;
    for (const auto& m : r.metadata())
      if (auto ok = load_metadata(*l, m, out.own); !ok) return ok;
    for (const auto& s : r.scripts())
      if (auto ok = load_script(*l, s, out.own); !ok) return ok;
    if (r.has_vacation()) out.own.put(keys::vacation(), r.vacation().SerializeAsString());
    for (const auto& one : r.emails())
      if (auto ok = load_email(store, *l, account, one, out); !ok) {
        store.loads().end(account);   // half of this call is in memory only
        return ok;
      }
    for (const auto& [sha, b] : out.blobs) out.own.put(keys::blob(sha), b.SerializeAsString());
    if (!out.own.empty())
      if (auto ok = commit(store, call, account, out.own); !ok) {
        store.loads().end(account);
        return ok;
      }
  }
  if (r.finish()) return finish_load(store, call, account, *l);
  call.reply.mutable_done();
  return {};
}

// PutBlob for an account that is being loaded: it has no row of its own yet.
Result<> put_loaded_blob(Store& store, Call& call) {
  std::uint64_t account = call.request.account();
  if (!store.loads().find(account))
    return fail(Fault::permanent, "an admin puts bodies only where an account is being loaded", "DENIED");
  if (call.bodies.size() != 1) return invalid("no body");
  if (!call.bodies[0]) return pass(call.bodies[0]);
  const Prepared& p = *call.bodies[0];
  kv::Batch own;
  if (auto ok = store.index_blob(p, own); !ok) return ok;
  if (!own.empty())
    if (auto ok = commit(store, call, 0, own); !ok) return ok;
  auto& out = *call.reply.mutable_blobs()->add_blobs();
  out.set_hash(std::string(base::view(p.sha256)));
  out.set_size(p.size);
  return {};
}

}  // namespace postern::store
