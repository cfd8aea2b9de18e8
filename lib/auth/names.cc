#include "auth/names.h"

#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "auth/limits.h"
#include "base/text.h"

namespace postern::auth {
namespace {

using base::Fault;

std::unexpected<base::Error> refused(std::string what) {
  return base::fail(Fault::permanent, std::move(what), "INVALID");
}

bool is_ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

struct CloseIdna {
  void operator()(UIDNA* u) const noexcept { uidna_close(u); }
};

const UIDNA* idna() {
  static const std::unique_ptr<UIDNA, CloseIdna> u = [] {
    UErrorCode e = U_ZERO_ERROR;
    constexpr uint32_t kRules = UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE |
                                UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ;
    return std::unique_ptr<UIDNA, CloseIdna>(uidna_openUTS46(kRules, &e));
  }();
  return u.get();
}

// Through one of ICU's normalisers; `s` is valid UTF-8.
base::Result<std::string> normalise(std::string_view s, const UNormalizer2* n, UErrorCode e) {
  std::vector<UChar> in(s.size() + 1), out(s.size() * 18 + 1);
  int32_t len = 0;
  u_strFromUTF8(in.data(), static_cast<int32_t>(in.size()), &len, s.data(), static_cast<int32_t>(s.size()),
                &e);
  int32_t m = 0;
  if (U_SUCCESS(e)) m = unorm2_normalize(n, in.data(), len, out.data(), static_cast<int32_t>(out.size()), &e);
  std::string r(static_cast<std::size_t>(m) * 3 + 1, '\0');
  int32_t bytes = 0;
  u_strToUTF8(r.data(), static_cast<int32_t>(r.size()), &bytes, out.data(), m, &e);
  if (U_FAILURE(e)) return refused("the name can't be normalised");
  r.resize(static_cast<std::size_t>(bytes));
  return r;
}

// Controls, formats (zero-width, bidi marks), private use, surrogates, unassigned and separators have no
// place.
bool has_invisible(std::string_view utf8) {
  int32_t i = 0;
  while (i < static_cast<int32_t>(utf8.size())) {
    UChar32 c;
    U8_NEXT(utf8.data(), i, static_cast<int32_t>(utf8.size()), c);
    if (c < 0 || (U_GET_GC_MASK(c) & (U_GC_C_MASK | U_GC_Z_MASK)) != 0) return true;
  }
  return false;
}

bool is_name_char(char c, bool plus) {
  if (c == '+') return plus;
  constexpr std::string_view kSpecial = "!#$&'-=?^_`{|}~.";
  return static_cast<unsigned char>(c) >= 0x80 || base::is_alpha(c) || base::is_digit(c) ||
         kSpecial.find(c) != std::string_view::npos;
}

// What is left of a quoted string whose quotes were not needed; everything else stays as it is.
std::string unquoted(std::string_view s) {
  if (s.size() < 2 || s.front() != '"' || s.back() != '"') return std::string(s);
  std::string out;
  for (std::size_t i = 1; i + 1 < s.size(); ++i) {
    if (s[i] == '\\' && i + 2 < s.size()) ++i;
    out += s[i];
  }
  return out;
}

base::Result<std::string> canonical_local(std::string_view s, bool plus) {
  std::string r;
  if (is_ascii(s)) {
    r = base::to_lower(s);
  } else {
    if (!base::is_valid_utf8(s)) return refused("the name is not valid UTF-8");
    // Folding removes what is ignorable by default: refuse it rather than let two spellings meet unseen.
    if (has_invisible(s)) return refused("the name contains invisible or unassigned characters");
    UErrorCode e = U_ZERO_ERROR;
    const UNormalizer2* fold = unorm2_getNFKCCasefoldInstance(&e);
    auto folded = normalise(s, fold, e);
    if (!folded) return folded;
    r = std::move(*folded);
    if (has_invisible(r)) return refused("the name contains invisible or unassigned characters");
  }
  if (r.empty()) return refused("the name is empty");
  if (r.size() > kMaxLocalPart)
    return base::fail(Fault::limit, "the name is longer than 64 bytes", "INVALID");
  auto bad = std::find_if_not(r.begin(), r.end(), [&](char c) { return is_name_char(c, plus); });
  if (bad != r.end())
    return refused("the name contains " + base::printable({&*bad, 1}) + ", which is not allowed");
  if (r.front() == '.' || r.back() == '.' || r.find("..") != std::string::npos)
    return refused("the name begins or ends with a dot, or has two in a row");
  return r;
}

base::Result<std::string> canonical_detail(std::string_view s) {
  if (s.size() > kMaxDetail)
    return base::fail(Fault::limit, "the detail is longer than 192 bytes", "INVALID");
  auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(s.begin(), s.end(), control)) return refused("control character in the detail");
  if (is_ascii(s)) return std::string(s);
  if (!base::is_valid_utf8(s)) return refused("the detail is not valid UTF-8");
  UErrorCode e = U_ZERO_ERROR;
  const UNormalizer2* nfc = unorm2_getNFCInstance(&e);
  return normalise(s, nfc, e);
}

bool is_plain_label(std::string_view l) {
  auto ldh = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-'; };
  return !l.empty() && l.size() <= 63 && l.front() != '-' && l.back() != '-' &&
         std::all_of(l.begin(), l.end(), ldh);
}

}  // namespace

