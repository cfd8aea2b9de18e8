// The directory: what is put is found, also after it was opened again; names, ids and generations keep their
// promises.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "auth/directory.h"
#include "auth/limits.h"
#include "auth/password.h"
#include "kv/berkeley.h"
#include "kv/memory.h"

namespace postern::auth {
namespace {

constexpr PutMode kCreate{true, false};
constexpr PutMode kChange{};

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = Directory::open(kv::open_memory(), {"Example.org"}).value();
    ASSERT_TRUE(dir_->put_domain("example.org", {}, kCreate));
  }
  Id add(std::string_view name) {
    auto r = dir_->put_account(name, {}, kCreate);
    EXPECT_TRUE(r) << name << ": " << (r ? "" : r.error().what);
    return r ? r->id : 0;
  }
  // Names (with detail) that an address leads to, sorted; the error's code when there is one.
  std::vector<std::string> reach(std::string_view address) {
    auto r = dir_->resolve(address);
    if (!r) return {r.error().code};
    std::vector<std::string> out;
    for (const Delivery& d : r->deliveries) out.push_back(d.name + (d.detail.empty() ? "" : "+" + d.detail));
    for (const std::string& f : r->forwards) out.push_back("->" + f);
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string code(const auto& r) { return r ? "" : r.error().code; }

  std::unique_ptr<Directory> dir_;
};
using V = std::vector<std::string>;

TEST_F(DirectoryTest, DomainsAreAddedChangedAndDeleted) {
  EXPECT_EQ(code(dir_->put_domain("EXAMPLE.org", {}, kCreate)), "EXISTS");
  EXPECT_EQ(code(dir_->put_domain("other.org", {}, kChange)), "NOT_FOUND");
  ASSERT_TRUE(
      dir_->put_domain("b\xc3\xbc"
                       "cher.example",
                       {.description = "Books"}, kCreate));
  Entry e = dir_->show(Kind::domain, "xn--bcher-kva.example").value();
  EXPECT_EQ(e.name, "xn--bcher-kva.example");
  EXPECT_EQ(e.description, "Books");
  add("user");
  EXPECT_EQ(dir_->show(Kind::domain, "example.org")->accounts, 1u);
  EXPECT_EQ(code(dir_->remove(Kind::domain, "example.org", false)), "IN_USE");
  EXPECT_TRUE(dir_->remove(Kind::domain, "xn--bcher-kva.example", false));
  EXPECT_EQ(code(dir_->show(Kind::domain, "xn--bcher-kva.example")), "NOT_FOUND");
}

TEST_F(DirectoryTest, AccountsNeedTheirDomainAndSayHow) {
  auto r = dir_->put_account("user@nowhere.example", {}, kCreate);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, "NOT_FOUND");
  EXPECT_EQ(r.error().what,
            "no such domain nowhere.example; add it with: postern domain add nowhere.example");
}

TEST_F(DirectoryTest, AccountsCarryTheirProperties) {
  Credential c;
  c.hash = hash("secret").value();
  AccountChange change;
  change.credential = c;
  change.quota_bytes = 5000;
  change.description = "J\xc3\xbcrgen";
  change.timezone = "Europe/Berlin";
  ASSERT_TRUE(dir_->put_account("User@Example.ORG", change, kCreate));
  Entry e = dir_->show(Kind::account, "user").value();
  EXPECT_EQ(e.name, "user@example.org");
  EXPECT_EQ(e.quota_bytes, 5000u);
  EXPECT_EQ(e.description, "J\xc3\xbcrgen");
  EXPECT_EQ(e.timezone, "Europe/Berlin");
  EXPECT_EQ(e.scheme, "yescrypt");
  EXPECT_EQ(e.generation, 1u);
  LoginEntry l = dir_->login("USER@EXAMPLE.ORG").value();
  EXPECT_EQ(l.credential.hash, c.hash);
  EXPECT_EQ(l.account.id, e.id);
  EXPECT_EQ(code(dir_->login("user+x@example.org")), "INVALID");
  EXPECT_EQ(code(dir_->put_account("user", {}, kCreate)), "EXISTS");
  EXPECT_EQ(code(dir_->put_account("x", {.description = "two\nlines"}, kCreate)), "INVALID");
  EXPECT_EQ(code(dir_->put_account("x", {.timezone = "../../etc/passwd"}, kCreate)), "INVALID");
  EXPECT_EQ(code(dir_->put_account("x", {.description = std::string(kMaxDescription + 1, 'a')}, kCreate)),
            "INVALID");
  EXPECT_TRUE(dir_->put_account("x", {.description = std::string(kMaxDescription, 'a')}, kCreate));
}

