#include <gtest/gtest.h>

#include "index/query.h"

namespace {

using namespace postern::index;
using Kind = Query::Kind;

std::string marked(const Query& q, std::string_view text, std::string_view language = "en", Fields fields = kReaderText,
                   std::size_t max = 1'000) {
  std::string out;
  std::size_t at = 0;
  for (const Match& m : find_matches(q, fields, text, find_language(language), max)) {
    out.append(text.substr(at, m.begin - at)).append("[").append(text.substr(m.begin, m.end - m.begin)).append("]");
    at = m.end;
  }
  return out.append(text.substr(at));
}

TEST(IndexHighlight, Table) {
  Query word{.kind = Kind::words, .text = "Report meeting"};
  EXPECT_EQ(marked(word, "A report, for the MEETING. Reports"), "A [report], for the [MEETING]. Reports");
  Query stem{.kind = Kind::words, .stemmed = true, .text = "the report"};
  EXPECT_EQ(marked(stem, "the reports are reported"), "[the] [reports] are [reported]");
  Query phrase{.kind = Kind::phrase, .text = "find the"};
  EXPECT_EQ(marked(phrase, "find them, find the end"), "find them, [find] [the] end");
  Query prefix{.kind = Kind::prefix, .text = "po"};
  EXPECT_EQ(marked(prefix, "Postern, a pot"), "[Postern], a [pot]");
  Query cjk{.kind = Kind::words, .text = "京都市"};
  EXPECT_EQ(marked(cjk, "東京都市と京都市", ""), "東[京都市]と[京都市]");
  Query one{.kind = Kind::words, .text = "猫"};
  EXPECT_EQ(marked(one, "黒猫。", ""), "黒[猫]。");
  Query accent{.kind = Kind::words, .text = "ete"};
  EXPECT_EQ(marked(accent, "l'Été", "fr"), "l'[Été]");
  Query no{.kind = Kind::none_of, .children = {word}};
  EXPECT_EQ(marked(no, "report"), "report");
  Query both{.kind = Kind::any_of, .children = {word, accent}};
  EXPECT_EQ(marked(both, "ete report"), "[ete] [report]");
  Query subject{.kind = Kind::words, .fields = bit(Field::subject), .text = "report"};
  EXPECT_EQ(marked(subject, "report", "en", bit(Field::body)), "report");
  EXPECT_EQ(marked(word, "report report report", "en", kReaderText, 2), "[report] [report] report");
  EXPECT_EQ(marked(word, "report\xff\xfe report"), "[report]\xff\xfe [report]");
}

}  // namespace