base::Result<std::string> canonical_domain(std::string_view text) {
  if (text.empty()) return refused("the domain is empty");
  if (text.size() > kMaxDomain)
    return base::fail(Fault::limit, "the domain is longer than 253 bytes", "INVALID");
  std::string r = base::to_lower(text);
  // Only what is not plain LDH costs a trip through IDNA; A-labels take it too, so that a bogus one is
  // refused.
  if (!is_ascii(r) || r.find("xn--") != std::string::npos) {
    if (!base::is_valid_utf8(r)) return refused("the domain is not valid UTF-8");
    if (!idna()) return base::fail(Fault::temporary, "ICU has no IDNA tables");
    std::string out(kMaxDomain * 4, '\0');
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode e = U_ZERO_ERROR;
    int32_t n = uidna_nameToASCII_UTF8(idna(), r.data(), static_cast<int32_t>(r.size()), out.data(),
                                       static_cast<int32_t>(out.size()), &info, &e);
    if (U_FAILURE(e) || info.errors != 0) return refused("the domain is not valid (IDNA)");
    out.resize(static_cast<std::size_t>(n));
    r = std::move(out);
  }
  if (r.size() > kMaxDomain)
    return base::fail(Fault::limit, "the domain is longer than 253 bytes", "INVALID");
  auto labels = base::split(r, '.');
  if (!std::all_of(labels.begin(), labels.end(), is_plain_label)) return refused("the domain is not valid");
  return r;
}

base::Result<Address> parse_address(std::string_view text, const NameRules& rules) {
  if (text.empty()) return refused("the name is empty");
  if (text.size() > 2 * kMaxAddress) return base::fail(Fault::limit, "the name is too long", "INVALID");
  std::size_t at = text.rfind('@');
  std::string_view domain =
      at == std::string_view::npos ? std::string_view(rules.default_domain) : text.substr(at + 1);
  if (domain.empty()) return refused("the name has no domain and there is no default domain");
  Address a;
  auto d = canonical_domain(domain);
  if (!d) return base::pass(d);
  a.domain = std::move(*d);
  std::string local = unquoted(text.substr(0, at));
  bool plus_parts = rules.separator == '+';
  std::size_t plus = plus_parts ? local.find('+') : std::string::npos;
  if (plus != std::string::npos) {
    auto detail = canonical_detail(std::string_view(local).substr(plus + 1));
    if (!detail) return base::pass(detail);
    a.detail = std::move(*detail);
    local.resize(plus);
  }
  auto l = canonical_local(local, !plus_parts);
  if (!l) return base::pass(l);
  a.local = std::move(*l);
  return a;
}

base::Result<std::string> canonical_name(std::string_view text, const NameRules& rules) {
  auto a = parse_address(text, rules);
  if (!a) return base::pass(a);
  // A trailing plus counts as well: `a+` must not become a second spelling of `a` where names are made.
  if (rules.separator == '+' && text.substr(0, text.rfind('@')).find('+') != std::string_view::npos)
    return refused("the name contains +, which separates the detail");
  return a->key();
}

}  // namespace postern::auth