TEST_F(DirectoryTest, WhatChangesRightsRaisesTheGeneration) {
  Id id = add("user");
  auto generation = [&] { return dir_->account(id)->generation; };
  auto put = [&](const AccountChange& c) { return dir_->put_account("user", c, kChange).value().raised; };
  EXPECT_EQ(put({.quota_bytes = 1}), std::vector<Id>{});
  EXPECT_EQ(generation(), 1u);
  EXPECT_EQ(put({.credential = Credential{"$1$x", {}, {}}}), std::vector<Id>{id});
  EXPECT_EQ(generation(), 2u);
  EXPECT_EQ(put({.disabled = true}), std::vector<Id>{id});
  EXPECT_EQ(put({.disabled = true}), std::vector<Id>{});
  EXPECT_EQ(put({.disabled = false}), std::vector<Id>{});
  EXPECT_EQ(put({.admin = true}), std::vector<Id>{id});
  EXPECT_EQ(generation(), 4u);
  ASSERT_TRUE(dir_->put_group("staff", {"user"}, {}, kCreate));
  EXPECT_EQ(generation(), 5u);
  ASSERT_TRUE(dir_->put_group("staff", {"user"}, {}, kChange));
  EXPECT_EQ(generation(), 5u) << "nothing changed";
  ASSERT_TRUE(dir_->remove(Kind::group, "staff", false));
  EXPECT_EQ(generation(), 6u);
  auto out = dir_->outbox(100).value();
  ASSERT_EQ(out.size(), 5u);
  for (const OutboxItem& i : out) EXPECT_EQ(i.what, OutboxItem::What::revoke);
  EXPECT_EQ(out.back().generation, 6u);
}

TEST_F(DirectoryTest, ADeletedNameIsFreeAtOnceUnderANewId) {
  Id first = add("user");
  ASSERT_TRUE(dir_->put_group("staff", {"user"}, {}, kCreate));
  auto gone = dir_->remove(Kind::account, "User", false);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->id, first);
  EXPECT_EQ(reach("user"), V{"NOT_FOUND"});
  EXPECT_EQ(code(dir_->account(first)), "NOT_FOUND");
  EXPECT_EQ(dir_->show(Kind::group, "staff")->members, V{});
  Id second = add("user");
  EXPECT_GT(second, first);
  EXPECT_EQ(dir_->groups_of(second)->size(), 0u) << "the new one inherits nothing";
  auto out = dir_->outbox(100).value();
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out.back().what, OutboxItem::What::purge);
  EXPECT_EQ(out.back().account, first);
  for (const OutboxItem& i : out) EXPECT_TRUE(dir_->outbox_done(i.seq));
  EXPECT_TRUE(dir_->outbox(100)->empty());
  EXPECT_EQ(code(dir_->remove(Kind::account, "nobody", false)), "NOT_FOUND");
  EXPECT_EQ(code(dir_->remove(Kind::alias, "user", false)), "NOT_FOUND") << "it is an account";
}

