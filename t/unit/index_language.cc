#include "index/language.h"

#include <gtest/gtest.h>
#include <xapian.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "index/limits.h"
#include "index/tokenizer.h"
#include "index_word_pairs.h"

namespace {

using namespace postern::index;

std::string stem(std::string_view language, std::string_view word) {
  Stemmer s(find_language(language));
  return std::string(s.stem(word, fold_word(word)));
}

TEST(IndexLanguage, FormsMeet) {
  for (const auto& c : kWordPairs) {
    EXPECT_EQ(stem(c.language, c.one), stem(c.language, c.other)) << c.language;
    EXPECT_NE(stem(c.language, c.one), stem(c.language, c.different)) << c.language;
  }
}

// A stemmer that a later Xapian has wants a row in language.cc and a pair of words here.
TEST(IndexLanguage, EachStemmerOfTheLibraryHasAPair) {
  // Other algorithms for languages that have one, and English of another age.
  const std::set<std::string> kOthers = {"earlyenglish", "german2", "kraaij_pohlmann", "lovins", "porter"};
  std::istringstream names(Xapian::Stem::get_available_languages());
  std::size_t n = 0;
  for (std::string name; names >> name;) {
    if (kOthers.contains(name)) continue;
    // Xapian knows the same codes.
    bool known = std::ranges::any_of(stemmed_languages(), [&](const Language& l) {
      return Xapian::Stem(std::string(name_of(l))).get_description() == "Xapian::Stem(" + name + ")";
    });
    EXPECT_TRUE(known) << name;
    ++n;
  }
  EXPECT_EQ(n, stemmed_languages().size());
  for (const Language& l : stemmed_languages())
    EXPECT_EQ(std::ranges::count(kWordPairs, name_of(l), &WordPair::language), 1) << name_of(l);
}

// Some two thousand words a language with their stems, where SHARED has them; newer than the library, so that a few differ (of
// Dutch nearly half: Snowball has another algorithm for it since).
TEST(IndexLanguage, SharedVectors) {
  struct File {
    const char *language, *name;
    unsigned percent = 95;
  };
  const File kFiles[] = {{"da", "danish"},    {"nl", "dutch", 50},  {"en", "english"},  {"fi", "finnish"},  {"fr", "french"},
                         {"de", "german"},    {"hu", "hungarian"},  {"it", "italian"},  {"no", "norwegian"}, {"pt", "portuguese"},
                         {"ro", "romanian"},  {"ru", "russian"},    {"es", "spanish"},  {"sv", "swedish"},  {"tr", "turkish", 93}};
  const char* shared = std::getenv("SHARED");
  std::string folder = std::string(shared ? shared : SOURCE_DIR "/../shared") + "/vectors/snowball/";
  for (const auto& [code, name, percent] : kFiles) {
    std::ifstream in(folder + name + ".tsv");
    if (!in) GTEST_SKIP() << "no " << folder << name << ".tsv";
    Stemmer s(find_language(code));
    std::size_t n = 0, same = 0;
    for (std::string word, expected; std::getline(in, word, '\t') && std::getline(in, expected); ++n)
      same += s.stem(word, fold_word(word)) == fold_word(expected);
    EXPECT_GT(n, 1'000u) << name;
    EXPECT_GE(same * 100, n * percent) << name << ": " << same << " of " << n;
  }
}

// Greek has no stemmer in Xapian 1.4: words meet only as they are, but for case and accents.
TEST(IndexLanguage, GreekWithoutStemmer) {
  EXPECT_EQ(stem("el", "Συνάντηση"), stem("el", "ΣΥΝΑΝΤΗΣΗ"));
  bool has_stemmer = std::ranges::count(stemmed_languages(), find_language("el")) > 0;
  EXPECT_EQ(stem("el", "συνάντηση") == stem("el", "συναντήσεις"), has_stemmer);
}

TEST(IndexLanguage, CaseAndDiacriticsDoNotMatter) {
  EXPECT_EQ(stem("de", "HÄUSER"), stem("de", "häuser"));
  EXPECT_EQ(stem("tr", "KITAPLAR"), stem("tr", "kıtaplar"));
  EXPECT_EQ(stem("tr", "KİTAPLAR"), stem("tr", "kitaplar"));
  EXPECT_EQ(stem("fr", "RÉUNIONS"), stem("fr", "re\u0301unions"));
  EXPECT_EQ(stem("xx", "Ünbekannt"), "unbekannt");
}

TEST(IndexLanguage, FromTags) {
  EXPECT_EQ(name_of(find_language("de-AT")), "de");
  EXPECT_EQ(name_of(find_language(" EN ")), "en");
  EXPECT_EQ(name_of(find_language("nb")), "no");
  EXPECT_EQ(name_of(find_language("deu_DE")), "de");
  for (const char* none : {"", "x", "zz", "klingon", "-", "i-default"}) EXPECT_EQ(find_language(none), kNoLanguage) << none;
  EXPECT_GE(stemmed_languages().size(), 24u);
  EXPECT_EQ(name_of(kNoLanguage), "");
}

TEST(IndexLanguage, Detection) {
  struct Text {
    const char *language, *text;
  };
  const Text texts[] = {
      {"en", "The budget meeting has been moved to Thursday because nobody could come on Monday."},
      {"de", "Die Besprechung wurde auf Donnerstag verschoben, weil am Montag niemand kommen konnte."},
      {"fr", "La réunion a été déplacée à jeudi parce que personne ne pouvait venir lundi matin."},
      {"ru", "Встреча перенесена на четверг, потому что в понедельник никто не мог прийти."},
      {"tr", "Toplantı perşembe gününe ertelendi çünkü pazartesi günü kimse gelemeyecek."},
      {"", "Too short"},
      {"", "0123456789 0123456789 0123456789 0123456789 0123456789"},
  };
  for (const auto& t : texts) EXPECT_EQ(name_of(detect_language(t.text)), t.language) << t.text;
}

TEST(IndexLanguage, StopWords) {
  EXPECT_TRUE(is_stop_word(find_language("en"), "the"));
  EXPECT_FALSE(is_stop_word(find_language("en"), "meeting"));
  EXPECT_TRUE(is_stop_word(find_language("fr"), "ete"));  // as they are folded
  EXPECT_TRUE(is_stop_word(find_language("ru"), "что"));
  EXPECT_FALSE(is_stop_word(kNoLanguage, "the"));
  const std::map<std::string_view, std::string_view> kOne = {
      {"ar", "من"}, {"ca", "els"}, {"da", "det"}, {"de", "und"}, {"el", "και"}, {"en", "and"}, {"es", "los"}, {"eu", "eta"},
      {"fi", "ja"}, {"fr", "les"}, {"ga", "agus"}, {"hu", "az"}, {"hy", "և"}, {"id", "yang"}, {"it", "della"}, {"lt", "ir"},
      {"ne", "र"}, {"nl", "het"}, {"no", "det"}, {"pt", "uma"}, {"ro", "este"}, {"ru", "это"}, {"sv", "det"}, {"ta", "ஒரு"}, {"tr", "bir"}};
  for (const auto& [code, word] : kOne) EXPECT_TRUE(is_stop_word(find_language(code), fold_word(word))) << code;
  for (const Language& l : stemmed_languages()) EXPECT_TRUE(kOne.contains(name_of(l))) << name_of(l);
}

TEST(IndexLanguage, TheStemsKeptAreBounded) {
  Stemmer s(find_language("en"));
  for (std::size_t i = 0; i < kMaxStemsKept + 2; ++i) {
    std::string word = "w" + std::to_string(i);
    ASSERT_EQ(s.stem(word, word), word);
  }
  EXPECT_EQ(s.stem("meetings", "meetings"), "meet");
  std::string longest(kMaxTerm + 1, 's');
  EXPECT_EQ(s.stem(longest, longest), longest);
}

}  // namespace
