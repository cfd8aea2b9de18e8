// GetEmails: a stream of items, each filled by one step.
#include <algorithm>

#include "base/log.h"
#include "store/annotations.h"
#include "store/keys.h"
#include "store/own_seen.h"
#include "store/verb_get_emails.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kScanFrom = 16;   // fewer rows are looked up one by one

}  // namespace

Result<std::vector<WantedEmail>> next_emails(Store& store, Call& call, AccountState& a, std::size_t max) {
  const auto& r = call.request.get_emails();
  std::vector<WantedEmail> out;
  if (!r.mailbox()) {
    auto end = std::min<std::size_t>(static_cast<std::size_t>(r.ids_size()), call.cursor + max);
    for (; call.cursor < end; ++call.cursor) out.push_back({r.ids(static_cast<int>(call.cursor))});
    return out;
  }
  auto m = open_mailbox(call, a, r.mailbox());
  if (!m) return pass(m);
  // A few messages of a mailbox that nobody has open are not worth reading all of it.
  if (r.uids_size() > 8)
    if (auto rows = a.rows(store.engine(), **m); !rows) return pass(rows);
  auto end = std::min<std::size_t>(static_cast<std::size_t>(r.uids_size()), call.cursor + max);
  for (; call.cursor < end; ++call.cursor) {
    std::uint32_t uid = r.uids(static_cast<int>(call.cursor));
    auto row = a.row(store.engine(), **m, uid);
    if (!row && row.error().fault != Fault::corrupt) return pass(row);
    if (row && *row) out.push_back({(*row)->email, uid, (*row)->size});
  }
  return out;
}

bool all_emails_done(const Call& call) {
  const auto& r = call.request.get_emails();
  return call.cursor >= static_cast<std::size_t>(r.mailbox() ? r.uids_size() : r.ids_size());
}

bool may_read(const Principal& who, AccountState& a, std::uint32_t mailbox) {
  const MailboxState* m = a.mailbox(mailbox);
  return m && (rights_in(who, a.id, m->rec) & model::kRead);
}

bool may_read(const Principal& who, AccountState& a, const records::Email& e) {
  return is_owner(who, a.id) || std::ranges::any_of(e.places(), [&](const records::Place& p) {
           return may_read(who, a, p.mailbox());
         });
}

// A scan costs a tenth of as many look-ups.
bool are_neighbours(const std::vector<std::string>& wanted) {
  if (wanted.size() < kScanFrom || wanted[0].size() != 9) return false;
  if (std::ranges::adjacent_find(wanted, std::ranges::greater_equal{}) != wanted.end()) return false;
  return keys::u64_at(wanted.back(), 1) - keys::u64_at(wanted.front(), 1) < 2 * wanted.size();
}