TEST_F(DirectoryTest, DryRunsChangeNothing) {
  Id id = add("user");
  auto add_other = dir_->put_account("other", {}, {true, true});
  ASSERT_TRUE(add_other);
  EXPECT_EQ(add_other->what, "add account other@example.org");
  EXPECT_EQ(code(dir_->show(Kind::account, "other")), "NOT_FOUND");
  EXPECT_EQ(dir_->put_account("user", {.quota_bytes = 9}, {false, true})->what,
            "change account user@example.org: quota");
  EXPECT_EQ(dir_->account(id)->quota_bytes, 0u);
  EXPECT_EQ(dir_->put_account("user", {.quota_emails = 9, .quota_mailboxes = 3}, {false, true})->what,
            "change account user@example.org: quota of messages, quota of mailboxes");
  EXPECT_EQ(dir_->remove(Kind::account, "user", true)->what,
            "delete account user@example.org and all its mail");
  EXPECT_TRUE(dir_->account(id));
  EXPECT_TRUE(dir_->outbox(10)->empty());
  EXPECT_EQ(code(dir_->put_account("user", {}, {true, true})), "EXISTS")
      << "but finds what the real run would";
  EXPECT_EQ(add("next"), id + 1);
}

TEST_F(DirectoryTest, ResolvesAliasesWithDetail) {
  add("user");
  add("other");
  ASSERT_TRUE(dir_->put_alias("postmaster", {"user"}, kCreate));
  ASSERT_TRUE(
      dir_->put_alias("both", {"user+fixed", "OTHER@example.org", "someone@elsewhere.example"}, kCreate));
  EXPECT_EQ(reach("User+Lists@EXAMPLE.org"), V{"user@example.org+Lists"});
  EXPECT_EQ(reach("postmaster+Bounces"), V{"user@example.org+Bounces"});
  EXPECT_EQ(reach("both+x"),
            (V{"->someone+x@elsewhere.example", "other@example.org+x", "user@example.org+fixed"}));
  EXPECT_EQ(reach("nobody"), V{"NOT_FOUND"});
  EXPECT_EQ(reach("user@elsewhere.example"), V{"NOT_FOUND"}) << "not our domain";
  EXPECT_EQ(reach("not an address"), V{"NOT_FOUND"});
  EXPECT_EQ(code(dir_->put_alias("typo", {"usre"}, kCreate)), "NOT_FOUND");
  EXPECT_EQ(code(dir_->put_alias("none", {}, kCreate)), "INVALID");
  EXPECT_EQ(code(dir_->put_alias("user", {"other"}, kCreate)), "EXISTS");
  EXPECT_EQ(code(dir_->put_alias("many", std::vector<std::string>(kMaxAliasTargets + 1, "user"), kCreate)),
            "LIMIT");
  EXPECT_TRUE(dir_->put_alias("many", std::vector<std::string>(kMaxAliasTargets, "user"), kCreate));
  EXPECT_EQ(dir_->show(Kind::alias, "many")->members, V{"user@example.org"});
}

TEST_F(DirectoryTest, AnotherSeparatorIsTriedAfterTheWholeName) {
  add("mary");
  add("mary-jane");
  ASSERT_TRUE(dir_->set_rules({"example.org", '-'}));
  EXPECT_EQ(reach("mary-jane"), V{"mary-jane@example.org"});
  EXPECT_EQ(reach("mary-Lists"), V{"mary@example.org+lists"});
  EXPECT_EQ(reach("mary-jane-x"), V{"mary@example.org+jane-x"});
  EXPECT_EQ(reach("mary-"), V{"NOT_FOUND"});
  EXPECT_EQ(reach("mary+x"), V{"NOT_FOUND"});
  ASSERT_TRUE(dir_->set_rules({"example.org", '\0'}));
  EXPECT_EQ(reach("mary-lists"), V{"NOT_FOUND"});
  EXPECT_FALSE(dir_->set_rules({"not a domain", '+'}));
}

