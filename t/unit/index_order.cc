#include "index/order.h"

#include <gtest/gtest.h>

#include <random>

#include "base/codec.h"
#include "index/limits.h"

namespace {

using namespace postern::index;
using Numbers = std::vector<std::uint32_t>;

const MarkSet kAll = MarkSet().set();

std::vector<OrderedTerm> some_terms(std::size_t n) {
  std::vector<OrderedTerm> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back({mark_of("Bterm" + std::to_string(i)), static_cast<std::uint32_t>(i % 7)});
  return out;
}

std::string marks_for(const Numbers& order, const std::vector<OrderedTerm>& terms) {
  std::string out;
  for (std::uint32_t n : order) out += static_cast<char>(n == 0 ? kGap : terms[n - 1].mark);
  return out;
}

TEST(IndexOrder, RoundTrip) {
  std::mt19937 random(1);
  for (std::size_t count : {1u, 2u, 255u, 3'000u, 200'000u}) {
    auto terms = some_terms(count);
    for (std::size_t words : {1u, 2u, 1'000u, 300'000u}) {
      Numbers order;
      while (order.size() < words) order.push_back(static_cast<std::uint32_t>(random() % (count + 1)));
      std::string bytes = encode_order(order, terms);
      auto stored = StoredOrder::read(bytes);
      ASSERT_TRUE(stored);
      EXPECT_EQ(stored->marks(), marks_for(order, terms));
      auto back = stored->numbers(terms, kAll);
      ASSERT_TRUE(back);
      EXPECT_EQ(*back, order) << count << " terms, " << words << " words";
    }
  }
}

TEST(IndexOrder, OnlyWhatIsWanted) {
  auto terms = some_terms(2'000);
  Numbers order, expected;
  MarkSet wanted;
  wanted.set(terms[0].mark).set(terms[1].mark);
  for (std::uint32_t n = 0; n <= terms.size(); ++n) {
    order.push_back(n);
    expected.push_back(n != 0 && wanted.test(terms[n - 1].mark) ? n : 0);
  }
  std::string bytes = encode_order(order, terms);
  EXPECT_EQ(*StoredOrder::read(bytes)->numbers(terms, wanted), expected);
}

TEST(IndexOrder, MarksAreTheSameEverywhere) {
  EXPECT_EQ(mark_of("Bwhich"), mark_of(std::string("Bwhich")));
  EXPECT_NE(mark_of("Bwhich"), mark_of("Swhich"));
  // What is stored depends on them: others need another format (meta.h).
  EXPECT_EQ(mark_of(""), 148);
  EXPECT_EQ(mark_of("Bwhich"), 165);
  for (const OrderedTerm& t : some_terms(100'000)) ASSERT_NE(t.mark, kGap);
}

TEST(IndexOrder, OfNoWords) {
  EXPECT_EQ(encode_order({}, {}), "");
  auto none = StoredOrder::read("");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->marks(), "");
  EXPECT_EQ(*none->numbers(some_terms(3), kAll), Numbers());
}

TEST(IndexOrder, WhatIsMalformed) {
  auto terms = some_terms(600);
  Numbers order;
  for (std::uint32_t n = 1; n <= 600; ++n) order.push_back(n);
  std::string good = encode_order(order, terms);
  std::size_t bad = 0;
  for (std::size_t n = 1; n < good.size(); ++n) {
    auto stored = StoredOrder::read(std::string_view(good).substr(0, n));
    bool fits = stored && stored->numbers(terms, kAll);
    EXPECT_FALSE(fits) << n;
    bad += !stored;
  }
  EXPECT_GT(bad, 100u);
  std::string more = good;
  ++more[0];
  EXPECT_EQ(StoredOrder::read(more).error().code, "CORRUPT");  // another number of words than there are marks
  EXPECT_FALSE(StoredOrder::read("no order"));
  auto stored = StoredOrder::read(good);
  ASSERT_TRUE(stored);
  auto others = stored->numbers(std::span(terms).first(300), kAll);
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().code, "CORRUPT");
  EXPECT_FALSE(stored->numbers({}, kAll));
}

TEST(IndexOrder, NoLongerThanAMessageCanMakeIt) {
  std::vector<OrderedTerm> terms{{mark_of("Bword"), 2}};
  Numbers order(kMaxOrder, 1);
  std::string bytes = encode_order(order, terms);
  EXPECT_EQ(StoredOrder::read(bytes)->numbers(terms, kAll)->size(), kMaxOrder);
  order.push_back(1);
  bytes = encode_order(order, terms);
  EXPECT_FALSE(StoredOrder::read(bytes));
}

}  // namespace
