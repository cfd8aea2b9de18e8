#include "index/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "index/limits.h"
#include "index/needle.h"
#include "index/terms.h"

namespace {

using namespace postern::index;

std::string words(std::string_view text) {
  std::string out;
  for (const auto& t : tokens_of(text)) out += (out.empty() ? "" : " ") + t.term;
  return out;
}

TEST(IndexTokenizer, Words) {
  struct Case {
    const char *text, *words;
  };
  const Case cases[] = {
      {"", ""},
      {"Hello, World!", "hello world"},
      {"don't l'été DELL'ARTE", "don t l ete dell arte"},
      {"user.name@example.com +49-170", "user name example com 49 170"},
      {"snake_case a1b2", "snake case a1b2"},
      {"Straße GROSSE \u1e9e", "strasse grosse ss"},
      {"Ærø Łódź Þór Œuvre", "aero lodz thor oeuvre"},
      {"İstanbul ISPARTA ısı", "istanbul isparta isi"},
      {"ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"},
      {"Ёлка й и мой", "елка и\u0306 и мои\u0306"},
      {"ﬁle ½ ㎏ ⁵", "file 1 2 kg 5"},
      {"Donau\u00addampf a\u200db", "donaudampf ab"},
      {"כִּתָּה مُحَمَّد كتـــاب", "כתה محمد كتاب"},
      {"தமிழ் வணக்கம்", "தமிழ் வணக்கம்"},
      {"नमस्ते दुनिया", "नमस्ते दुनिया"},
      {"東京", "東京 京"},
      {"東京都へ", "東京 京都 都へ へ"},
      {"猫", "猫"},
      {"猫 cat犬", "猫 cat 犬"},
      {"한국어", "한국 국어 어"},
      {"ไทย", "ไท ทย ย"},
      {"ok👍🏽!", "ok 👍🏽 🏽"},
      {"a\xff" "b\xc3", "a b"},
      {"\xed\xa0\x80x", "x"},
      {"e\u0301te\u0301", "ete"},
  };
  for (const auto& c : cases) EXPECT_EQ(words(c.text), c.words) << c.text;
}

TEST(IndexTokenizer, OffsetsAreThoseOfTheText) {
  std::string_view text = "Ein Émile, 東京都 (über)";
  std::string seen;
  for (const auto& t : tokens_of(text)) seen.append(text.substr(t.begin, t.end - t.begin)).append("|");
  EXPECT_EQ(seen, "Ein|Émile|東京|京都|都|über|");
  EXPECT_EQ(tokens_of(text, 2).size(), 2u);
  EXPECT_TRUE(tokens_of(text, 0).empty());
}

TEST(IndexTokenizer, FoldWord) {
  EXPECT_EQ(fold_word("Étudiant-es"), "etudiantes");
  EXPECT_EQ(fold_word("\xff"), "");
}

TEST(IndexTokenizer, LongWordsAreOverlappingPieces) {
  auto pieces = [](std::string_view word) {
    std::vector<std::string> out;
    bool whole = each_piece(word, [&](std::string_view p) { out.emplace_back(p); });
    return std::make_pair(out, whole);
  };
  EXPECT_EQ(pieces(std::string(kMaxTerm, 'x')).first.size(), 1u);
  auto [two, whole] = pieces(std::string(kMaxTerm, 'x') + "y");
  ASSERT_EQ(two.size(), 2u);
  EXPECT_TRUE(whole);
  EXPECT_EQ(two[1], std::string(kTermOverlap, 'x') + "y");
  EXPECT_TRUE(pieces(std::string((kMaxPieces + 1) * kTermOverlap, 'x')).second);
  EXPECT_FALSE(pieces(std::string((kMaxPieces + 1) * kTermOverlap + 1, 'x')).second);
}

// Every part of a text gives clues that hold for the text: what candidates() rests on.
bool holds(const Clue& c, const std::vector<std::string>& terms, const std::vector<std::string>& dictionary) {
  auto any = [](const auto& list, auto fits) { return std::ranges::any_of(list, fits); };
  switch (c.kind) {
    case Clue::Kind::whole: return any(terms, [&](const auto& t) { return t == c.term; });
    case Clue::Kind::infix: return any(dictionary, [&](const auto& t) { return t.contains(c.term); });
    case Clue::Kind::prefix: return any(dictionary, [&](const auto& t) { return t.starts_with(c.term); });
    case Clue::Kind::suffix: return any(dictionary, [&](const auto& t) { return t.ends_with(c.term); });
    case Clue::Kind::beginning: return any(terms, [&](const auto& t) { return t.starts_with(c.term); });
  }
  return false;
}

TEST(IndexNeedle, CluesHoldForEveryTextThatContainsTheNeedle) {
  const std::u32string alphabet =
      U"aabbcXYZ  ..,-'_019éßẞİıſσςΣйиё́̆東京猫がか゛ー한어ไทย👍🏽\u200d\u00ad½ﬁ㎏தமி்नم\u0651ا";
  std::mt19937 random(7);
  auto utf8 = [](std::u32string_view s) {
    std::string out;
    for (char32_t c : s) {
      if (c < 0x80) {
        out += static_cast<char>(c);
      } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 63));
      } else if (c < 0x10000) {
        out += static_cast<char>(0xe0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 63));
        out += static_cast<char>(0x80 | (c & 63));
      } else {
        out += static_cast<char>(0xf0 | c >> 18);
        out += static_cast<char>(0x80 | (c >> 12 & 63));
        out += static_cast<char>(0x80 | (c >> 6 & 63));
        out += static_cast<char>(0x80 | (c & 63));
      }
    }
    return out;
  };
  for (int round = 0; round < 3'000; ++round) {
    std::u32string text;
    std::size_t size = random() % (round % 10 == 0 ? 300 : 24) + 1;
    bool long_word = round % 10 == 0;
    for (std::size_t i = 0; i < size; ++i) text += long_word ? alphabet[random() % 6] : alphabet[random() % alphabet.size()];
    std::size_t from = random() % size, length = random() % (size - from) + 1;
    std::vector<std::string> terms, dictionary;
    for (const auto& t : tokens_of(utf8(text)))
      each_piece(t.term, [&](std::string_view piece) {
        terms.emplace_back(piece);
        if (t.kind == Token::Kind::word) dictionary.emplace_back(piece);
      });
    std::string needle = utf8(std::u32string_view(text).substr(from, length));
    for (const Clue& c : clues_of(needle))
      ASSERT_TRUE(holds(c, terms, dictionary))
          << "text \"" << utf8(text) << "\" needle \"" << needle << "\" clue " << int(c.kind) << " \"" << c.term << '"';
  }
}

