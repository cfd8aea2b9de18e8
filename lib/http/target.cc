#include "http/target.h"

#include "base/codec.h"
#include "base/text.h"
#include "http/limits.h"

namespace postern::http {
namespace {

base::Result<std::string> decode_segment(std::string_view raw) {
  auto s = base::percent_decode(raw);
  if (!s || s->find('\0') != std::string::npos || !base::is_valid_utf8(*s))
    return base::fail(base::Fault::permanent, "malformed escape in the path");
  std::string_view rest = *s;
  while (true) {
    auto cut = rest.find_first_of("/\\");
    auto piece = rest.substr(0, cut);
    if (piece == "." || piece == "..") return base::fail(base::Fault::permanent, "dot segment in the path");
    if (cut == std::string_view::npos) return std::move(*s);
    rest.remove_prefix(cut + 1);
  }
}

base::Result<> parse_query(std::string_view query, Target& out) {
  for (auto item : base::split(query, '&')) {
    if (item.empty()) continue;
    if (out.query.size() == kMaxQueryItems) return base::fail(base::Fault::limit, "too many query items");
    auto eq = item.find('=');
    auto name = base::percent_decode(item.substr(0, eq));
    auto value =
        base::percent_decode(eq == std::string_view::npos ? std::string_view() : item.substr(eq + 1));
    if (!name || !value || value->find('\0') != std::string::npos || !base::is_valid_utf8(*value))
      return base::fail(base::Fault::permanent, "malformed escape in the query");
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

}  // namespace

std::string_view Target::query_value(std::string_view name) const {
  for (const auto& [n, v] : query)
    if (n == name) return v;
  return {};
}

base::Result<Target> parse_target(std::string_view raw) {
  Target t;
  if (raw == "*") return t;
  if (!raw.starts_with('/')) {
    auto scheme = raw.find("://");
    if (scheme == std::string_view::npos ||
        !(base::iequals(raw.substr(0, scheme), "http") || base::iequals(raw.substr(0, scheme), "https")))
      return base::fail(base::Fault::permanent, "malformed target");
    raw.remove_prefix(scheme + 3);
    auto slash = raw.find('/');
    raw = slash == std::string_view::npos ? "/" : raw.substr(slash);
  }
  if (raw.find('#') != std::string_view::npos)
    return base::fail(base::Fault::permanent, "fragment in the target");
  auto mark = raw.find('?');
  auto segments = base::split(raw.substr(1, mark == std::string_view::npos ? mark : mark - 1), '/');
  if (segments.size() > kMaxPathSegments) return base::fail(base::Fault::limit, "too many path segments");
  for (auto s : segments) {
    auto decoded = decode_segment(s);
    if (!decoded) return base::pass(decoded);
    t.path.push_back(std::move(*decoded));
  }
  if (mark != std::string_view::npos)
    if (auto r = parse_query(raw.substr(mark + 1), t); !r) return base::pass(r);
  return t;
}

}  // namespace postern::http
