#include "model/metadata.h"

#include <algorithm>

#include "base/text.h"

namespace postern::model {

namespace {

using base::fail;
using base::Fault;

bool legal(char c) {
  auto u = static_cast<unsigned char>(c);
  return u >= 0x20 && u < 0x7f && c != '*' && c != '%';
}

bool has_root(std::string_view name, std::string_view root) {
  return name.starts_with(root) && (name.size() == root.size() || name[root.size()] == '/');
}

}  // namespace

base::Result<std::string> canonical_entry(std::string_view name, EntryUse use) {
  auto bad = [](const char* why) { return fail(Fault::permanent, why, "INVALID"); };
  if (name.size() > kMaxEntryName) return fail(Fault::limit, "an entry name is over 400 bytes", "INVALID");
  if (name.empty() || name.front() != '/') return bad("an entry name begins with /");
  if (name.back() == '/' || name.find("//") != std::string_view::npos)
    return bad("an entry name must not end with / or have two in a row");
  if (!std::ranges::all_of(name, legal)) return bad("an entry name with a character that it may not have");
  std::string out = base::to_lower(name);
  if (!has_root(out, "/shared") && !has_root(out, "/private") && !has_root(out, "/internal"))
    return bad("an entry name begins with /shared or /private");
  if (use == EntryUse::question) return out;
  auto components = static_cast<std::size_t>(std::ranges::count(out, '/'));
  bool vendor = has_root(out, "/shared/vendor") || has_root(out, "/private/vendor");
  if (components < (vendor ? 4 : 2)) return bad("an entry name with too few parts");
  return out;
}

EntryScope scope_of(std::string_view entry) {
  return has_root(entry, "/shared")    ? EntryScope::shared
         : has_root(entry, "/private") ? EntryScope::personal
                                       : EntryScope::internal;
}

bool entry_matches(std::string_view asked, std::string_view entry, int depth) {
  if (!entry.starts_with(asked)) return false;
  if (entry.size() == asked.size()) return true;
  if (depth == 0 || entry[asked.size()] != '/') return false;
  return depth > 1 || entry.find('/', asked.size() + 1) == std::string_view::npos;
}

}  // namespace postern::model
