// ListDeleted: what can still be had.  A stream: the mailboxes one by one, then the emails in the order in which they
// went; or the accounts.
#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "store/content_rows.h"
#include "store/deleted.h"
#include "store/keys.h"
#include "store/mailbox_tree.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kEmailsPerStep = 500;

struct Listing {
  std::vector<std::uint32_t> mailboxes;   // still to be told of, the next one last
  std::uint32_t next_uid = 1;             // of the one that is being counted
  stored::DeletedThing counted;
  std::string resume;                     // in "Q", or in "a"
};

std::string cut(std::string_view text) {
  text = text.substr(0, kMaxListedText);
  while (!text.empty() && !base::is_valid_utf8(text)) text.remove_suffix(1);
  return std::string(text);
}

// The value of From in a block of header lines, unfolded.
std::string sender(std::string_view header) {
  for (std::size_t at = 0; at < header.size();) {
    std::size_t end = header.find('\n', at);
    while (end != std::string_view::npos && end + 1 < header.size() && (header[end + 1] == ' ' || header[end + 1] == '\t'))
      end = header.find('\n', end + 1);
    std::string_view line = header.substr(at, end == std::string_view::npos ? end : end - at);
    if (base::istarts_with(line, "from:")) {
      std::string value(base::trim(line.substr(5)));
      std::erase_if(value, [](char c) { return c == '\r' || c == '\n'; });
      return cut(value);
    }
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return {};
}

// Its rows are counted in slices; true when that is done.
Result<bool> count_mailbox(Store& store, AccountState& a, Listing& l) {
  std::uint32_t id = l.mailboxes.back();
  auto rows = deleted_rows(store.engine(), a.id, id, l.next_uid, kMaxEmailsPerCommit);
  if (!rows) return pass(rows);
  for (const DeletedRow& row : rows->rows) {
    auto e = a.email(store.engine(), row.email);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    if (!e || !*e) continue;
    l.counted.set_emails(l.counted.emails() + 1);
    l.counted.set_size(l.counted.size() + (*e)->size());
  }
  l.next_uid = rows->next_uid;
  return l.next_uid == 0;
}

Result<> next_mailbox(Store& store, AccountState& a, Listing& l, stored::Deleted& out) {
  auto m = deleted_mailbox(store, a, l.mailboxes.back());
  if (!m) {   // restored or forgotten meanwhile
    l.mailboxes.pop_back();
    return {};
  }
  auto done = count_mailbox(store, a, l);
  if (!done) return pass(done);
  if (!*done) return {};
  auto& thing = *out.add_things();
  thing = std::exchange(l.counted, {});
  thing.set_kind("mailbox");
  thing.set_id((*m)->rec.id());
  thing.set_deleted(static_cast<std::int64_t>((*m)->rec.destroyed()));
  thing.set_until(thing.deleted() + store.options().keep_deleted);
  thing.set_name(base::join(path_of(a, (*m)->rec), "/"));
  l.next_uid = 1;
  l.mailboxes.pop_back();
  return {};
}

// Where the email was last; nothing when the listing is not to have it.
const records::Place* place_to_show(AccountState& a, const records::Email& e, std::uint32_t mailbox) {
  const records::Place* last = nullptr;
  for (const auto& p : e.lost_places()) {
    if (mailbox && p.mailbox() == mailbox) return &p;
    if (!a.shows_all(p.mailbox()) && (!last || a.mailbox(p.mailbox()))) last = &p;
  }
  if (mailbox || !last) return nullptr;
  auto it = a.mailboxes.find(last->mailbox());
  return it == a.mailboxes.end() || it->second.alive() ? last : nullptr;
}

Result<bool> next_emails(Store& store, AccountState& a, const stored::ListDeleted& r, Listing& l,
                         stored::Deleted& out) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gone;
  auto end = (*snapshot)->scan(l.resume, keys::after(keys::join('Q')), kEmailsPerStep,
                               [&](std::string_view key, std::string_view) {
                                 if (key.size() == 17) gone.emplace_back(keys::u64_at(key, 1), keys::u64_at(key, 9));
                                 return true;
                               });
  if (!end) return pass(end);
  log_corrupt(a.id, *end);
  l.resume = end->resume;
  for (auto [when, id] : gone) {
    auto e = a.email(store.engine(), id);
    if (!e && e.error().fault != Fault::corrupt) return pass(e);
    if (!e || !*e || !(*e)->destroyed() || !store.restorable(when)) continue;
    const records::Place* place = place_to_show(a, **e, r.mailbox());
    if (!place && (r.mailbox() || (*e)->lost_places_size())) continue;
    auto& thing = *out.add_things();
    thing.set_kind("email");
    thing.set_id(id);
    thing.set_deleted(static_cast<std::int64_t>(when));
    thing.set_until(thing.deleted() + store.options().keep_deleted);
    thing.set_size((*e)->size());
    thing.set_received((*e)->received());
    if (auto m = place ? a.mailboxes.find(place->mailbox()) : a.mailboxes.end(); m != a.mailboxes.end())
      thing.set_name(base::join(path_of(a, m->second.rec), "/"));
    auto row = read_content(**snapshot, id);
    records::Content content;
    if (!row || !*row || !content.ParseFromString(**row)) continue;
    thing.set_subject(cut(content.subject()));
    thing.set_from(sender(content.header()));
  }
  return end->more;
}

