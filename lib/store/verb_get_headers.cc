// GetEmails with `header`: the header caches of many emails, packed, as a SEARCH over a mailbox wants them.
#include "store/content_rows.h"
#include "store/keys.h"
#include "store/verb_get_emails.h"
#include "store/verb_util.h"

namespace postern::store {

namespace {

class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}
  void add(const WantedEmail& w, std::string_view header) {
    base::put_varint(out_, w.uid ? w.uid : w.id);
    base::put_bytes(out_, header);
  }

 private:
  std::string& out_;
};

// Neighbours are handed over from the scan's own buffer.  Damaged rows are passed over here: the client looks at the
// messages of those that it was told nothing of.
Result<> add_rows(kv::Snapshot& snapshot, const std::vector<WantedEmail>& wanted, Packer& out) {
  std::vector<bool> there(wanted.size());
  std::vector<std::string> wanted_keys;
  for (const WantedEmail& w : wanted) wanted_keys.push_back(keys::header(w.id));
  if (are_neighbours(wanted_keys)) {
    std::size_t at = 0;
    auto end = snapshot.scan(wanted_keys.front(), keys::after(wanted_keys.back()), 2 * wanted.size(),
                             [&](std::string_view key, std::string_view value) {
                               while (at < wanted.size() && wanted_keys[at] < key) ++at;
                               if (at < wanted.size() && wanted_keys[at] == key) {
                                 out.add(wanted[at], value);
                                 there[at] = true;
                               }
                               return at < wanted.size();
                             });
    if (!end) return pass(end);
  }
  // The others one by one, and those whose header still stands with the rest.
  std::vector<std::string> corrupt;
  for (bool apart : {true, false}) {
    std::vector<std::string> some;
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (there[i]) continue;
      some.push_back(apart ? wanted_keys[i] : keys::content(wanted[i].id));
      at.push_back(i);
    }
    if (some.empty()) return {};
    auto rows = snapshot.get_many(some, &corrupt);
    if (!rows) return pass(rows);
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (!(*rows)[i]) continue;
      std::string header = apart ? std::move(*(*rows)[i]) : header_row(*(*rows)[i]);
      if (header.empty()) continue;
      out.add(wanted[at[i]], header);
      there[at[i]] = true;
    }
  }
  return {};
}

// By id a sharer is told of what he may read; by UID the mailbox has decided already.
Result<> drop_hidden(Store& store, Call& call, AccountState& a, std::vector<WantedEmail>& wanted) {
  if (call.request.get_emails().mailbox() || is_owner(call.who, a.id)) return {};
  std::vector<WantedEmail> seen;
  for (const WantedEmail& w : wanted) {
    auto e = a.email(store.engine(), w.id);
    if (!e && e.error().fault != base::Fault::corrupt) return pass(e);
    if (e && *e && may_read(call.who, a, **e)) seen.push_back(w);
  }
  wanted = std::move(seen);
  return {};
}

}  // namespace

Result<> get_headers(Store& store, Call& call, AccountState& a) {
  auto& out = *call.reply.mutable_emails();
  std::string& packed = *out.mutable_headers();
  while (!all_emails_done(call) && packed.size() < kItemBytes) {
    auto wanted = next_emails(store, call, a, kItemEmails);
    if (!wanted) return pass(wanted);
    if (auto done = drop_hidden(store, call, a, *wanted); !done) return done;
    if (wanted->empty()) continue;
    auto snapshot = store.engine().snapshot(a.id);
    if (!snapshot) return pass(snapshot);
    Packer packer(packed);
    if (auto done = add_rows(**snapshot, *wanted, packer); !done) return done;
  }
  out.set_end(all_emails_done(call));
  call.state = out.end() ? Call::State::done : Call::State::item;
  return {};
}

}  // namespace postern::store
