#include "index/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>
#include <unicode/ustring.h>
#include <xapian.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/text.h"
#include "index/limits.h"
#include "index/tokenizer.h"
#include "mime/charset.h"
#include "mime/words.h"

namespace postern::index {

namespace {

struct Row {
  std::string_view code;
  const char* stemmer;
  std::string_view also = {};  // other codes for it
};

// Greek stands here for the day when Xapian has its stemmer; until then, and for all others, words are indexed as they are.
constexpr Row kRows[] = {
    {"ar", "arabic", "ara"},     {"ca", "catalan", "cat"},    {"da", "danish", "dan"},    {"de", "german", "deu"},
    {"el", "greek", "ell"},      {"en", "english", "eng"},    {"es", "spanish", "spa"},   {"eu", "basque", "eus"},
    {"fi", "finnish", "fin"},    {"fr", "french", "fra"},     {"ga", "irish", "gle"},     {"hu", "hungarian", "hun"},
    {"hy", "armenian", "hye"},   {"id", "indonesian", "ind"}, {"it", "italian", "ita"},   {"lt", "lithuanian", "lit"},
    {"ne", "nepali", "nep"},     {"nl", "dutch", "nld"},      {"no", "norwegian", "nb nn nor nob nno"},
    {"pt", "portuguese", "por"}, {"ro", "romanian", "ron mo"}, {"ru", "russian", "rus"},  {"sv", "swedish", "swe"},
    {"ta", "tamil", "tam"},      {"tr", "turkish", "tur"},
};

Language code_of(const Row& r) { return {r.code[0], r.code[1]}; }

const Row* row_of(const Language& l) {
  auto it = std::ranges::find(kRows, name_of(l), &Row::code);
  return it == std::end(kRows) ? nullptr : it;
}

std::unique_ptr<Xapian::Stem> make_stemmer(const Row& r) {
  try {
    return std::make_unique<Xapian::Stem>(r.stemmer);
  } catch (const Xapian::Error&) {
    return nullptr;
  }
}

bool is_ascii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Lower case by the rules of the language (Turkish has two letters I), composed: what Snowball's algorithms expect.
std::string lower(std::string_view word, const Language& l) {
  bool turkish = name_of(l) == "tr";
  if (!turkish && is_ascii(word)) return base::to_lower(word);
  std::u16string wide(word.size() + 1, 0), low(word.size() * 3 + 1, 0);
  std::int32_t n = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(wide.data(), static_cast<std::int32_t>(wide.size()), &n, word.data(),
                static_cast<std::int32_t>(word.size()), &error);
  if (U_FAILURE(error)) return std::string(word);
  n = u_strToLower(low.data(), static_cast<std::int32_t>(low.size()), wide.data(), n, turkish ? "tr" : "", &error);
  std::string out(word.size() * 3 + 1, 0);
  std::int32_t size = 0;
  u_strToUTF8(out.data(), static_cast<std::int32_t>(out.size()), &size, low.data(), n, &error);
  if (U_FAILURE(error)) return std::string(word);
  out.resize(static_cast<std::size_t>(size));
  return mime::to_nfc(out);
}

constexpr std::size_t kDetectBytes = 8192;  // more of a text does not make its language clearer
constexpr int kMinPercent = 50;             // of it, in the language that is taken for the whole

}  // namespace

Language find_language(std::string_view tag) {
  std::string first = base::to_lower(base::trim(tag.substr(0, tag.find_first_of("-_"))));
  if (first.size() < 2) return kNoLanguage;
  for (const Row& r : kRows)
    if (r.code == first || std::ranges::count(base::split_blank(r.also), first)) return code_of(r);
  return kNoLanguage;
}

std::span<const Language> stemmed_languages() {
  static const std::vector<Language> all = [] {
    std::vector<Language> out;
    for (const Row& r : kRows)
      if (make_stemmer(r)) out.push_back(code_of(r));
    return out;
  }();
  return all;
}

Language detect_language(std::string_view utf8) {
  utf8 = mime::clip_utf8(utf8, kDetectBytes);
  if (utf8.size() < kMinDetect) return kNoLanguage;
  // CLD2 wants text that is fit for interchange; a control character is a blank.
  std::string text(utf8);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  CLD2::Language three[3];
  int percent[3];
  int bytes = 0;
  bool sure = false;
  CLD2::Language l = CLD2::DetectLanguageSummary(text.data(), static_cast<int>(text.size()), true, three, percent, &bytes, &sure);
  if (!sure || l == CLD2::UNKNOWN_LANGUAGE || percent[0] < kMinPercent) return kNoLanguage;
  return find_language(CLD2::LanguageCode(l));
}

struct Stemmer::Impl {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  struct Known {
    std::string stem;
    bool indexed;
  };
  std::unique_ptr<Xapian::Stem> algorithm;
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> known;  // words come again and again
  std::string last;

  // REQUIRES: `algorithm`.
  const Known& find(const Language& l, std::string_view word, std::string_view folded) {
    if (auto it = known.find(word); it != known.end()) return it->second;
    std::string stem;
    try {
      stem = fold_word((*algorithm)(lower(word, l)));
    } catch (const Xapian::Error&) {
    }
    if (stem.empty()) stem = folded;
    bool indexed = stem != folded && !is_stop_word(l, folded);
    if (known.size() >= kMaxStemsKept) known.clear();
    return known.emplace(word, Known{std::move(stem), indexed}).first->second;
  }
};

Stemmer::Stemmer(Language l) : language_(l), impl_(std::make_unique<Impl>()) {
  if (const Row* r = row_of(l)) impl_->algorithm = make_stemmer(*r);
}
Stemmer::~Stemmer() = default;
Stemmer::Stemmer(Stemmer&&) noexcept = default;
Stemmer& Stemmer::operator=(Stemmer&&) noexcept = default;

std::string_view Stemmer::stem(std::string_view word, std::string_view folded) {
  Impl& i = *impl_;
  if (!i.algorithm || word.size() > kMaxTerm) return i.last = folded;
  return i.find(language_, word, folded).stem;
}

std::string_view Stemmer::stem_to_index(std::string_view word, std::string_view folded) {
  if (!impl_->algorithm || word.size() > kMaxTerm) return {};
  const Impl::Known& known = impl_->find(language_, word, folded);
  return known.indexed ? std::string_view(known.stem) : std::string_view();
}

}  // namespace postern::index
