// Damaged rows of every kind (RELIABILITY X02): a row whose checksum does not fit is named in the log, costs what hangs on it
// and nothing else; a row that decodes to nonsense, or to something else than was written, never ends the process.
#include <random>
#include <set>

#include "store/keys.h"
#include "store_test.h"

namespace postern::store {
namespace {

constexpr std::uint64_t kAccounts[] = {0, 1, 2};
using Rows = std::map<std::pair<std::uint64_t, std::string>, std::string>;

Rows all_rows(kv::Engine& engine) {
  Rows out;
  for (auto account : kAccounts) {
    auto snapshot = engine.snapshot(account);
    auto end = (*snapshot)->scan("", "", 1'000'000, [&](std::string_view key, std::string_view value) {
      out[{account, std::string(key)}] = value;
      return true;
    });
    EXPECT_TRUE(end);
  }
  return out;
}

// Two accounts with a row of every kind that lib/store writes.
class Damage : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint64_t account : {1, 2}) fill(account);
    rows = all_rows(*w.engine);
    w.store.reset();
  }

  void fill(std::uint64_t account) {
    inbox = w.mailbox_named("INBOX", account);
    for (int i = 0; i < 4; ++i) {
      auto add = World::message("body " + std::to_string(i % 3), "Re: topic", "id" + std::to_string(i), "id0");
      ids[account].push_back(w.add(add, inbox, {"word", "\\Flagged"}, account).email());
    }
    auto r = w.request(account);
    *r.mutable_add_emails() = World::message("by lmtp");
    r.mutable_add_emails()->add_targets()->set_account(account);
    r.mutable_add_emails()->mutable_targets(0)->set_identity("one of a list");
    r.set_client(77);
    r.set_sequence(5);
    ids[account].push_back(w.run(r, World::deliver(account)).added().results(0).email());
    auto upload = w.request(account);
    upload.mutable_put_blob()->set_body("an upload");
    w.run(upload);
    auto expunge = w.request(account);
    auto& u = *expunge.mutable_update_emails()->add_updates();
    u.set_id(ids[account][3]);
    u.set_destroy(true);
    w.run(expunge);
    auto revoke = w.request(account);
    revoke.mutable_revoke()->set_principal(account + 90);  // somebody else
    revoke.mutable_revoke()->set_generation(2);
    w.run(revoke, World::admin());
  }

  // A store over these rows, with one of them replaced as it stands on the disk (`raw`) or as if it had been written so.
  void open_with(const std::pair<std::uint64_t, std::string>& key, const std::string& value, bool raw) {
    w.store.reset();
    w.engine = kv::open_memory();
    for (auto account : kAccounts) {
      kv::Batch batch;
      for (auto& [k, v] : rows)
        if (k.first == account) batch.put(k.second, !raw && k == key ? value : v);
      ASSERT_TRUE(w.engine->commit(account, batch));
    }
    if (raw) ASSERT_TRUE(w.engine->overwrite_raw(key.first, key.second, value));
    w.reopen();
  }

  // Everything that can be asked about an account; answers it all as one text.
  std::string read_all(std::uint64_t account) {
    std::string out;
    auto ask = [&](auto fill) {
      auto r = w.request(account);
      fill(r);
      out += w.run(r, World::user(account)).SerializeAsString();
      for (auto& i : w.items) out += i.SerializeAsString();
    };
    ask([](auto& r) { r.mutable_get_account(); });
    ask([](auto& r) { r.mutable_list_mailboxes(); });
    for (std::uint32_t box = 0; box <= inbox + 1; ++box)
      ask([&](auto& r) { r.mutable_get_sheet()->set_mailbox(box); });
    ask([&](auto& r) { r.mutable_get_delta()->set_mailbox(inbox); });
    for (auto type : {stored::GetChanges::EMAIL, stored::GetChanges::MAILBOX, stored::GetChanges::THREAD})
      ask([&](auto& r) {
        r.mutable_get_changes()->set_type(type);
        r.mutable_get_changes()->set_epoch(1);
      });
    ask([&](auto& r) {
      auto& g = *r.mutable_get_emails();
      g.mutable_ids()->Assign(ids[account].begin(), ids[account].end());
      g.set_email(true);
      g.set_wire(true);
      g.set_content(true);
      g.set_location(true);
    });
    ask([&](auto& r) {
      auto& g = *r.mutable_get_emails();
      g.mutable_ids()->Assign(ids[account].begin(), ids[account].end());
      g.set_header(true);
    });
    ask([&](auto& r) {
      auto digest = base::sha256(std::string_view("an upload"));
      r.mutable_get_blobs()->add_hashes(std::string(base::view(digest)));
    });
    return out;
  }

  // Ids of those of the first three emails that are there and whole.
  std::set<std::uint64_t> whole(std::uint64_t account) {
    std::set<std::uint64_t> out;
    for (auto& e : w.emails({ids[account].begin(), ids[account].begin() + 3}, account))
      if (!e.corrupt() && e.has_email()) out.insert(e.id());
    return out;
  }

  // Every way to change an account; what it answers does not matter here.
  void change_all(std::uint64_t account) {
    auto go = [&](auto fill) {
      auto r = w.request(account);
      r.set_client(77);
      r.set_sequence(++sequence);
      fill(r);
      w.run(r, World::user(account));
    };
    go([&](auto& r) {
      auto& s = *r.mutable_store_flags();
      s.set_mailbox(inbox);
      s.add_uid_ranges(1);
      s.add_uid_ranges(UINT32_MAX);
      s.set_mode(stored::StoreFlags::REPLACE);
      s.add_flags("\\Seen");
      s.add_flags("\\Deleted");
    });
    go([&](auto& r) {
      *r.mutable_add_emails() = World::message("body 1", "Re: topic", "new", "id0");
      auto& t = *r.mutable_add_emails()->add_targets();
      t.set_account(account);
      t.add_mailboxes(inbox);
      t.set_identity("one of a list");
    });
    go([&](auto& r) {
      auto& c = *r.mutable_copy_emails();
      c.set_from(inbox);
      c.add_uid_ranges(1);
      c.add_uid_ranges(2);
      c.set_to(inbox + 1);
      c.set_move(true);
    });
    go([&](auto& r) {
      auto& u = *r.mutable_update_emails()->add_updates();
      u.set_id(ids[account][0]);
      u.set_set_keywords(true);
      u.add_keywords("other");
    });
    go([&](auto& r) {
      r.mutable_expunge()->set_mailbox(inbox);
      r.mutable_expunge()->set_all_deleted(true);
    });
    go([&](auto& r) {
      r.mutable_update_mailbox()->set_id(inbox + 2);
      r.mutable_update_mailbox()->set_name("renamed");
    });
    go([&](auto& r) { r.mutable_delete_mailbox()->set_id(inbox + 1); });
    w.now += 40 * 86'400;   // so that all that is done behind is due
    w.work_all();
  }

  World w;
  Rows rows;
  std::uint32_t inbox = 0;
  std::map<std::uint64_t, std::vector<std::uint64_t>> ids;
  std::uint64_t sequence = 100;
};