namespace {

using Wanted = WantedEmail;
using Rows = std::vector<std::optional<std::string>>;

// A uid row says already that the email lives and how large it is: ENVELOPE and BODYSTRUCTURE need no more of
// it.
bool needs_email(const stored::GetEmails& r) { return r.email() || r.location() || !r.mailbox(); }

Result<Rows> scan_rows(kv::Snapshot& snapshot, const std::vector<std::string>& wanted,
                       std::vector<std::string>& corrupt) {
  Rows rows(wanted.size());
  std::size_t at = 0;
  auto end = snapshot.scan(wanted.front(), keys::after(wanted.back()), 2 * wanted.size(),
                           [&](std::string_view key, std::string_view value) {
                             while (at < wanted.size() && wanted[at] < key) ++at;
                             if (at < wanted.size() && wanted[at] == key) rows[at].emplace(value);
                             return at < wanted.size();
                           });
  if (!end) return pass(end);
  if (end->corrupt_rows > 0) return snapshot.get_many(wanted, &corrupt);  // it tells exactly which
  return rows;
}

// One row of each email; damaged ones are empty and named in `corrupt`.
Result<Rows> fetch(kv::Snapshot& snapshot, std::uint64_t account, const std::vector<std::string>& wanted,
                   std::vector<std::string>& corrupt) {
  std::size_t before = corrupt.size();
  auto rows =
      are_neighbours(wanted) ? scan_rows(snapshot, wanted, corrupt) : snapshot.get_many(wanted, &corrupt);
  if (!rows) return rows;
  for (std::size_t i = before; i < corrupt.size(); ++i)
    base::log(base::Level::error, "corrupt-row",
              {{"account", account}, {"key", base::hex(corrupt[i])}, {"what", "checksum"}});
  return rows;
}

std::vector<std::string> keys_of(const std::vector<Wanted>& wanted, std::string (*key)(std::uint64_t)) {
  std::vector<std::string> out;
  out.reserve(wanted.size());
  for (const Wanted& w : wanted) out.push_back(key(w.id));
  return out;
}

bool is_corrupt(const std::vector<std::string>& corrupt, const std::string& key) {
  return !corrupt.empty() && std::ranges::find(corrupt, key) != corrupt.end();
}

struct Fetched {
  std::vector<std::optional<records::Email>> emails;
  Rows wire, header, content, place;
  std::vector<std::string> corrupt;
};

Result<Fetched> fetch_all(Store& store, AccountState& a, const stored::GetEmails& r,
                          const std::vector<Wanted>& wanted) {
  Fetched f;
  f.emails.resize(wanted.size());
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  std::vector<std::string> missing;
  std::vector<std::size_t> missing_at;
  for (std::size_t i = 0; i < wanted.size() && needs_email(r); ++i) {
    if (const std::string* cached = a.email_rows.find(wanted[i].id)) {
      f.emails[i].emplace().ParseFromString(*cached);
      continue;
    }
    missing.push_back(keys::email(wanted[i].id));
    missing_at.push_back(i);
  }
  auto got = fetch(**snapshot, a.id, missing, f.corrupt);
  if (!got) return pass(got);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (!(*got)[i]) continue;
    auto& e = f.emails[missing_at[i]];
    if (!e.emplace().ParseFromString(*(*got)[i])) {
      e.reset();
      f.corrupt.push_back(missing[i]);
    }
  }
  if (r.wire()) {
    auto wire = fetch(**snapshot, a.id, keys_of(wanted, keys::wire), f.corrupt);
    if (!wire) return pass(wire);
    f.wire = std::move(*wire);
  }
  if (r.content()) {
    auto header = fetch(**snapshot, a.id, keys_of(wanted, keys::header), f.corrupt);
    if (!header) return pass(header);
    f.header = std::move(*header);
    auto content = fetch(**snapshot, a.id, keys_of(wanted, keys::content), f.corrupt);
    if (!content) return pass(content);
    f.content = std::move(*content);
  }
  snapshot->reset();
  if (r.email())
    for (auto& e : f.emails)
      if (e)
        if (auto done = a.refresh(store.engine(), *e); !done) return pass(done);
  if (r.location()) {
    auto own = store.engine().snapshot(0);
    if (!own) return pass(own);
    std::vector<std::string> places;
    for (const auto& e : f.emails) places.push_back(keys::blob_place(e ? e->blob() : std::string(32, '\0')));
    auto place = fetch(**own, 0, places, f.corrupt);
    if (!place) return pass(place);
    f.place = std::move(*place);
  }
  return f;
}

// Deleted mailboxes are emptied behind; their emails no longer show them.  Nor do they show a sharer where else they
// are.
void hide_places(const Principal& who, AccountState& a, records::Email& e) {
  auto& places = *e.mutable_places();
  for (int i = places.size(); i-- > 0;)
    if (!may_read(who, a, places.Get(i).mailbox())) places.DeleteSubrange(i, 1);
  if (!is_owner(who, a.id)) e.clear_identity();
}

