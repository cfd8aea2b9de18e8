// Mailboxes by path, id and role.
#include "client/mailbox_tree.h"

#include <gtest/gtest.h>

namespace postern::client {
namespace {

MailboxTree tree() {
  MailboxTree t(5);
  auto add = [&t](std::uint32_t id, std::uint32_t parent, const char* name, const char* role = "") {
    records::Mailbox m;
    m.set_id(id);
    m.set_parent(parent);
    m.set_name(name);
    m.set_role(role);
    t.add(m);
  };
  add(1, 0, "INBOX", "inbox");
  add(2, 0, "Junk", "junk");
  add(3, 1, "Sub");
  add(4, 3, "Deep", "archive");
  return t;
}

TEST(MailboxTree, Paths) {
  auto t = tree();
  EXPECT_EQ(t.find("INBOX"), 1u);
  EXPECT_EQ(t.find("inbox/Sub/Deep"), 4u);
  EXPECT_EQ(t.find("junk"), 0u) << "only INBOX has no case";
  for (const char* none : {"", "/", "INBOX/", "/INBOX", "INBOX//Sub", "Sub", "INBOX/Sub/Deep/er"}) EXPECT_EQ(t.find(none), 0u) << none;
  EXPECT_EQ(MailboxTree::components("inbox/inbox"), (std::vector<std::string>{"INBOX", "inbox"}));
  EXPECT_TRUE(MailboxTree::components("a//b").empty());
}

TEST(MailboxTree, NamesThatLeadToOne) {
  auto t = tree();
  EXPECT_EQ(t.path(4), "INBOX/Sub/Deep");
  EXPECT_EQ(t.path(2), "Junk");
  EXPECT_EQ(t.path(9), "");
  // A loop, which no store has, ends.
  records::Mailbox m;
  m.set_id(7);
  m.set_parent(7);
  m.set_name("x");
  t.add(m);
  EXPECT_NE(t.path(7), "");
}

TEST(MailboxTree, Details) {
  auto t = tree();
  EXPECT_EQ(t.for_detail("jUnK"), 2u);
  EXPECT_EQ(t.for_detail("Sub"), 1u) << "at the top only";
  EXPECT_EQ(t.for_detail(""), 1u);
}

TEST(MailboxTree, IdsAndRoles) {
  auto t = tree();
  EXPECT_EQ(t.find_id("m5-2"), 2u);
  EXPECT_EQ(t.find_id("m6-2"), 0u) << "of another account";
  EXPECT_EQ(t.find_id("m5-9"), 0u);
  EXPECT_EQ(t.find_id("2"), 0u);
  EXPECT_EQ(t.find_role("\\jUNK"), 2u);
  EXPECT_EQ(t.find_role("junk"), 0u);
  EXPECT_EQ(t.find_role("\\Sent"), 0u);
  EXPECT_TRUE(t.has_role(4, "\\Archive"));
  EXPECT_FALSE(t.has_role(4, "\\Junk"));
  EXPECT_FALSE(t.has_role(9, "\\Junk"));
}

}  // namespace
}  // namespace postern::client