TEST_F(DirectoryTest, ResolvesListsGroupsAndEachAccountOnce) {
  for (const char* n : {"a", "b", "c"}) add(n);
  ASSERT_TRUE(dir_->put_group("staff", {"a", "b"}, "The staff", kCreate));
  ASSERT_TRUE(dir_->put_list("news", {"staff", "b", "c", "x@elsewhere.example"}, {}, kCreate));
  EXPECT_EQ(reach("staff"), (V{"a@example.org", "b@example.org"}));
  EXPECT_EQ(reach("news+x"), (V{"->x@elsewhere.example", "a@example.org", "b@example.org", "c@example.org"}));
  EXPECT_EQ(dir_->show(Kind::list, "news")->members,
            (V{"b@example.org", "c@example.org", "staff@example.org", "x@elsewhere.example"}));
  EXPECT_EQ(dir_->show(Kind::group, "staff")->description, "The staff");
  EXPECT_EQ(dir_->show(Kind::account, "a")->members, V{"staff@example.org"});
  ASSERT_TRUE(dir_->put_list("news", {"c"}, {}, kChange));
  EXPECT_EQ(reach("news"), V{"c@example.org"});
  ASSERT_TRUE(dir_->remove(Kind::account, "c", false));
  EXPECT_EQ(reach("news"), V{"NOT_FOUND"}) << "nobody is left";
  EXPECT_EQ(code(dir_->put_group("bad", {"news"}, {}, kCreate)), "NOT_FOUND")
      << "members of groups are accounts";
}

TEST_F(DirectoryTest, CirclesEnd) {
  add("user");
  ASSERT_TRUE(dir_->put_list("a", {}, {}, kCreate));
  ASSERT_TRUE(dir_->put_list("b", {"a", "user"}, {}, kCreate));
  ASSERT_TRUE(dir_->put_list("a", {"b", "a"}, {}, kChange));
  EXPECT_EQ(reach("a"), V{"user@example.org"});
  ASSERT_TRUE(dir_->put_list("b", {"a"}, {}, kChange));
  EXPECT_EQ(reach("a"), V{"NOT_FOUND"});
  EXPECT_EQ(code(dir_->put_alias("self", {"self"}, kCreate)), "NOT_FOUND");
}

TEST_F(DirectoryTest, DepthIsLimited) {
  add("user");
  std::string last = "user";
  for (std::size_t i = 0; i < kMaxResolveDepth; ++i) {
    std::string next = "a" + std::to_string(i);
    ASSERT_TRUE(dir_->put_alias(next, {last}, kCreate));
    last = next;
  }
  EXPECT_EQ(reach(last), V{"user@example.org"});
  ASSERT_TRUE(dir_->put_alias("deeper", {last}, kCreate));
  EXPECT_EQ(reach("deeper"), V{"LIMIT"});
}

TEST_F(DirectoryTest, LargeListsAreWhole) {
  std::vector<std::string> members;
  for (std::size_t i = 0; i < kMaxMembers; ++i)
    members.push_back("m" + std::to_string(i) + "@elsewhere.example");
  ASSERT_TRUE(dir_->put_list("big", members, {}, kCreate));
  EXPECT_EQ(dir_->resolve("big")->forwards.size(), kMaxMembers);
  EXPECT_EQ(dir_->show(Kind::list, "big")->members.size(), kMaxMembers);
  members.push_back("one@more.example");
  EXPECT_EQ(code(dir_->put_list("big", members, {}, kChange)), "LIMIT");
  ASSERT_TRUE(dir_->remove(Kind::list, "big", false));
  Id id = add("big");
  EXPECT_GT(id, 0u);
}

TEST_F(DirectoryTest, CatchAllTakesWhatNobodyElseDoes) {
  add("user");
  add("rest");
  ASSERT_TRUE(dir_->put_domain("example.org", {.catch_all = "rest"}, kChange));
  EXPECT_EQ(reach("user"), V{"user@example.org"});
  EXPECT_EQ(reach("anything+x"), V{"rest@example.org"});
  ASSERT_TRUE(dir_->put_domain("other.example", {.catch_all = "rest@example.org"}, kCreate));
  EXPECT_EQ(reach("x@other.example"), V{"rest@example.org"});
  ASSERT_TRUE(dir_->put_domain("example.org", {.catch_all = ""}, kChange));
  EXPECT_EQ(reach("anything"), V{"NOT_FOUND"});
  ASSERT_TRUE(dir_->put_domain("example.org", {.catch_all = "gone"}, kChange));
  EXPECT_EQ(reach("anything"), V{"NOT_FOUND"}) << "a catch-all that leads nowhere ends";
}