void fill(stored::EmailData& out, AccountState& a, const Call& call, const Wanted& w, Fetched& f, std::size_t i) {
  const auto& r = call.request.get_emails();
  out.set_id(w.id);
  out.set_uid(w.uid);
  auto& e = f.emails[i];
  bool bad = (!e && needs_email(r)) || is_corrupt(f.corrupt, keys::wire(w.id)) ||
             is_corrupt(f.corrupt, keys::header(w.id)) || is_corrupt(f.corrupt, keys::content(w.id));
  if (bad) out.set_corrupt(true);
  if (!f.wire.empty() && f.wire[i]) out.set_wire(std::move(*f.wire[i]));
  if (!f.content.empty() && f.content[i]) {
    if (f.header[i]) out.set_content(std::move(*f.header[i]));
    out.mutable_content()->append(*f.content[i]);
  }
  out.set_size(e ? e->size() : w.size);
  if (!e) return;
  if (!f.place.empty()) {
    records::BlobPlace place;
    if (f.place[i] && place.ParseFromString(*f.place[i]))
      out.set_location(std::move(*place.mutable_location()));
    else
      out.set_corrupt(true);
  }
  if (!r.email()) return;
  hide_places(call.who, a, *e);
  *out.mutable_email() = std::move(*e);
}

}  // namespace

Result<> get_emails(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.get_emails();
  if (r.header()) return get_headers(store, call, a);
  auto& out = *call.reply.mutable_emails();
  std::size_t bytes = 0, count = 0;
  bool large = r.wire() || r.content();
  std::optional<OwnSeen> own;
  if (const MailboxState* m = r.email() ? a.mailbox(r.mailbox()) : nullptr) {
    auto loaded = OwnSeen::load(store.engine(), a.id, m->rec, call.who);
    if (!loaded) return pass(loaded);
    own = std::move(*loaded);
  }
  while (!all_emails_done(call) && bytes < kItemBytes && count < kItemEmails) {
    std::uint64_t begin = call.cursor;
    auto wanted = next_emails(store, call, a, large ? 50 : kItemEmails);
    if (!wanted) return pass(wanted);
    auto fetched = fetch_all(store, a, r, *wanted);
    if (!fetched) return pass(fetched);
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      auto& e = fetched->emails[i];
      bool known_bad = is_corrupt(fetched->corrupt, keys::email((*wanted)[i].id));
      bool gone = e && e->destroyed() &&
                  !(r.deleted() && call.who.kind == Kind::admin && store.restorable(e->destroyed()));
      if ((!e && !known_bad && needs_email(r)) || gone) continue;
      // By UID the mailbox has decided already.
      if (!r.mailbox() && !(e ? may_read(call.who, a, *e) : is_owner(call.who, a.id))) continue;
      auto& one = *out.add_emails();
      fill(one, a, call, (*wanted)[i], *fetched, i);
      if (own && one.has_email()) {
        model::Flags f = own->flags(one.uid(), {one.email().flags_lo(), one.email().flags_hi()});
        one.mutable_email()->set_flags_lo(f.lo);
        one.mutable_email()->set_flags_hi(f.hi);
      }
      if (r.annotations() && a.rec.annotations()) {
        auto rows = annotations_of(store.engine(), a.id, (*wanted)[i].id);
        if (!rows) return pass(rows);
        fill_annotations(*one.mutable_annotations(), *rows, call.who);
      }
      ++count;
      bytes += one.ByteSizeLong();
      // With an even larger item a frame could overflow: what is left of this read is read again.
      if (bytes >= kItemBytes && i + 1 < wanted->size()) {
        std::uint64_t read = 0;
        if (!r.mailbox()) {
          read = i + 1;
        } else {
          while (begin + read < call.cursor && r.uids(static_cast<int>(begin + read)) != (*wanted)[i].uid)
            ++read;
          ++read;
        }
        call.cursor = begin + read;
        break;
      }
    }
  }
  bool end = all_emails_done(call);
  out.set_end(end);
  call.state = end ? Call::State::done : Call::State::item;
  return {};
}

}  // namespace postern::store
