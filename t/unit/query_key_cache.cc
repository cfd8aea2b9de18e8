// query/key_cache.h: keys by email, within a budget; and the keys of THREAD there and back.
#include "query/key_cache.h"

#include <gtest/gtest.h>

#include "query/limits.h"
#include "query/thread_key.h"

namespace {

using namespace postern;
using namespace postern::query;

TEST(KeyColumn, FindsInAnyOrder) {
  KeyColumn c;
  for (std::uint64_t e : {9, 3, 5}) c.put(e, "key" + std::to_string(e));
  c.settle();
  c.put(4, "");
  EXPECT_FALSE(c.find(4));  // not settled
  c.settle();
  EXPECT_EQ(c.find(3), "key3");
  EXPECT_EQ(c.find(4), "");
  EXPECT_EQ(c.find(9), "key9");
  EXPECT_EQ(c.find(3), "key3");
  EXPECT_FALSE(c.find(1));
  EXPECT_FALSE(c.find(10));
  EXPECT_FALSE(KeyColumn().find(1));
}

TEST(KeyCache, KeepsTheLatestUsedWithinItsBudget) {
  KeyCache cache(100'000);
  auto fill = [&](std::uint64_t account, std::size_t bytes) {
    auto c = cache.column({.account = account});
    c->put(1, std::string(bytes, 'x'));
    c->settle();
    cache.trim();
    return c;
  };
  auto first = fill(1, 40'000);
  fill(2, 40'000);
  EXPECT_EQ(cache.column({.account = 1}), first);  // used again
  fill(3, 40'000);
  EXPECT_LE(cache.bytes(), 100'000u);
  EXPECT_EQ(cache.column({.account = 1}), first);
  EXPECT_EQ(cache.column({.account = 2})->size(), 0u);  // went, and is made anew
  EXPECT_NE(cache.column({.account = 1, .epoch = 2}), first);
  EXPECT_NE(cache.column({.account = 1, .key = Comparator::Key::from}), first);
  fill(4, 200'000);  // one that does not fit goes, too
  EXPECT_LE(cache.bytes(), 100'000u);
  EXPECT_EQ(first->find(1)->size(), 40'000u);  // for who still has it
}

// Empty columns take nothing of the budget: names that somebody makes up must not add up.
TEST(KeyCache, KeepsNoMoreThanItsNumberOfColumns) {
  KeyCache cache(100'000);
  auto first = cache.column({.field = FieldForm{"first"}});
  auto second = cache.column({.field = FieldForm{"second"}});
  for (std::size_t i = 2; i < kMaxColumns; ++i) cache.column({.field = FieldForm{"x" + std::to_string(i)}});
  cache.trim();
  EXPECT_EQ(cache.column({.field = FieldForm{"first"}}), first);
  cache.column({.field = FieldForm{"one more"}});
  cache.trim();
  EXPECT_EQ(cache.column({.field = FieldForm{"first"}}), first);
  EXPECT_NE(cache.column({.field = FieldForm{"second"}}), second);
}

TEST(ThreadKey, ThereAndBack) {
  StoredContent c;
  c.subject = "Re: [list] Hello";
  c.message_id = {"a@x"};
  c.references = {"b@x", "c@x"};
  c.in_reply_to = {"d@x"};
  ThreadIds ids;
  ThreadMessage m, reply;
  read_thread_key(thread_key(mime::Collation::unicode_casemap, c), ids, m);
  EXPECT_EQ(m.id, 0);
  EXPECT_EQ(m.references, (std::vector<std::int32_t>{1, 2}));
  EXPECT_TRUE(m.is_reply);
  EXPECT_EQ(m.subject, mime::sort_key(mime::Collation::unicode_casemap, "Hello"));
  StoredContent r;
  r.in_reply_to = {"a@x", "b@x"};  // only the first counts
  read_thread_key(thread_key(mime::Collation::unicode_casemap, r), ids, reply);
  EXPECT_EQ(reply.id, -1);
  EXPECT_EQ(reply.references, (std::vector<std::int32_t>{0}));
  EXPECT_FALSE(reply.is_reply);
}

TEST(ThreadKey, OnlyTheLastReferences) {
  for (std::size_t n : {kMaxThreadReferences, kMaxThreadReferences + 1}) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n; ++i) names.push_back(std::to_string(i) + "@x");
    StoredContent c;
    c.references.assign(names.begin(), names.end());
    ThreadIds ids;
    ThreadMessage m, last;
    read_thread_key(thread_key(mime::Collation::octet, c), ids, m);
    EXPECT_EQ(m.references.size(), kMaxThreadReferences);
    StoredContent one;
    one.message_id = {names.back()};
    read_thread_key(thread_key(mime::Collation::octet, one), ids, last);
    EXPECT_EQ(last.id, m.references.back());
  }
}

TEST(ThreadKey, MalformedOnesGiveNothingWrong) {
  StoredContent c;
  c.message_id = {"a@x"};
  c.references = {"b@x"};
  std::string key = thread_key(mime::Collation::octet, c);
  for (std::size_t n = 0; n < key.size(); ++n) {
    ThreadIds ids;
    ThreadMessage m;
    read_thread_key(std::string_view(key).substr(0, n), ids, m);
    EXPECT_LE(m.references.size(), 1u);
  }
}

}  // namespace