TEST_F(DirectoryTest, ListsPageThroughEverything) {
  ASSERT_TRUE(dir_->put_domain("a.example", {}, kCreate));
  std::size_t n = kPageRows + 200;
  for (std::size_t i = 0; i < n; ++i) add("u" + std::to_string(i));
  add("only@a.example");
  ASSERT_TRUE(dir_->put_alias("al", {"u1"}, kCreate));
  std::set<std::string> names;
  std::string after;
  do {
    auto page = dir_->list(Kind::account, "", after);
    ASSERT_TRUE(page);
    for (const Entry& e : page->entries) EXPECT_TRUE(names.insert(e.name).second);
    after = page->after;
  } while (!after.empty());
  EXPECT_EQ(names.size(), n + 1);
  EXPECT_EQ(dir_->list(Kind::account, "A.example", "")->entries.size(), 1u);
  EXPECT_EQ(code(dir_->list(Kind::account, "nowhere.example", "")), "NOT_FOUND");
  auto aliases = dir_->list(Kind::alias, "example.org", "");
  ASSERT_TRUE(aliases);
  // Pages are cut by rows looked at, so an alias may stand on a later page.
  std::size_t found = aliases->entries.size();
  while (!aliases->after.empty()) {
    aliases = dir_->list(Kind::alias, "example.org", aliases->after);
    found += aliases->entries.size();
  }
  EXPECT_EQ(found, 1u);
  auto domains = dir_->list(Kind::domain, "", "");
  ASSERT_EQ(domains->entries.size(), 2u);
  EXPECT_EQ(domains->entries[1].accounts, n);
}

TEST_F(DirectoryTest, ScramKeysAreAddedOnlyToTheSamePassword) {
  Id id = add("user");
  Credential c = make_credential("secret").value();
  ASSERT_TRUE(dir_->set_scram(id, 1, c));
  EXPECT_TRUE(dir_->login("user")->credential.has_scram());
  EXPECT_EQ(dir_->account(id)->generation, 1u);
  Credential other{"$1$other", {}, {}};
  ASSERT_TRUE(dir_->set_scram(id, 7, other));
  EXPECT_EQ(dir_->login("user")->credential.hash, c.hash) << "the password has changed since";
}

TEST(DirectoryOnDisk, KeepsAllAfterReopening) {
  char name[] = "/tmp/postern-directory-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  kv::BerkeleyOptions options;
  options.home = std::string(name) + "/directory";
  options.cache_bytes = 4u << 20;
  Id user = 0, gone = 0;
  {
    auto dir = Directory::open(kv::open_berkeley(options).value(), {"example.org"}).value();
    ASSERT_TRUE(dir->put_domain("example.org", {.catch_all = "user"}, kCreate));
    AccountChange c;
    c.credential = make_credential("secret").value();
    user = dir->put_account("user", c, kCreate)->id;
    gone = dir->put_account("gone", {}, kCreate)->id;
    ASSERT_TRUE(dir->put_group("staff", {"user"}, {}, kCreate));
    ASSERT_TRUE(dir->put_list("news", {"staff"}, {}, kCreate));
    ASSERT_TRUE(dir->remove(Kind::account, "gone", false));
    ASSERT_TRUE(dir->sync());
    EXPECT_TRUE(dir->synced());
  }
  {
    auto dir = Directory::open(kv::open_berkeley(options).value(), {"example.org"}).value();
    auto l = dir->login("user");
    ASSERT_TRUE(l);
    EXPECT_EQ(l->account.id, user);
    EXPECT_EQ(l->groups.size(), 1u);
    EXPECT_TRUE(verify("secret", l->credential.hash).value());
    EXPECT_TRUE(l->credential.has_scram());
    EXPECT_EQ(dir->resolve("news")->deliveries.size(), 1u);
    EXPECT_EQ(dir->resolve("whoever")->deliveries.front().account, user);
    EXPECT_EQ(dir->outbox(10)->size(), 2u);
    EXPECT_GT(dir->put_account("gone", {}, kCreate)->id, gone) << "ids are never used again";
  }
  std::filesystem::remove_all(name);
}

