// Names of mailboxes, part by part.
#include "model/names.h"

#include <gtest/gtest.h>

namespace postern::model {
namespace {

TEST(MailboxName, WhatAPartMayBe) {
  for (const char* good : {"INBOX", "a b", "Gr\xc3\xbc\xc3\x9f", "\xc2\xa0", "...", ".x", "~1", "%*", "\"\\", "#news"})
    EXPECT_EQ(mailbox_name_fault(good, true), nullptr) << good;
  for (const char* bad : {"", ".", "..", "~", "~user", "a\rb", "\x7f", "\xc2\x80", "x\xc2\x9f", "\xe2\x80\xa8", "a\xe2\x80\xa9"})
    EXPECT_NE(mailbox_name_fault(bad, true), nullptr) << bad;
  EXPECT_EQ(mailbox_name_fault("~user", false), nullptr);
  EXPECT_NE(mailbox_name_fault("..", false), nullptr);
}

}  // namespace
}  // namespace postern::model
