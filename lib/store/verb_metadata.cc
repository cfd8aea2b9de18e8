// GetMetadata and SetMetadata: annotations of mailboxes and of the server (RFC 5464).  /shared of the server is the
// store's own, in account 0, and written by admins; everything else is a row of an account, /private and /internal one
// a principal.
#include <algorithm>
#include <map>

#include "model/metadata.h"
#include "store/keys.h"
#include "store/metadata.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;
using model::EntryScope;

namespace {

// RFC 4314 and 5464 3.3: `l` and one of these.
constexpr Rights kAnnotate =
    model::kRead | model::kKeepSeen | model::kWriteFlags | model::kInsert | model::kPost;

Result<> may_annotate(Rights have) {
  if (auto ok = permit(have, model::kLookup); !ok) return ok;
  return have & kAnnotate ? Result<>() : permit(have, model::kRead);
}

// All rows of a range, in pages.  fn(key, value) answers whether to go on.
template <class Fn>
Result<> each_entry(Store& store, std::uint64_t account, const std::string& prefix, Fn&& fn) {
  auto snapshot = store.engine().snapshot(account);
  if (!snapshot) return pass(snapshot);
  std::string from = prefix, to = keys::after(prefix);
  for (bool more = true; more;) {
    auto end = (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view key, std::string_view value) {
      fn(key, value);
      return true;
    });
    if (!end) return pass(end);
    log_corrupt(account, *end);
    more = end->more;
    from = end->resume;
  }
  return {};
}

// Whose /private and /internal are read: one's own, and by who indexes an account those of its owner.
std::uint64_t reads_as(const Principal& who, std::uint64_t account) { return who.kind == Kind::index ? account : who.id; }

// What the question wants, and what the answer holds so far.
class Answer {
 public:
  Answer(const Call& call, stored::Metadata& out)
      : r_(call.request.get_metadata()), who_(call.who), as_(reads_as(call.who, call.request.account())), out_(out) {}

  void take(std::uint32_t mailbox, std::uint64_t principal, std::string_view entry, std::string_view value) {
    bool all = who_.kind == Kind::admin;
    if (principal && principal != as_ && !all) return;
    if (!wanted(entry, all)) return;
    if (r_.max_size() && value.size() > r_.max_size()) {
      out_.set_longest(std::max<std::uint64_t>(out_.longest(), value.size()));
      return;
    }
    auto& one = *out_.add_entries();
    one.set_mailbox(mailbox);
    one.set_entry(std::string(entry));
    one.set_value(std::string(value));
    if (all) one.set_principal(principal);
    bytes_ += entry.size() + value.size() + 32;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  // What is Postern's own is told to who asks for it by name.
  bool wanted(std::string_view entry, bool all) const {
    if (r_.entries().empty()) return all || model::scope_of(entry) != EntryScope::internal;
    return std::ranges::any_of(r_.entries(), [&](const std::string& asked) {
      return model::entry_matches(asked, entry, static_cast<int>(std::min(r_.depth(), 2u)));
    });
  }
  const stored::GetMetadata& r_;
  const Principal& who_;
  std::uint64_t as_;
  stored::Metadata& out_;
  std::size_t bytes_ = 0;
};

Result<> read_mailbox(Store& store, std::uint64_t account, std::uint32_t mailbox, const Principal& who,
                      Answer& answer) {
  auto take = [&](std::string_view key, std::string_view value) {
    answer.take(mailbox, keys::u64_at(key, 5), key.substr(keys::kMetadataEntryAt), value);
  };
  if (who.kind == Kind::admin) return each_entry(store, account, keys::metadata_of(mailbox), take);
  if (mailbox)
    if (auto done = each_entry(store, account, keys::metadata_of(mailbox, 0), take); !done) return done;
  return each_entry(store, account, keys::metadata_of(mailbox, reads_as(who, account)), take);
}

Result<> read_server(Store& store, Answer& answer) {
  return each_entry(store, 0, keys::join('n'), [&](std::string_view key, std::string_view value) {
    answer.take(0, 0, key.substr(1), value);
  });
}

// One slice of the annotations of all mailboxes that the caller may read them of.
Result<> read_all(Store& store, Call& call, AccountState& a, Answer& answer) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  std::string from = call.resume.empty() ? keys::join('N') : call.resume;
  auto end = (*snapshot)->scan(from, keys::after(keys::join('N')), kMaxRowsPerRead,
                               [&](std::string_view key, std::string_view value) {
                                 if (key.size() <= keys::kMetadataEntryAt) return true;
                                 std::uint32_t id = keys::u32_at(key, 1);
                                 const MailboxState* m = a.mailbox(id);
                                 if (id && (!m || !may_annotate(rights_in(call.who, a.id, m->rec)))) return true;
                                 if (!id && call.who.kind != Kind::admin) return true;
                                 answer.take(id, keys::u64_at(key, 5), key.substr(keys::kMetadataEntryAt), value);
                                 return answer.bytes() < kItemBytes;
                               });
  if (!end) return pass(end);
  log_corrupt(a.id, *end);
  call.resume = end->more ? end->resume : std::string();
  return {};
}

}  // namespace