// Every entry of one directory, put into another as load does.
base::Result<int> copy(Directory& from, Directory& to) {
  int fresh = 0;
  for (Kind kind : {Kind::domain, Kind::account, Kind::alias, Kind::group, Kind::list}) {
    auto page = from.list(kind, {}, {});
    if (!page) return base::pass(page);
    for (const Entry& line : page->entries) {
      auto e = from.show(kind, line.name);
      if (!e) return base::pass(e);
      Credential c;
      if (kind == Kind::account) {
        c = from.login(line.name)->credential;
        e->members.clear();
      }
      auto put = to.load(*e, c);
      if (!put) return base::pass(put);
      fresh += *put;
    }
  }
  return fresh;
}

TEST_F(DirectoryTest, LoadedAsItWas) {
  Id a = add("a@example.org"), b = add("b@example.org"), gone = add("gone@example.org");
  ASSERT_TRUE(dir_->remove(Kind::account, "gone@example.org", false));
  ASSERT_TRUE(dir_->put_account("a@example.org", {.credential = make_credential("secret", {4096}).value()}, kChange));
  ASSERT_TRUE(dir_->put_alias("x@example.org", {"a@example.org", "y@elsewhere.example"}, kCreate));
  ASSERT_TRUE(dir_->put_alias("a2@example.org", {"x@example.org"}, kCreate));
  ASSERT_TRUE(dir_->put_group("g@example.org", {"a@example.org", "b@example.org"}, {}, kCreate));
  ASSERT_TRUE(dir_->put_list("l@example.org", {"g@example.org", "z@elsewhere.example"}, "all of us", kCreate));
  auto other = Directory::open(kv::open_memory(), {"example.org"}).value();
  EXPECT_EQ(copy(*dir_, *other).value(), 7);
  for (const char* name : {"a", "x", "a2", "g", "l"}) {
    auto old = reach(name);
    std::swap(dir_, other);
    EXPECT_EQ(reach(name), old) << name;
    std::swap(dir_, other);
  }
  EXPECT_EQ(other->account(a)->generation, dir_->account(a)->generation);
  EXPECT_EQ(other->groups_of(b).value(), dir_->groups_of(b).value());
  EXPECT_TRUE(verify_secret("secret", other->login("a")->credential.hash).value());
  EXPECT_TRUE(other->login("a")->credential.has_scram());
  // Once more: nothing is new.  An id that was given out is never given again.
  EXPECT_EQ(copy(*dir_, *other).value(), 0);
  auto next = other->put_account("new", {}, kCreate);
  ASSERT_TRUE(next);
  EXPECT_GT(next->id, gone);
  // Somebody else has the name, or the id; only his password may tell.
  Entry e = dir_->show(Kind::account, "b").value();
  e.members.clear();
  EXPECT_EQ(code(other->load(e, {.hash = "$y$j9T$abc"})), "EXISTS");
  e.id = 99;
  EXPECT_EQ(code(other->load(e, {})), "EXISTS");
  e.name = "c@example.org";
  e.id = a;
  EXPECT_EQ(code(other->load(e, {})), "EXISTS");
  e.id = 0;
  EXPECT_EQ(code(other->load(e, {})), "INVALID");
  e.id = UINT64_MAX;
  EXPECT_EQ(code(other->load(e, {})), "INVALID");
  e.id = 100;
  e.name = "C@example.org";
  EXPECT_EQ(code(other->load(e, {})), "INVALID");
  e.name = "c@nowhere.example";
  EXPECT_EQ(code(other->load(e, {})), "NOT_FOUND");
  // The end of the audit log is kept beside, also in a directory that has nothing else yet.
  auto empty = Directory::open(kv::open_memory(), {"example.org"}).value();
  EXPECT_EQ(empty->audit_head().value(), "");
  ASSERT_TRUE(empty->set_audit_head("end"));
  EXPECT_EQ(empty->audit_head().value(), "end");
  EXPECT_TRUE(empty->put_domain("example.org", {}, kCreate));
}

