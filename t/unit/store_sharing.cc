// Sharing: every verb by every right of somebody who is not the owner, and the side doors.
#include "store/keys.h"
#include "store/limits.h"
#include "store_test.h"

namespace postern::store {
namespace {

using model::Rights;
namespace m = model;

constexpr std::uint64_t kOwner = 1, kSharer = 2, kGroup = 90;

class Sharing : public testing::Test {
 protected:
  void SetUp() override {
    w.info(kOwner);
    box = create("Work", 0);
    secret = create("Secret", 0);
    email = w.add(World::message("body", "hello"), box).email();
    hidden = w.add(World::message("other", "hidden"), secret).email();
  }
  std::uint32_t create(const std::string& name, std::uint32_t parent) {
    auto r = w.request();
    r.mutable_create_mailbox()->set_parent(parent);
    r.mutable_create_mailbox()->add_path(name);
    return w.run(r).created().id();
  }
  static Principal sharer() {
    Principal p = World::user(kSharer);
    p.groups = {kGroup};
    return p;
  }
  stored::Reply grant(std::uint32_t mailbox, std::uint64_t who, Rights rights, bool negative = false,
                      stored::SetAcl::Mode mode = stored::SetAcl::SET) {
    auto r = w.request();
    auto& acl = *r.mutable_set_acl();
    acl.set_mailbox(mailbox);
    acl.set_principal(who);
    acl.set_rights(rights);
    acl.set_negative(negative);
    acl.set_mode(mode);
    return w.run(r);
  }
  // A request of the sharer; targets of AddEmails are his too.
  stored::Reply as_sharer(const stored::Request& r) {
    Call call;
    call.who = sharer();
    for (int i = 0; i < r.add_emails().targets_size(); ++i) call.targets.emplace_back(sharer());
    for (int i = 0; i < r.watch().accounts_size(); ++i) call.targets.emplace_back(sharer());
    call.request = r;
    auto reply = w.run(call);
    if (reply.has_added() && reply.added().results_size() && reply.added().results(0).has_error()) {
      stored::Reply out;
      *out.mutable_error() = reply.added().results(0).error();
      return out;
    }
    return reply;
  }
  std::vector<std::string> names(m::Flags flags) {
    auto info = w.info();
    return m::imap_names(flags, {info.keywords().begin(), info.keywords().end()});
  }
  // The verb's usual request about `mailbox`.
  stored::Request ask(stored::Request::VerbCase verb, std::uint32_t mailbox) {
    auto r = w.request();
    switch (verb) {
      case stored::Request::kGetAccount: r.mutable_get_account(); break;
      case stored::Request::kListMailboxes: r.mutable_list_mailboxes()->add_ids(mailbox); break;
      case stored::Request::kCreateMailbox:
        r.mutable_create_mailbox()->set_parent(mailbox);
        r.mutable_create_mailbox()->add_path("new" + std::to_string(++made));
        break;
      case stored::Request::kUpdateMailbox:
        r.mutable_update_mailbox()->set_id(mailbox);
        r.mutable_update_mailbox()->set_name("renamed" + std::to_string(++made));
        break;
      case stored::Request::kDeleteMailbox: r.mutable_delete_mailbox()->set_id(mailbox); break;
      case stored::Request::kSelectMailbox: r.mutable_select_mailbox()->set_mailbox(mailbox); break;
      case stored::Request::kGetSheet: r.mutable_get_sheet()->set_mailbox(mailbox); break;
      case stored::Request::kGetDelta: r.mutable_get_delta()->set_mailbox(mailbox); break;
      case stored::Request::kGetEmails:
        r.mutable_get_emails()->set_mailbox(mailbox);
        r.mutable_get_emails()->add_uids(1);
        r.mutable_get_emails()->set_email(true);
        break;
      case stored::Request::kAddEmails:
        *r.mutable_add_emails() = World::message("added");
        r.mutable_add_emails()->add_targets()->set_account(kOwner);
        r.mutable_add_emails()->mutable_targets(0)->add_mailboxes(mailbox);
        break;
      case stored::Request::kAddBatch: {
        auto message = World::message("batch");
        auto& one = *r.mutable_add_batch()->add_messages();
        one.set_body(message.body());
        one.set_wire(message.wire());
        one.set_content(message.content());
        r.mutable_add_batch()->set_mailbox(mailbox);
        break;
      }
      case stored::Request::kStoreFlags:
        r.mutable_store_flags()->set_mailbox(mailbox);
        r.mutable_store_flags()->add_uid_ranges(1);
        r.mutable_store_flags()->add_uid_ranges(1);
        r.mutable_store_flags()->set_unchanged_since(UINT64_MAX);
        break;
      case stored::Request::kStoreAnnotations: {
        auto& s = *r.mutable_store_annotations();
        s.set_mailbox(mailbox);
        s.add_uid_ranges(1);
        s.add_uid_ranges(1);
        s.set_unchanged_since(UINT64_MAX);
        s.add_annotations()->set_entry("/comment");
        s.mutable_annotations(0)->set_value("x");
        break;
      }
      case stored::Request::kCopyEmails:
        r.mutable_copy_emails()->set_from(mailbox);
        r.mutable_copy_emails()->set_to(mailbox);
        r.mutable_copy_emails()->add_uid_ranges(1);
        r.mutable_copy_emails()->add_uid_ranges(1);
        break;
      case stored::Request::kExpunge:
        r.mutable_expunge()->set_mailbox(mailbox);
        r.mutable_expunge()->set_all_deleted(true);
        break;
      case stored::Request::kWatch: r.mutable_watch()->add_accounts()->set_account(kOwner); break;
      case stored::Request::kSetAcl:
        r.mutable_set_acl()->set_mailbox(mailbox);
        r.mutable_set_acl()->set_principal(77);
        r.mutable_set_acl()->set_rights(m::kLookup);
        break;
      case stored::Request::kGetMetadata: r.mutable_get_metadata()->set_mailbox(mailbox); break;
      case stored::Request::kSetMetadata: {
        r.mutable_set_metadata()->set_mailbox(mailbox);
        auto& e = *r.mutable_set_metadata()->add_entries();
        e.set_entry("/private/comment");
        e.set_value("x");
        break;
      }
      default: {
        std::string tag;
        base::put_varint(tag, static_cast<std::uint64_t>(verb) << 3 | 2);
        tag += '\0';
        EXPECT_TRUE(r.ParseFromString(r.SerializeAsString() + tag));
      }
    }
    return r;
  }

