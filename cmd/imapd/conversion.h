// What CONVERT can do (RFC 5259): text from any charset into another, HTML into plain text.  Pure; runs on a worker.
// Input: hostile.  Limits: kMaxConverted.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace postern::imapd {

// Parts above it are not converted.
inline constexpr std::uint64_t kMaxConverted = 8u << 20;

struct Conversion {
  std::string_view from, to;
};
std::span<const Conversion> conversions();
inline constexpr std::string_view kConversionParams = "\"charset\" \"unknown-character-replacement\"";

using ConversionParams = std::vector<std::pair<std::string, std::string>>;

struct Convertible {
  std::string type;     // "text/html"
  std::string charset;  // of text
  std::string bytes;    // after its transfer encoding
};
struct Converted {
  std::string type, charset, bytes;
};
// `type` empty: text/plain.  The error's code is BADPARAMETERS; its `what` is fit to be told.
base::Result<Converted> convert(const Convertible& source, std::string_view type, const ConversionParams& params);
// A header whose encoded words are in UTF-8, the charset that `params` must ask for.
base::Result<std::string> convert_header(std::string_view header, const ConversionParams& params);

}  // namespace postern::imapd