TEST(Rows, AnyCutOrForeignRowIsCorrupt) {
  Account a{7, "user@example.org", 3, 1000, "Desc", "UTC", true, false, 1'700'000'000, 5000, 20};
  std::string good = encode(a);
  Account back;
  ASSERT_TRUE(decode(good, back));
  EXPECT_EQ(back.name, a.name);
  EXPECT_TRUE(back.disabled);
  EXPECT_EQ(back.quota_emails, 5000u);
  EXPECT_EQ(back.quota_mailboxes, 20u);
  // Version 1 had no such quotas: its rows end before them.
  std::string first = good.substr(0, good.size() - 3);
  first[0] = 1;
  ASSERT_TRUE(decode(first, back));
  EXPECT_EQ(back.quota_bytes, 1000u);
  EXPECT_EQ(back.quota_emails, 0u);
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto r = decode(std::string_view(good).substr(0, i), back);
    ASSERT_FALSE(r) << i;
    EXPECT_EQ(r.error().fault, base::Fault::corrupt);
  }
  EXPECT_FALSE(decode(good + "x", back));
  std::string later = good;
  later[0] = 3;
  EXPECT_FALSE(decode(later, back)) << "version + 1";
  Alias alias;
  Group group;
  Credential credential;
  EXPECT_FALSE(decode(good, alias));
  EXPECT_FALSE(decode(good, group));
  std::string c =
      encode(Credential{"$y$x", ScramKeys{4096, "salt", std::string(32, 'a'), std::string(32, 'b')}, {}});
  EXPECT_TRUE(decode(c, credential));
  for (std::size_t i = 0; i < c.size(); ++i)
    EXPECT_FALSE(decode(std::string_view(c).substr(0, i), credential));
}

TEST_F(DirectoryTest, ADeletedAccountComesBack) {
  Credential secret{.hash = "$y$j9T$abc"};
  Id id = dir_->put_account("eve", {.credential = secret, .quota_bytes = 99, .description = "E"}, kCreate)->id;
  add("other");
  ASSERT_TRUE(dir_->put_group("team", {"eve", "other"}, std::nullopt, kCreate));
  ASSERT_TRUE(dir_->put_group("gone", {"eve"}, std::nullopt, kCreate));
  auto before = dir_->login("eve").value();
  EXPECT_EQ(code(dir_->undelete("eve", 0, "", false)), "NOT_FOUND");
  ASSERT_TRUE(dir_->remove(Kind::account, "eve", false));
  ASSERT_TRUE(dir_->remove(Kind::group, "gone", false));
  EXPECT_EQ(code(dir_->account(id)), "NOT_FOUND");
  auto deleted = dir_->list_deleted("").value().entries;
  ASSERT_EQ(deleted.size(), 1u);
  EXPECT_EQ(deleted[0].name, "eve@example.org");
  EXPECT_EQ(deleted[0].id, id);
  EXPECT_GT(deleted[0].deleted, 0);

  EXPECT_EQ(dir_->undelete("Eve", 0, "", true)->what, "restore account eve@example.org");
  EXPECT_EQ(code(dir_->login("eve")), "NOT_FOUND");
  auto back = dir_->undelete("Eve", 0, "", false);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, id);
  auto after = dir_->login("eve").value();
  EXPECT_EQ(after.account.id, id);
  EXPECT_EQ(after.account.quota_bytes, 99u);
  EXPECT_EQ(after.credential.hash, secret.hash);
  EXPECT_GT(after.account.generation, before.account.generation);   // old sessions stay out
  EXPECT_EQ(dir_->show(Kind::account, "eve")->members, V{"team@example.org"});
  EXPECT_EQ(dir_->show(Kind::group, "team")->members.size(), 2u);
  EXPECT_TRUE(dir_->list_deleted("").value().entries.empty());
  auto last = dir_->outbox(100)->back();
  EXPECT_EQ(last.what, OutboxItem::What::restore);
  EXPECT_EQ(last.account, id);
  EXPECT_EQ(last.generation, after.account.generation);
}