  World w;
  std::uint32_t box = 0, secret = 0;
  std::uint64_t email = 0, hidden = 0;
  int made = 0;
};

// Written down a second time: the rights that a request as ask() makes it needs, or "-" for what a sharer never may.
const std::map<std::string, std::string> kNeeds = {
    {"get_account", ""},    {"list_mailboxes", ""}, {"create_mailbox", "k"}, {"update_mailbox", "-"},
    {"delete_mailbox", "x"}, {"select_mailbox", "r"}, {"get_sheet", "r"},     {"get_delta", "r"},
    {"get_emails", "r"},    {"add_emails", "i"},    {"add_batch", "i"},      {"store_flags", "r"},    {"copy_emails", "risw"},
    {"expunge", "e"},       {"update_emails", "-"}, {"get_threads", "-"},    {"get_changes", "-"},
    {"put_blob", "-"},      {"get_blobs", "-"},     {"watch", ""},           {"set_acl", "a"},
    {"get_metadata", "lr"}, {"set_metadata", "lr"}, {"list_shared", "-"},    {"undelete", "-"},
    {"sign_url", "-"},      {"reset_url_keys", "-"}, {"fetch_url", "-"},  // who has no token
    {"store_annotations", "r"},
    {"get_scripts", "-"},   {"put_script", "-"},    {"delete_script", "-"},  {"activate_script", "-"},
    {"set_vacation", "-"},  {"get_marks", "-"},     {"take_marks", "-"},
};

// What a verb answers without saying a word about a mailbox.
bool empty_handed(const stored::Reply& r) {
  if (r.has_delta()) return r.delta().gone();
  if (r.has_mailboxes()) return r.mailboxes().mailboxes_size() == 0;
  return false;
}

TEST_F(Sharing, EveryVerbNeedsItsRightsAndNoMore) {
  for (const Verb& v : verbs()) {
    bool of_account = v.needs_account || v.number == stored::Request::kAddEmails ||
                      v.number == stored::Request::kWatch;
    if (!of_account || !(v.kinds & static_cast<std::uint8_t>(Kind::user))) continue;
    ASSERT_TRUE(kNeeds.contains(std::string(v.name))) << v.name << ": say what a sharer needs for it";
    const std::string& needs = kNeeds.at(std::string(v.name));
    std::uint32_t target = create("t" + std::string(v.name), 0);
    w.add(World::message("body of " + std::string(v.name)), target);
    // The others keep the account in sight.
    grant(box, kSharer, m::kLookup);
    if (needs == "-") {
      grant(target, kSharer, m::kAllRights);
      EXPECT_NE(code(as_sharer(ask(v.number, target))), "") << v.name << " with all rights";
      continue;
    }
    Rights need = *m::parse_rights(needs);
    grant(target, kSharer, m::kAllRights & ~need);
    auto without = as_sharer(ask(v.number, target));
    if (need) EXPECT_TRUE(code(without) == "DENIED" || code(without) == "NOT_FOUND" || empty_handed(without)) << v.name;
    for (Rights one = 1; one <= need; one <<= 1) {
      if (!(need & one)) continue;
      grant(target, kSharer, need & ~one);
      auto reply = as_sharer(ask(v.number, target));
      EXPECT_TRUE(!code(reply).empty() || empty_handed(reply)) << v.name << " without " << m::format_rights(one);
    }
    grant(target, kSharer, need);
    EXPECT_EQ(code(as_sharer(ask(v.number, target))), "") << v.name;
  }
}

TEST_F(Sharing, WhatIsNotSharedLooksAsIfItWereNotThere) {
  // Of the account nothing is shared: as of one that does not exist.
  for (const Verb& v : verbs()) {
    if (!v.needs_account || !(v.kinds & static_cast<std::uint8_t>(Kind::user))) continue;
    auto there = ask(v.number, box), nowhere = there;
    nowhere.set_account(4711);
    auto a = as_sharer(there), b = as_sharer(nowhere);
    EXPECT_EQ(a.SerializeAsString(), b.SerializeAsString()) << v.name;
    EXPECT_EQ(code(a), "DENIED") << v.name;
  }
  // One mailbox is shared: the others are as numbers that no mailbox has.
  grant(box, kSharer, m::kAllRights);
  for (const Verb& v : verbs()) {
    if (!v.needs_account || !(v.kinds & static_cast<std::uint8_t>(Kind::user))) continue;
    auto a = as_sharer(ask(v.number, secret)), b = as_sharer(ask(v.number, 4711));
    a.mutable_mailboxes()->clear_not_found();
    b.mutable_mailboxes()->clear_not_found();
    EXPECT_EQ(a.SerializeAsString(), b.SerializeAsString()) << v.name;
  }
  EXPECT_EQ(w.mailbox(secret).name(), "Secret");
  EXPECT_EQ(w.mailbox(secret).rows(), 1u);
}

// Of another's scripts: the one that a mailbox names for IMAP events, to who may read there, and nothing else.
TEST_F(Sharing, TheScriptThatAMailboxNames) {
  auto put = w.request();
  put.mutable_put_script()->set_name("events");
  put.mutable_put_script()->set_text("keep;");
  put.mutable_put_script()->set_activate(true);
  ASSERT_EQ(code(w.run(put)), "");
  auto set = w.request();
  set.mutable_set_metadata()->set_mailbox(box);
  auto& e = *set.mutable_set_metadata()->add_entries();
  e.set_entry("/shared/imapsieve/script");
  e.set_value("events");
  ASSERT_EQ(code(w.run(set)), "");
  grant(box, kSharer, m::kLookup | m::kRead);
  auto r = w.request();
  r.mutable_get_scripts()->set_name("events");
  r.mutable_get_scripts()->set_text(true);
  auto got = as_sharer(r);
  ASSERT_EQ(got.scripts().scripts_size(), 1);
  EXPECT_EQ(got.scripts().text(), "keep;");
  EXPECT_EQ(got.scripts().active(), 0u);
  EXPECT_EQ(got.scripts().max_scripts(), 0u);
  for (auto choose : {+[](stored::GetScripts& g) { g.set_name("other"); }, +[](stored::GetScripts& g) { g.set_id(1); },
                      +[](stored::GetScripts& g) { g.set_active(true); }, +[](stored::GetScripts&) {}}) {
    auto other = w.request();
    choose(*other.mutable_get_scripts());
    EXPECT_EQ(code(as_sharer(other)), "DENIED");
  }
  grant(box, kSharer, m::kLookup | m::kInsert);
  EXPECT_EQ(code(as_sharer(r)), "DENIED");
}

// The server's annotation counts where the mailbox has none of its own.
TEST_F(Sharing, TheScriptThatTheServerNames) {
  auto put = w.request();
  put.mutable_put_script()->set_name("events");
  put.mutable_put_script()->set_text("keep;");
  ASSERT_EQ(code(w.run(put)), "");
  auto annotate = [&](std::uint64_t account, std::uint32_t mailbox, const std::string& value, const Principal& who) {
    auto r = w.request(account);
    r.mutable_set_metadata()->set_mailbox(mailbox);
    auto& e = *r.mutable_set_metadata()->add_entries();
    e.set_entry("/shared/imapsieve/script");
    e.set_value(value);
    EXPECT_EQ(code(w.run(r, who)), "");
  };
  grant(box, kSharer, m::kLookup | m::kRead);
  auto r = w.request();
  r.mutable_get_scripts()->set_name("events");
  EXPECT_EQ(code(as_sharer(r)), "DENIED");
  annotate(0, 0, "events", World::admin());
  EXPECT_EQ(as_sharer(r).scripts().scripts_size(), 1);
  annotate(kOwner, box, "", World::user(kOwner));
  EXPECT_EQ(code(as_sharer(r)), "DENIED");
}

TEST_F(Sharing, RightsAddUpAndNegativeOnesTakeAway) {
  records::Mailbox rec;
  auto give = [&](std::uint64_t who, Rights r, bool negative = false) {
    auto& g = *rec.add_acl();
    g.set_principal(who);
    g.set_rights(r);
    g.set_negative(negative);
  };
  EXPECT_EQ(rights_in(sharer(), kOwner, rec), 0u);
  EXPECT_EQ(rights_in(World::user(kOwner), kOwner, rec), m::kAllRights);
  give(kSharer, m::kLookup);
  give(kGroup, m::kRead);
  give(m::kAnyone, m::kPost);
  give(91, m::kAdminister);
  EXPECT_EQ(rights_in(sharer(), kOwner, rec), m::kLookup | m::kRead | m::kPost);
  give(kGroup, m::kPost, true);
  EXPECT_EQ(rights_in(sharer(), kOwner, rec), m::kLookup | m::kRead);
  give(m::kAnyone, m::kLookup, true);
  EXPECT_EQ(rights_in(sharer(), kOwner, rec), m::kRead);
  EXPECT_EQ(rights_in(World::user(kOwner), kOwner, rec), m::kAllRights) << "nothing is taken from the owner";
}

TEST_F(Sharing, EmailsAreSeenThroughReadableMailboxesOnly) {
  grant(box, kSharer, m::kLookup | m::kRead);
  // The same email stands in a mailbox that is not shared, too.
  auto copy = w.request();
  copy.mutable_copy_emails()->set_from(box);
  copy.mutable_copy_emails()->set_to(secret);
  copy.mutable_copy_emails()->add_uid_ranges(1);
  copy.mutable_copy_emails()->add_uid_ranges(1);
  w.run(copy);
  auto r = w.request();
  r.mutable_get_emails()->add_ids(email);
  r.mutable_get_emails()->add_ids(hidden);
  r.mutable_get_emails()->set_email(true);
  auto reply = as_sharer(r);
  ASSERT_EQ(reply.emails().emails_size(), 1);
  EXPECT_EQ(reply.emails().emails(0).id(), email);
  ASSERT_EQ(reply.emails().emails(0).email().places_size(), 1);
  EXPECT_EQ(reply.emails().emails(0).email().places(0).mailbox(), box);
  r.mutable_get_emails()->set_email(false);
  r.mutable_get_emails()->set_wire(true);
  EXPECT_EQ(as_sharer(r).emails().emails_size(), 1);
  // All of the account is the owner's.
  auto sheet = w.request();
  sheet.mutable_get_sheet();
  EXPECT_EQ(code(as_sharer(sheet)), "DENIED");
}

TEST_F(Sharing, BlobsAndIdentitiesAreNoSideDoor) {
  grant(box, kSharer, m::kLookup | m::kRead | m::kInsert);
  auto r = ask(stored::Request::kAddEmails, box);
  r.mutable_add_emails()->clear_body();
  r.mutable_add_emails()->set_blob(std::string(base::view(base::sha256("other"))));
  EXPECT_EQ(code(as_sharer(r)), "NOT_FOUND");
  // What the owner added under an identity is not found by it.
  auto own = w.request();
  *own.mutable_add_emails() = World::message("mine");
  auto& t = *own.mutable_add_emails()->add_targets();
  t.set_account(kOwner);
  t.add_mailboxes(secret);
  t.set_identity("id");
  auto mine = w.run(own).added().results(0);
  auto his = ask(stored::Request::kAddEmails, box);
  his.mutable_add_emails()->mutable_targets(0)->set_identity("id");
  auto added = as_sharer(his).added().results(0);
  EXPECT_FALSE(added.existed());
  EXPECT_NE(added.email(), mine.email());
  // His own is, but says no more than he asked for.
  added = as_sharer(his).added().results(0);
  EXPECT_TRUE(added.existed());
  ASSERT_EQ(added.places_size(), 1);
  EXPECT_EQ(added.places(0).mailbox(), box);
}

TEST_F(Sharing, ReplacingNeedsTheRightsOfAMoveInto) {
  std::uint32_t other = create("Other", 0);
  auto replace = [&](std::string_view there, std::string_view here) {
    grant(other, kSharer, *m::parse_rights(there));
    grant(box, kSharer, *m::parse_rights(here));
    auto r = ask(stored::Request::kAddBatch, other);
    r.mutable_add_batch()->set_replace_mailbox(box);
    r.mutable_add_batch()->set_replace_uid(1);
    return code(as_sharer(r));
  };
  EXPECT_EQ(replace("li", "lrt"), "DENIED");
  EXPECT_EQ(replace("l", "lrte"), "DENIED");
  EXPECT_EQ(w.mailbox(box).rows(), 1u);
  EXPECT_EQ(replace("li", "lrte"), "");
  EXPECT_EQ(w.mailbox(box).rows(), 0u);
  EXPECT_EQ(w.mailbox(other).rows(), 1u);
}

TEST_F(Sharing, FlagsNeedTheirRights) {
  auto store = [&](stored::StoreFlags::Mode mode, std::vector<std::string> flags) {
    auto r = ask(stored::Request::kStoreFlags, box);
    r.mutable_store_flags()->set_mode(mode);
    for (auto& f : flags) r.mutable_store_flags()->add_flags(f);
    return as_sharer(r);
  };
  auto now = [&] {
    return names(w.sheet(box)->flags(0));
  };
  using F = std::vector<std::string>;
  grant(box, kSharer, m::kLookup | m::kRead | m::kKeepSeen);
  EXPECT_EQ(code(store(stored::StoreFlags::ADD, {"\\Flagged"})), "DENIED");
  EXPECT_EQ(code(store(stored::StoreFlags::ADD, {"\\Deleted"})), "DENIED");
  EXPECT_EQ(code(store(stored::StoreFlags::ADD, {"new-word"})), "DENIED");
  EXPECT_EQ(w.info().keywords_size(), 0) << "a keyword needs w too";
  EXPECT_EQ(code(store(stored::StoreFlags::ADD, {"\\Seen", "\\Flagged"})), "");
  EXPECT_EQ(now(), F{"\\Seen"});
  grant(box, kSharer, m::kLookup | m::kRead | m::kWriteFlags);
  EXPECT_EQ(code(store(stored::StoreFlags::REPLACE, {"\\Flagged", "\\Deleted", "word"})), "");
  EXPECT_EQ(now(), (F{"\\Seen", "\\Flagged", "word"})) << "\\Seen stays, \\Deleted does not come";
  grant(box, kSharer, m::kLookup | m::kRead | m::kDeleteMessages);
  EXPECT_EQ(code(store(stored::StoreFlags::REPLACE, {"\\Deleted"})), "");
  EXPECT_EQ(now(), (F{"\\Seen", "\\Flagged", "\\Deleted", "word"}));
}

// RFC 4314 4, the examples of COPY and APPEND.
TEST_F(Sharing, AddedMessagesKeepTheFlagsThatTheRightsAllow) {
  auto flags_of = [&](Rights rights, std::vector<std::string> flags, bool deleted) {
    grant(box, kSharer, rights);
    auto r = ask(stored::Request::kAddEmails, box);
    for (auto& f : flags) r.mutable_add_emails()->mutable_targets(0)->add_keywords(f);
    r.mutable_add_emails()->mutable_targets(0)->set_deleted(deleted);
    auto reply = as_sharer(r);
    EXPECT_EQ(code(reply), "");
    auto s = w.sheet(box);
    return names(s->flags(s->size() - 1));
  };
  using F = std::vector<std::string>;
  Rights rwis = *m::parse_rights("rwis"), rsti = *m::parse_rights("rsti");
  EXPECT_EQ(flags_of(rwis, {"\\Draft"}, true), F{"\\Draft"});
  EXPECT_EQ(flags_of(rwis, {"$Forwarded", "\\Seen"}, false), (F{"\\Seen", "$Forwarded"}));
  EXPECT_EQ(flags_of(rsti, {"\\Draft"}, true), F{"\\Deleted"});
  EXPECT_EQ(flags_of(rsti, {"\\Answered"}, false), F{});
  EXPECT_EQ(flags_of(rsti, {"$Forwarded", "\\Seen"}, false), F{"\\Seen"});
}

TEST_F(Sharing, AListGoesDownToNewMailboxesAndAwayWithItsOwn) {
  grant(box, kSharer, *m::parse_rights("lrk"));
  std::uint32_t below = create("below", box);
  EXPECT_EQ(w.mailbox(below).acl_size(), 1);
  EXPECT_EQ(rights_in(sharer(), kOwner, w.mailbox(below)), *m::parse_rights("lrk"));
  auto top = w.request();
  top.mutable_create_mailbox()->add_path("at the top");
  EXPECT_EQ(code(as_sharer(top)), "NOT_FOUND");
  auto role = ask(stored::Request::kCreateMailbox, box);
  role.mutable_create_mailbox()->set_role("archive");
  EXPECT_EQ(code(as_sharer(role)), "DENIED");
  grant(below, kSharer, *m::parse_rights("x"), false, stored::SetAcl::ADD);
  EXPECT_EQ(code(as_sharer(ask(stored::Request::kDeleteMailbox, below))), "");
}

TEST_F(Sharing, RenamingNeedsXAndKWhereItGoes) {
  std::uint32_t other = create("Other", 0);
  std::uint32_t child = create("child", box);
  grant(child, kSharer, *m::parse_rights("lx"));
  grant(box, kSharer, *m::parse_rights("l"));
  auto rename = [&](std::uint32_t parent) {
    auto r = w.request();
    r.mutable_update_mailbox()->set_id(child);
    r.mutable_update_mailbox()->set_name("moved" + std::to_string(++made));
    r.mutable_update_mailbox()->set_parent(parent);
    return code(as_sharer(r));
  };
  EXPECT_EQ(rename(box), "DENIED");
  grant(box, kSharer, *m::parse_rights("lk"));
  EXPECT_EQ(rename(box), "");
  EXPECT_EQ(rename(other), "NOT_FOUND");
  grant(other, kSharer, *m::parse_rights("lk"));
  EXPECT_EQ(rename(other), "");
  grant(child, kSharer, *m::parse_rights("l"));
  EXPECT_EQ(rename(box), "DENIED");
  for (auto change : {+[](stored::UpdateMailbox& u) { u.set_role("archive"); },
                      +[](stored::UpdateMailbox& u) { u.set_subscribed(true); }}) {
    auto r = w.request();
    r.mutable_update_mailbox()->set_id(child);
    change(*r.mutable_update_mailbox());
    EXPECT_EQ(code(as_sharer(r)), "DENIED");
  }
}

TEST_F(Sharing, MoveNeedsTheRightsOfStoreCopyAndExpunge) {
  std::uint32_t other = create("Other", 0);
  grant(other, kSharer, *m::parse_rights("liswt"));
  auto move = [&](std::string_view rights) {
    grant(box, kSharer, *m::parse_rights(rights));
    auto r = ask(stored::Request::kCopyEmails, box);
    r.mutable_copy_emails()->set_to(other);
    r.mutable_copy_emails()->set_move(true);
    return code(as_sharer(r));
  };
  EXPECT_EQ(move("lrt"), "DENIED");
  EXPECT_EQ(move("lre"), "DENIED");
  EXPECT_EQ(move("lrte"), "");
  EXPECT_EQ(w.mailbox(other).rows(), 1u);
}

TEST_F(Sharing, HintsFollowTheGrants) {
  auto shared = [&] {
    auto r = w.request(kSharer);
    r.mutable_list_shared();
    auto reply = as_sharer(r);
    return std::vector<std::uint64_t>(reply.shared().accounts().begin(), reply.shared().accounts().end());
  };
  using A = std::vector<std::uint64_t>;
  w.info(kSharer);
  EXPECT_EQ(shared(), A{});
  for (std::uint64_t who : {kSharer, kGroup, m::kAnyone}) {
    grant(box, who, m::kLookup);
    EXPECT_EQ(shared(), A{kOwner});
    w.reopen();
    EXPECT_EQ(shared(), A{kOwner});
    grant(secret, who, m::kLookup);
    grant(box, who, 0);
    EXPECT_EQ(shared(), A{kOwner}) << "by the other mailbox";
    grant(secret, who, 0);
    EXPECT_EQ(shared(), A{});
  }
  // A grant that another takes away shows nothing, whatever the hint says.
  grant(box, kGroup, m::kLookup);
  grant(box, kSharer, m::kLookup, true);
  EXPECT_EQ(shared(), A{});
  grant(box, kSharer, 0, true);
  EXPECT_EQ(shared(), A{kOwner});
  // They go with the account, and come back with it.
  auto whole = w.request(0);
  whole.mutable_delete_account()->set_account(kOwner);
  EXPECT_EQ(code(w.run(whole, World::admin())), "");
  EXPECT_EQ(shared(), A{});
  auto again = w.request(kOwner);
  again.mutable_undelete();
  EXPECT_EQ(code(w.run(again, World::admin())), "");
  EXPECT_EQ(shared(), A{kOwner});
  auto r = w.request();
  r.mutable_delete_mailbox()->set_id(box);
  w.run(r);
  EXPECT_EQ(shared(), A{});
}

TEST_F(Sharing, SetAclChecksAndLimits) {
  EXPECT_EQ(code(grant(box, kOwner, m::kLookup)), "INVALID");
  EXPECT_EQ(code(grant(box, 0, m::kLookup)), "INVALID");
  EXPECT_EQ(code(grant(box, kSharer, 1u << 20)), "INVALID");
  grant(box, kSharer, m::kLookup | m::kRead);
  grant(box, kSharer, m::kInsert, false, stored::SetAcl::ADD);
  EXPECT_EQ(w.mailbox(box).acl(0).rights(), m::kLookup | m::kRead | m::kInsert);
  grant(box, kSharer, m::kRead, false, stored::SetAcl::REMOVE);
  EXPECT_EQ(w.mailbox(box).acl(0).rights(), m::kLookup | m::kInsert);
  grant(box, kSharer, m::kAllRights, false, stored::SetAcl::REMOVE);
  EXPECT_EQ(w.mailbox(box).acl_size(), 0);
  for (int i = 0; i < kMaxGrants; ++i) ASSERT_EQ(code(grant(box, 1000u + static_cast<unsigned>(i), m::kLookup)), "");
  EXPECT_EQ(code(grant(box, 5000, m::kLookup)), "LIMIT");
  EXPECT_EQ(code(grant(box, 1000, m::kRead)), "") << "one that is there may change";
}

TEST_F(Sharing, NamesOfAncestorsAndNoMore) {
  std::uint32_t child = create("child", secret);
  grant(child, kSharer, m::kLookup);
  auto r = w.request();
  r.mutable_list_mailboxes();
  auto reply = as_sharer(r);
  ASSERT_EQ(reply.mailboxes().mailboxes_size(), 2);
  ASSERT_EQ(reply.mailboxes().rights_size(), 2);
  const auto& above = reply.mailboxes().mailboxes(0);
  EXPECT_EQ(above.name(), "Secret");
  EXPECT_EQ(reply.mailboxes().rights(0), 0u);
  EXPECT_EQ(above.uidnext(), 0u);
  EXPECT_EQ(above.rows(), 0u);
  EXPECT_EQ(above.uidvalidity(), 0u);
  EXPECT_EQ(reply.mailboxes().mailboxes(1).name(), "child");
  EXPECT_EQ(reply.mailboxes().mailboxes(1).acl_size(), 0) << "lists are for those with a";
}

TEST_F(Sharing, QuotaIsTheOwnersWhoeverAdds) {
  grant(box, kSharer, *m::parse_rights("lri"));
  Principal owner = World::user(kOwner);
  auto used = w.info().used_bytes();
  auto r = w.request();
  r.mutable_get_account();
  owner.quota_bytes = used + 3;
  w.run(r, owner);
  EXPECT_EQ(code(as_sharer(ask(stored::Request::kAddEmails, box))), "OVER_QUOTA");
  owner.quota_bytes = 0;
  owner.quota_emails = 2;
  w.run(r, owner);
  EXPECT_EQ(code(as_sharer(ask(stored::Request::kAddEmails, box))), "OVER_QUOTA");
  owner.quota_emails = 3;
  w.run(r, owner);
  EXPECT_EQ(code(as_sharer(ask(stored::Request::kAddEmails, box))), "");
  // What others use of it is nobody's business but an administrator's.
  auto info = as_sharer(r).account();
  EXPECT_EQ(info.used_emails(), 0u);
  Call call;
  call.who = World::user(9);
  call.who.admin = true;
  call.request = r;
  EXPECT_EQ(w.run(call).account().used_emails(), 3u);
  EXPECT_EQ(call.reply.account().modseq(), 0u);
}

TEST(Quota, MailboxesAndMessagesOfTheOwner) {
  World w;
  Principal p = World::user(1);
  auto info = w.info();
  EXPECT_EQ(info.used_mailboxes(), 6u);
  p.quota_mailboxes = 8;
  auto create = [&](std::vector<std::string> path) {
    auto r = w.request();
    for (auto& c : path) r.mutable_create_mailbox()->add_path(c);
    return code(w.run(r, p));
  };
  EXPECT_EQ(create({"a", "b", "c"}), "OVER_QUOTA");
  EXPECT_EQ(create({"a", "b"}), "");
  EXPECT_EQ(create({"c"}), "OVER_QUOTA");
  auto inbox = w.mailbox_named("INBOX");
  auto rename = w.request();
  rename.mutable_update_mailbox()->set_id(inbox);
  rename.mutable_update_mailbox()->set_name("old");
  rename.mutable_update_mailbox()->set_inbox_rename(true);
  EXPECT_EQ(code(w.run(rename, p)), "OVER_QUOTA");
  p.quota_mailboxes = 0;
  p.quota_emails = 1;
  // Two targets of one call count both.
  Call call;
  call.who = p;
  call.request = w.request();
  *call.request.mutable_add_emails() = World::message("x");
  for (int i = 0; i < 2; ++i) {
    call.request.mutable_add_emails()->add_targets()->set_account(1);
    call.targets.emplace_back(p);
  }
  auto reply = w.run(call);
  EXPECT_EQ(reply.added().results(0).error().code(), "");
  EXPECT_EQ(reply.added().results(1).error().code(), "OVER_QUOTA");
}

}  // namespace
}  // namespace postern::store