TEST(IndexNeedle, Clues) {
  using K = Clue::Kind;
  using Clues = std::vector<Clue>;
  EXPECT_EQ(clues_of("foo"), (Clues{{K::infix, "foo"}}));
  EXPECT_EQ(clues_of(" foo "), (Clues{{K::whole, "foo"}}));
  EXPECT_EQ(clues_of("one two three"), (Clues{{K::suffix, "one"}, {K::whole, "two"}, {K::prefix, "three"}}));
  EXPECT_EQ(clues_of(".. !"), Clues{});
  EXPECT_EQ(clues_of("東京都"), (Clues{{K::whole, "東京"}, {K::whole, "京都"}}));
  EXPECT_EQ(clues_of("猫"), (Clues{{K::beginning, "猫"}}));
  EXPECT_EQ(clues_of("猫."), (Clues{{K::whole, "猫"}}));
  std::string longest(kTermOverlap, 'x'), longer(kTermOverlap + 1, 'x');
  EXPECT_EQ(clues_of(longest), (Clues{{K::infix, longest}}));
  EXPECT_EQ(clues_of(longer), (Clues{{K::infix, longest}}));
  std::string many;
  for (std::size_t i = 0; i < kMaxQueryWords + 10; ++i) many += "w ";
  EXPECT_EQ(clues_of(many).size(), kMaxQueryWords);
}

}  // namespace