TEST_F(DirectoryTest, ADeletedAccountWhoseNameWasTakenComesBackUnderAnother) {
  Id first = add("eve");
  ASSERT_TRUE(dir_->remove(Kind::account, "eve", false));
  Id second = add("eve");
  ASSERT_TRUE(dir_->remove(Kind::account, "eve", false));
  add("eve");
  auto taken = dir_->undelete("eve", 0, "", false);
  EXPECT_EQ(code(taken), "EXISTS");
  EXPECT_NE(taken.error().what.find("--as"), std::string::npos);
  EXPECT_EQ(dir_->undelete("", first, "eve.old", false)->name, "eve.old@example.org");
  EXPECT_EQ(dir_->undelete("eve", 0, "eve.new", false)->id, second);
  EXPECT_EQ(dir_->login("eve.old")->account.id, first);
  EXPECT_EQ(code(dir_->undelete("", first, "", false)), "NOT_FOUND");
  EXPECT_EQ(code(dir_->undelete("not a name", 0, "", false)), "INVALID");
}

TEST_F(DirectoryTest, DeletedAccountsAreLoadedAsSuch) {
  Credential secret{.hash = "$y$j9T$abc"};
  Id id = dir_->put_account("eve", {.credential = secret, .quota_bytes = 99, .quota_emails = 8, .quota_mailboxes = 7}, kCreate)->id;
  add("other");
  ASSERT_TRUE(dir_->put_group("team", {"eve", "other"}, std::nullopt, kCreate));
  ASSERT_TRUE(dir_->put_group("gone", {"eve"}, std::nullopt, kCreate));
  EXPECT_EQ(code(dir_->show_deleted(id)), "NOT_FOUND");
  ASSERT_TRUE(dir_->remove(Kind::account, "eve", false));
  ASSERT_TRUE(dir_->remove(Kind::group, "gone", false));
  auto [entry, credential] = dir_->show_deleted(id).value();
  EXPECT_EQ(entry.members, V{"team@example.org"});
  EXPECT_EQ(credential.hash, secret.hash);

  auto other = Directory::open(kv::open_memory(), {"example.org"}).value();
  ASSERT_TRUE(copy(*dir_, *other));
  EXPECT_TRUE(other->load(entry, credential).value());
  EXPECT_FALSE(other->load(entry, credential).value());     // it is there
  EXPECT_EQ(code(other->login("eve")), "NOT_FOUND");
  auto there = other->list_deleted("").value().entries;
  ASSERT_EQ(there.size(), 1u);
  EXPECT_EQ(there[0].deleted, entry.deleted);
  EXPECT_EQ(there[0].quota_mailboxes, 7u);
  EXPECT_GT(other->put_account("eve", {}, kCreate)->id, id);   // the name is free, the id is not
  Entry living = entry;
  living.deleted = 0;
  living.members.clear();
  living.name = "third@example.org";
  EXPECT_EQ(code(other->load(living, credential)), "EXISTS");
  Entry wrong = entry;
  wrong.deleted = 1;
  EXPECT_EQ(code(other->load(wrong, credential)), "EXISTS");
  wrong.id = dir_->login("other")->account.id;
  EXPECT_EQ(code(other->load(wrong, credential)), "EXISTS");
  wrong.kind = Kind::alias;
  EXPECT_EQ(code(other->load(wrong, credential)), "INVALID");

  EXPECT_EQ(other->undelete("", id, "eve.old", false)->id, id);
  auto back = other->login("eve.old").value();
  EXPECT_EQ(back.credential.hash, secret.hash);
  EXPECT_EQ(back.account.quota_emails, 8u);
  EXPECT_EQ(back.account.generation, entry.generation + 1);
  EXPECT_EQ(other->show(Kind::account, "eve.old")->members, V{"team@example.org"});
}

TEST_F(DirectoryTest, ADeletedAccountIsForgottenInTime) {
  add("eve");
  ASSERT_TRUE(dir_->remove(Kind::account, "eve", false));
  std::int64_t when = dir_->list_deleted("")->entries[0].deleted;
  ASSERT_TRUE(dir_->forget_deleted(when));
  EXPECT_EQ(dir_->list_deleted("")->entries.size(), 1u);
  ASSERT_TRUE(dir_->forget_deleted(when + 1));
  EXPECT_EQ(code(dir_->undelete("eve", 0, "", false)), "NOT_FOUND");
}

}  // namespace
}  // namespace postern::auth
