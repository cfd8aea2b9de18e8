#include "cmd/imapd/conversion.h"

#include <optional>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/charset_out.h"
#include "mime/html.h"

namespace postern::imapd {

namespace {

constexpr Conversion kConversions[] = {
    {"text/plain", "text/plain"}, {"text/html", "text/html"}, {"text/html", "text/plain"}};

std::unexpected<base::Error> bad_parameters(const char* what) {
  return base::fail(base::Fault::permanent, what, "BADPARAMETERS");
}

struct Wanted {
  std::string charset = "utf-8";
  bool charset_given = false;
  std::optional<std::string> replacement;
};

base::Result<Wanted> wanted(const ConversionParams& params) {
  Wanted out;
  for (const auto& [name, value] : params) {
    if (name == "charset") {
      out.charset = value;
      out.charset_given = true;
    } else if (name == "unknown-character-replacement") {
      if (!base::is_valid_utf8(value)) return bad_parameters("The replacement is not UTF-8");
      out.replacement = value;
    } else {
      return bad_parameters("Unknown conversion parameter");
    }
  }
  return out;
}

bool possible(std::string_view from, std::string_view to) {
  for (const Conversion& c : kConversions)
    if (c.from == from && c.to == to) return true;
  return false;
}

// HTML is in what the Content-Type says, so that what is converted says nothing else of itself.
std::string to_text(const Convertible& source, std::string_view type) {
  std::string utf8 = mime::to_utf8(source.bytes, source.charset).text;
  return type == source.type ? utf8 : mime::html_to_text(utf8, kMaxConverted);
}

}  // namespace

std::span<const Conversion> conversions() {
  return kConversions;
}

base::Result<Converted> convert(const Convertible& source, std::string_view type, const ConversionParams& params) {
  auto want = wanted(params);
  if (!want) return base::pass(want);
  if (type.empty()) type = "text/plain";
  if (!possible(source.type, type)) return bad_parameters("That conversion is not possible");
  if (!mime::known_charset(want->charset)) return bad_parameters("Charset not known");
  auto bytes = mime::from_utf8(to_text(source, type), want->charset, want->replacement);
  if (!bytes) return bad_parameters("The text has characters that the charset lacks");
  return Converted{std::string(type), want->charset, std::move(*bytes)};
}

base::Result<std::string> convert_header(std::string_view header, const ConversionParams& params) {
  auto want = wanted(params);
  if (!want) return base::pass(want);
  if (!want->charset_given || !base::iequals(want->charset, "utf-8"))
    return bad_parameters("Headers are converted into charset utf-8");
  return mime::words_to_utf8(header);
}

}  // namespace postern::imapd
