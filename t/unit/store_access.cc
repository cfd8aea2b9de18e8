// Every verb by every kind of ticket, for the own account and for another's.
#include "store_test.h"

namespace postern::store {
namespace {

// What may call what, written down a second time: u user, d deliver, i index, a admin.
const std::map<std::string, std::string> kAllowed = {
    {"get_account", "uia"},   {"list_mailboxes", "udia"}, {"create_mailbox", "ud"}, {"update_mailbox", "u"},
    {"delete_mailbox", "u"},  {"select_mailbox", "u"},    {"get_sheet", "uia"},      {"get_delta", "ui"},
    {"get_emails", "uia"},     {"add_emails", "ud"},       {"store_flags", "u"},     {"copy_emails", "u"},
    {"expunge", "u"},         {"update_emails", "u"},     {"get_threads", "ui"},    {"get_changes", "ui"},
    {"put_blob", "ua"},        {"get_blobs", "uia"},        {"watch", "ui"},          {"list_accounts", "ia"},
    {"set_acl", "u"},         {"get_metadata", "udia"},    {"set_metadata", "ua"},   {"list_shared", "u"},
    {"add_batch", "u"},       {"sign_url", "u"},          {"reset_url_keys", "u"},  {"fetch_url", "u"},
    {"store_annotations", "u"},
    {"list_deleted", "ua"},   {"undelete", "ua"},         {"check_account", "a"},   {"upgrade_store", "a"},
    {"collect_blobs", "a"},   {"base_copy", "a"},
    {"delete_account", "a"},  {"revoke", "a"},            {"checkpoint", "a"},      {"get_stats", "a"},
    {"get_rest", "a"},
    {"load_account", "a"},    {"get_scripts", "udia"},    {"put_script", "ua"},     {"delete_script", "ua"},
    {"activate_script", "ua"}, {"set_vacation", "ua"},    {"get_marks", "ud"},      {"take_marks", "ud"},
};

Principal principal(char kind, std::uint64_t account) {
  Principal p = World::user(account);
  p.kind = kind == 'u' ? Kind::user : kind == 'd' ? Kind::deliver : kind == 'i' ? Kind::index : Kind::admin;
  if (kind == 'i' || kind == 'a') p.id = p.account = 0;
  return p;
}

TEST(StoreAccess, EveryVerbOfTheProtocolIsInTheTable) {
  const auto* d = &stored::Request::default_instance();
  (void)d;
  EXPECT_EQ(verbs().size(), kAllowed.size());
  for (const Verb& v : verbs()) {
    EXPECT_TRUE(kAllowed.contains(std::string(v.name))) << v.name;
    EXPECT_EQ(find_verb(v.number), &v);
  }
  EXPECT_EQ(find_verb(stored::Request::VERB_NOT_SET), nullptr);
}

TEST(StoreAccess, VerbsByKinds) {
  for (const Verb& v : verbs())
    for (char kind : std::string("udia")) {
      bool allowed = kAllowed.at(std::string(v.name)).find(kind) != std::string::npos;
      Revocations none;
      auto own = may(principal(kind, 5), v, 5, none);
      EXPECT_EQ(own.has_value(), allowed) << v.name << " " << kind;
      if (!own) EXPECT_EQ(own.error().code, "DENIED");
      // Another's account, whether it exists or not; account 0 to nobody.
      if (!v.needs_account) continue;
      bool sees_all = kind == 'i' || kind == 'a';
      bool may_share = kind == 'u' && v.needs != kOwnerOnly;  // then the mailbox decides: store_sharing.cc
      EXPECT_EQ(may(principal(kind, 5), v, 6, none).has_value(), allowed && (sees_all || may_share))
          << v.name << " " << kind;
      bool store_too = kind == 'a' && v.store_too;
      EXPECT_EQ(may(principal(kind, 5), v, 0, none).has_value(), store_too) << v.name << " " << kind;
      if (kind != 'u' || !may_share)
        EXPECT_EQ(may(principal(kind, 0), v, 0, none).has_value(), store_too) << v.name << " " << kind;
    }
}

TEST(StoreAccess, ForeignAccountIsDeniedByEveryVerbWithoutATrace) {
  World w;
  w.info(2);
  for (const Verb& v : verbs()) {
    if (!v.needs_account) continue;
    Call call;
    call.who = World::user(1);
    call.request.set_account(2);
    // An empty message of the right kind is enough: access is decided before the verb looks.
    std::string tag;
    base::put_varint(tag, static_cast<std::uint64_t>(v.number) << 3 | 2);
    tag += '\0';
    stored::Request r;
    ASSERT_TRUE(r.ParseFromString(call.request.SerializeAsString() + tag));
    ASSERT_EQ(r.verb_case(), v.number);
    call.request = r;
    EXPECT_EQ(code(w.run(call)), "DENIED") << v.name;
    EXPECT_TRUE(call.changed.empty());
  }
  // Targets are checked one by one.
  auto r = w.request(1);
  *r.mutable_add_emails() = World::message("x");
  r.mutable_add_emails()->add_targets()->set_account(2);
  r.mutable_add_emails()->add_targets()->set_account(1);
  Call call;
  call.who = World::deliver(1);
  call.targets = {World::deliver(1), World::deliver(1)};
  call.request = r;
  auto reply = w.run(call);
  ASSERT_EQ(reply.added().results_size(), 2);
  EXPECT_EQ(reply.added().results(0).error().code(), "DENIED");
  EXPECT_FALSE(reply.added().results(1).has_error());
  EXPECT_EQ(w.info(2).used_emails(), 0u);
  EXPECT_EQ(w.info(1).used_emails(), 1u);
}

TEST(StoreAccess, RevokedTicketsAreVoidAlsoAfterARestart) {
  for (bool berkeley : {false, true}) {
    World w(berkeley);
    Principal old = World::user(1);
    old.generation = 3;
    auto get = w.request();
    get.mutable_get_account();
    EXPECT_EQ(code(w.run(get, old)), "");
    stored::Request r;
    r.mutable_revoke()->set_principal(1);
    r.mutable_revoke()->set_generation(4);
    Call call;
    call.who = World::admin();
    call.request = r;
    w.run(call);
    ASSERT_EQ(call.revoked.size(), 1u);
    EXPECT_EQ(call.revoked[0].modseq, 4u);
    EXPECT_EQ(code(w.run(get, old)), "TICKET");
    w.reopen();
    EXPECT_EQ(code(w.run(get, old)), "TICKET");
    old.generation = 4;
    EXPECT_EQ(code(w.run(get, old)), "");
    // It never goes back.
    r.mutable_revoke()->set_generation(2);
    w.run(r, World::admin());
    old.generation = 3;
    EXPECT_EQ(code(w.run(get, old)), "TICKET");
  }
}

}  // namespace
}  // namespace postern::store
