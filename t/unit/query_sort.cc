// Sorting compared with the standard library's, and a stored content read in place with protobuf's own reading of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <random>

#include "proto/records.pb.h"
#include "query/sort.h"

namespace {

using namespace postern;
using namespace postern::query;
using Key = Comparator::Key;

// Keys live until the test ends.
void set_texts(Sorter& sorter, const Order& order, std::size_t i, const StoredContent& content) {
  static std::deque<std::string> keys;
  std::size_t k = 0;
  for (const Comparator& c : order.by)
    if (c.is_text()) sorter.set_text(i, k++, keys.emplace_back(text_key(c, content)));
}

TEST(Sort, RandomOrdersAreStable) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Row> rows(1 + random() % 40);
    std::vector<std::string> subjects;
    for (Row& r : rows) {
      r.received = static_cast<std::int64_t>(random() % 4);
      r.sent = static_cast<std::int64_t>(random() % 3);
      r.size = random() % 3;
      subjects.push_back(std::string(random() % 12, 'a') + static_cast<char>('a' + random() % 3));
    }
    Order order;
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      Comparator c;
      c.key = std::array{Key::received, Key::sent, Key::size, Key::subject}[random() % 4];
      c.descending = random() & 1;
      order.by.push_back(c);
    }
    Sorter sorter(order);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      sorter.add(rows[i]);
      StoredContent content;
      content.subject = subjects[i];
      set_texts(sorter, order, i, content);
    }
    std::vector<std::uint32_t> wanted(rows.size());
    std::iota(wanted.begin(), wanted.end(), 0u);
    std::sort(wanted.begin(), wanted.end(), [&](std::uint32_t a, std::uint32_t b) {
      for (const Comparator& c : order.by) {
        auto key = [&](std::uint32_t i) {
          const Row& r = rows[i];
          std::string n = std::to_string(c.key == Key::received ? r.received
                                         : c.key == Key::sent   ? (r.sent ? r.sent : r.received)
                                                                : static_cast<std::int64_t>(r.size));
          return c.key == Key::subject ? subjects[i] : n;
        };
        if (key(a) != key(b)) return (key(a) < key(b)) != c.descending;
      }
      return a < b;
    });
    ASSERT_EQ(sorter.sorted(), wanted);
    std::size_t need = random() % (rows.size() + 1);
    auto some = sorter.sorted(need);
    ASSERT_TRUE(std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(need), some.begin()));
    ASSERT_EQ(some.size(), rows.size());
  }
}

TEST(Sort, Addresses) {
  auto first = [](Key key, std::string_view header) {
    // Which of the two comes first: the one with the header given or one with the mailbox "m" and the name "m".
    Order order;
    order.by.push_back({.key = key});
    Sorter sorter(order);
    StoredContent a, b;
    a.header = header;
    b.header = "From: m <m@example.org>\r\nTo: m <m@example.org>\r\n\r\n";
    for (int i = 0; i < 2; ++i) sorter.add({});
    set_texts(sorter, order, 0, a);
    set_texts(sorter, order, 1, b);
    return sorter.sorted().front() == 0;
  };
  EXPECT_TRUE(first(Key::from, "From: Zoe <ann@example.org>\r\n\r\n"));
  EXPECT_FALSE(first(Key::display_from, "From: Zoe <ann@example.org>\r\n\r\n"));
  EXPECT_FALSE(first(Key::from, "From: Ann <zoe@example.org>\r\n\r\n"));
  EXPECT_TRUE(first(Key::display_to, "To: =?utf-8?q?=C3=84nne?= <zoe@example.org>\r\n\r\n"));
  EXPECT_TRUE(first(Key::display_to, "To: ann@example.org, Zoe <z@example.org>\r\n\r\n"));
  EXPECT_TRUE(first(Key::from, "Subject: none\r\n\r\n"));  // the empty string is before all
}

TEST(StoredContent, IsWhatProtobufReads) {
  records::Content c;
  c.set_header("Subject: x\r\n\r\n");
  c.set_header_complete(true);
  c.set_header_size(300);
  c.set_structure(std::string(1000, 's'));
  c.set_preview("hello");
  c.set_has_attachment(true);
  c.set_lines(12);
  c.set_subject("x");
  c.add_message_id("a@b");
  c.add_in_reply_to("c@d");
  c.add_references("e@f");
  c.add_references("g@h");
  c.set_zone_minutes(-60);
  std::string bytes = c.SerializeAsString();
  StoredContent s = read_stored_content(bytes, true);
  ASSERT_TRUE(s.good);
  EXPECT_EQ(s.header, c.header());
  EXPECT_TRUE(s.header_complete && s.has_attachment);
  EXPECT_EQ(s.header_size, 300u);
  EXPECT_EQ(s.subject, "x");
  EXPECT_EQ(s.message_id, (std::vector<std::string_view>{"a@b"}));
  EXPECT_EQ(s.in_reply_to, (std::vector<std::string_view>{"c@d"}));
  EXPECT_EQ(s.references, (std::vector<std::string_view>{"e@f", "g@h"}));
  EXPECT_TRUE(read_stored_content(bytes).message_id.empty());
  EXPECT_EQ(read_stored_content(bytes).subject, "x");
  EXPECT_EQ(s.content().header_kind, Content::Header::cached);
  // Damaged bytes are no content; whatever they are, nothing is read past them.
  for (std::size_t n = 1; n < bytes.size(); ++n) (void)read_stored_content(std::string_view(bytes).substr(0, n), true);
  EXPECT_FALSE(read_stored_content(std::string_view(bytes).substr(0, 5)).good);
  EXPECT_FALSE(read_stored_content("\x0f").good);
  EXPECT_EQ(read_stored_content("\xff").content().header_kind, Content::Header::none);
}

}  // namespace