Result<bool> next_accounts(Store& store, const stored::ListDeleted& r, Listing& l, stored::Deleted& out) {
  auto snapshot = store.engine().snapshot(0);
  if (!snapshot) return pass(snapshot);
  std::vector<records::Registered> gone;
  auto end = (*snapshot)->scan(l.resume, keys::after(keys::join('a')), kEmailsPerStep,
                               [&](std::string_view, std::string_view value) {
                                 records::Registered one;
                                 if (one.ParseFromArray(value.data(), static_cast<int>(value.size())) && one.deleted() &&
                                     one.deleted() >= r.since() &&
                                     store.restorable(static_cast<std::uint64_t>(one.deleted())))
                                   gone.push_back(one);
                                 return true;
                               });
  if (!end) return pass(end);
  log_corrupt(0, *end);
  l.resume = end->resume;
  for (const auto& one : gone) {
    auto& thing = *out.add_things();
    thing.set_kind("account");
    thing.set_id(one.account());
    thing.set_deleted(one.deleted());
    thing.set_until(one.deleted() + store.options().keep_deleted);
    auto of_account = store.engine().snapshot(one.account());
    if (!of_account) return pass(of_account);
    auto row = (*of_account)->get(keys::account());
    records::Account a;
    if (!row || !*row || !a.ParseFromString(**row)) continue;
    thing.set_size(a.used_bytes());
    thing.set_emails(a.used_emails());
  }
  return end->more;
}

Result<std::shared_ptr<Listing>> begin(AccountState* a, const stored::ListDeleted& r) {
  auto l = std::make_shared<Listing>();
  if (!a) {
    l->resume = keys::join('a');
    return l;
  }
  l->resume = keys::queue(static_cast<std::uint64_t>(std::max<std::int64_t>(r.since(), 0)), 0);
  for (const auto& [id, m] : a->mailboxes)
    if (!m.alive() && static_cast<std::int64_t>(m.rec.destroyed()) >= r.since() && (!r.mailbox() || r.mailbox() == id))
      l->mailboxes.push_back(id);
  std::ranges::sort(l->mailboxes, std::greater());
  return l;
}

}  // namespace

Result<> list_deleted(Store& store, Call& call) {
  const auto& r = call.request.list_deleted();
  AccountState* a = nullptr;
  if (std::uint64_t id = call.request.account()) {
    Verb of_account = *find_verb(stored::Request::kListDeleted);
    of_account.needs_account = true;
    if (auto ok = may(call.who, of_account, id, store.revocations()); !ok) return ok;
    auto opened = open_account(store, call);
    if (!opened) return pass(opened);
    a = *opened;
  } else if (call.who.kind != Kind::admin) {
    return fail(Fault::permanent, "only an admin lists deleted accounts", "DENIED");
  } else {
    call.receipt = std::max(call.receipt, store.engine().last());
  }
  if (!call.work) {
    auto begun = begin(a, r);
    if (!begun) return pass(begun);
    call.work = *begun;
  }
  auto& l = *std::static_pointer_cast<Listing>(call.work);
  auto& out = *call.reply.mutable_deleted();
  Result<bool> more = true;
  if (!l.mailboxes.empty()) {
    if (auto done = next_mailbox(store, *a, l, out); !done) return done;
  } else {
    more = a ? next_emails(store, *a, r, l, out) : next_accounts(store, r, l, out);
    if (!more) return pass(more);
  }
  out.set_end(!*more);
  call.state = *more ? Call::State::item : Call::State::done;
  return {};
}

}  // namespace postern::store
