#include "sieve/suite_spelling.h"

#include <algorithm>

#include "base/text.h"

namespace postern::sieve {
namespace {

struct Spelling {
  std::string_view command, tag, newer;
};
constexpr Spelling kSpellings[] = {
    {"test_config", ":set", "test_config_set"},
    {"test_config", ":unset", "test_config_unset"},
    {"test_config", ":reload", "test_config_reload"},
    {"test_binary", ":load", "test_binary_load"},
    {"test_binary", ":save", "test_binary_save"},
    {"test_mailbox", ":create", "test_mailbox_create"},
    {"test_mailbox", ":delete", "test_mailbox_delete"},
};

}  // namespace

std::optional<Syntax> newer_spelling(const Syntax& s) {
  if (s.arguments.empty() || s.arguments[0].kind != SyntaxArgument::Kind::tag) return std::nullopt;
  auto row = std::ranges::find_if(kSpellings, [&s](const Spelling& r) {
    return base::iequals(r.command, s.name) && base::iequals(r.tag, s.arguments[0].tag);
  });
  if (row == std::end(kSpellings)) return std::nullopt;
  Syntax out = s;
  out.name = row->newer;
  out.arguments.erase(out.arguments.begin());
  // What is reloaded has a tag of its own today.
  bool bare = row->tag == ":reload" && !out.arguments.empty() && out.arguments[0].kind == SyntaxArgument::Kind::string;
  if (bare) {
    SyntaxArgument extension;
    extension.kind = SyntaxArgument::Kind::tag;
    extension.at = out.arguments[0].at;
    extension.tag = ":extension";
    out.arguments.insert(out.arguments.begin(), std::move(extension));
  }
  return out;
}

}  // namespace postern::sieve