// The store's version: a damaged one keeps the store shut, as a newer one does (store_upgrade).
bool is_version(const std::pair<std::uint64_t, std::string>& key) { return key.first == 0 && key.second[0] == 'v'; }

TEST_F(Damage, RowsOfEveryKindAreThere) {
  std::set<char> own, shared;
  for (auto& [key, _] : rows) (key.first ? own : shared).insert(key.second[0]);
  EXPECT_EQ(std::string(own.begin(), own.end()), "ABDEFHIJLMPQRTUWX");
  EXPECT_EQ(std::string(shared.begin(), shared.end()), "abgv");
}

TEST_F(Damage, OneRowIsNamedAndTheRestServed) {
  open_with({1, "none"}, "", false);
  std::string other = read_all(2);
  // What only repeats what other rows say, or is read when its time comes: not asked for by reading an account.
  const std::string kNotRead = "BDHPQRT" "a" "g";
  for (auto& [key, value] : rows) {
    if (key.first == 2 || is_version(key)) continue;
    SCOPED_TRACE(testing::Message() << "account " << key.first << " row " << base::hex(key.second));
    std::string raw = value + "1234";   // the place of a checksum, another one
    testing::internal::CaptureStderr();
    open_with(key, raw, true);
    if (HasFatalFailure()) return;
    std::string mine = read_all(1);
    auto left = whole(1);
    std::string second = read_all(2);
    std::string log = testing::internal::GetCapturedStderr();
    char kind = key.second[0];
    if (key.first == 1) {
      EXPECT_EQ(second, other) << "another account felt it";
      // The account row is the account; of all others at most one email hangs on each.
      if (kind != 'A') EXPECT_GE(left.size(), 2u) << left.size();
    }
    if (kNotRead.find(kind) == std::string::npos)
      EXPECT_NE(log.find(base::hex(key.second)), std::string::npos) << "not named in: " << log;
    testing::internal::CaptureStderr();
    change_all(1);
    change_all(2);
    testing::internal::GetCapturedStderr();
  }
}

// As a fault of an earlier version might have written it: the checksum fits.
TEST_F(Damage, NonsenseThatDecodesEndsNothing) {
  std::mt19937 random(20261121);
  testing::internal::CaptureStderr();
  std::size_t tried = 0;
  for (auto& [key, value] : rows) {
    if (key.first == 2 || is_version(key)) continue;
    SCOPED_TRACE(testing::Message() << "account " << key.first << " row " << base::hex(key.second));
    auto attempt = [&](const std::string& bad) {
      open_with(key, bad, false);
      read_all(1);
      whole(1);
      change_all(1);
      read_all(2);
      ++tried;
    };
    // Each byte with one of its bits flipped, cut there, and pushed to its largest.
    for (std::size_t at = 0; at < value.size(); at += 1 + value.size() / 10) {
      std::string bad = value;
      bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
      attempt(bad);
      bad[at] = '\xff';
      attempt(bad);
      attempt(value.substr(0, at));
    }
    attempt(value + std::string(20, '\xff'));
  }
  testing::internal::GetCapturedStderr();
  EXPECT_GT(tried, 500u);
}

}  // namespace
}  // namespace postern::store