Result<> get_metadata(Store& store, Call& call) {
  const auto& r = call.request.get_metadata();
  if (r.entries_size() > kMaxEntriesAsked) return fail(Fault::limit, "too many entries asked for", "LIMIT");
  auto& out = *call.reply.mutable_metadata();
  Answer answer(call, out);
  if (!call.request.account()) {
    if (auto done = read_server(store, answer); !done) return done;
    call.receipt = store.engine().last();
    out.set_end(true);
    return {};
  }
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  if (r.all_mailboxes()) {
    if (auto done = read_all(store, call, a, answer); !done) return done;
    out.set_end(call.resume.empty());
    call.state = out.end() ? Call::State::done : Call::State::item;
    return {};
  }
  out.set_end(true);
  if (!r.mailbox()) {
    // The server's: what everybody may read, and what the caller keeps in his own account.
    if (!is_owner(call.who, a.id)) return fail(Fault::permanent, "no access to this account", "DENIED");
    if (auto done = read_server(store, answer); !done) return done;
    call.receipt = store.engine().last();
  } else {
    auto m = open_mailbox(call, a, r.mailbox());
    if (!m) return pass(m);
    if (auto ok = may_annotate(rights_in(call.who, a.id, (*m)->rec)); !ok) return ok;
  }
  return read_mailbox(store, a.id, r.mailbox(), call.who, answer);
}

namespace {

// Entries by name with their value, nothing for those that are to go.
using Changes = std::map<std::string, std::optional<std::string>>;

Result<Changes> changes_of(const stored::SetMetadata& r) {
  if (r.entries_size() > kMaxEntriesAsked) return fail(Fault::limit, "too many entries at once", "LIMIT");
  Changes out;
  for (const auto& e : r.entries()) {
    auto name = model::canonical_entry(e.entry(), model::EntryUse::value);
    if (!name) return pass(name);
    if (e.value().size() > model::kMaxEntryValue)
      return fail(Fault::limit, "a value is over 64 KB", "LIMIT");
    out[std::move(*name)] = e.remove() ? std::nullopt : std::optional(e.value());
  }
  return out;
}

// Puts the changes of one scope, whose rows begin with `prefix`, into the batch; LIMIT when they become too many.
Result<> put_scope(Store& store, std::uint64_t account, const std::string& prefix, const Changes& changes,
                   kv::Batch& batch) {
  if (changes.empty()) return {};
  std::size_t count = 0, bytes = 0;
  auto read = each_entry(store, account, prefix, [&](std::string_view key, std::string_view value) {
    std::string entry(key.substr(prefix.size()));
    if (changes.contains(entry)) return;
    ++count;
    bytes += entry.size() + value.size();
  });
  if (!read) return read;
  bool grows = false;
  for (const auto& [entry, value] : changes) {
    if (!value) {
      batch.del(prefix + entry);
      continue;
    }
    grows = true;
    ++count;
    bytes += entry.size() + value->size();
    batch.put(prefix + entry, *value);
  }
  if (grows && (count > model::kMaxEntries || bytes > model::kMaxEntryBytes))
    return fail(Fault::limit, "too many annotations", "LIMIT");
  return {};
}

Result<> set_server(Store& store, Call& call) {
  auto changes = changes_of(call.request.set_metadata());
  if (!changes) return pass(changes);
  for (const auto& [entry, _] : *changes)
    if (model::scope_of(entry) != EntryScope::shared)
      return fail(Fault::permanent, "the server itself has /shared entries only", "INVALID");
  kv::Batch batch;
  if (auto done = put_scope(store, 0, keys::join('n'), *changes, batch); !done) return done;
  if (!batch.empty()) {
    auto receipt = store.engine().commit(0, batch);
    if (!receipt) return pass(receipt);
    call.receipt = *receipt;
    call.changed.push_back({0, store.server_changed()});
  }
  call.reply.mutable_done();
  return {};
}

// The rights that these entries need where they are to be written.
Result<> may_set(const Call& call, AccountState& a, const Changes& shared) {
  std::uint32_t id = call.request.set_metadata().mailbox();
  if (!id) {
    if (!is_owner(call.who, a.id)) return fail(Fault::permanent, "no access to this account", "DENIED");
    if (shared.empty()) return {};
    return fail(Fault::permanent, "/shared of the server is set by the administrator", "DENIED");
  }
  auto m = open_mailbox(call, a, id);
  if (!m) return pass(m);
  Rights have = rights_in(call.who, a.id, (*m)->rec);
  if (auto ok = may_annotate(have); !ok) return ok;
  return shared.empty() ? Result<>() : permit(have, model::kWriteFlags);
}

}  // namespace

Result<> set_metadata(Store& store, Call& call) {
  if (!call.request.account()) return set_server(store, call);
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  if (call.who.kind == Kind::admin)
    return fail(Fault::permanent, "an admin ticket writes the server's annotations only", "DENIED");
  auto changes = changes_of(call.request.set_metadata());
  if (!changes) return pass(changes);
  Changes shared, own;
  for (auto& [entry, value] : *changes)
    (model::scope_of(entry) == EntryScope::shared ? shared : own).emplace(entry, std::move(value));
  if (auto ok = may_set(call, a, shared); !ok) return ok;
  std::uint32_t id = call.request.set_metadata().mailbox();
  Txn txn(store.engine(), a, store.now());
  if (auto done = put_scope(store, a.id, keys::metadata_of(id, 0), shared, txn.batch()); !done) return done;
  if (auto done = put_scope(store, a.id, keys::metadata_of(id, call.who.id), own, txn.batch()); !done) return done;
  if (!txn.empty()) txn.metadata_changed();
  if (auto done = txn.apply(); !done) return done;
  call.reply.mutable_done()->set_modseq(a.rec.modseq());
  return store.commit(txn, call);
}

Result<> copy_metadata(Store& store, AccountState& a, Txn& txn, std::uint32_t from, std::uint32_t to) {
  std::string prefix = keys::metadata_of(from), target = keys::metadata_of(to);
  return each_entry(store, a.id, prefix, [&](std::string_view key, std::string_view value) {
    if (key.size() <= keys::kMetadataEntryAt) return;
    if (model::scope_of(key.substr(keys::kMetadataEntryAt)) == EntryScope::internal) return;
    txn.batch().put(target + std::string(key.substr(prefix.size())), value);
  });
}

}  // namespace postern::store
