// COMPARATOR.  RFC 5255 4.7: which collation SEARCH, SORT and THREAD use in this session.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "cmd/imapd/commands.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

using mime::Collation;
// Those with all three operations; the default first.
constexpr std::array kOffered = {Collation::unicode_casemap, Collation::ascii_casemap, Collation::octet};

// collation-order of RFC 4790: a name, where "*" stands for anything, perhaps with ";args" or "+"/"-" before it.
bool matches(std::string_view pattern, std::string_view name) {
  if (base::iequals(pattern, "default")) return name == mime::name_of(kOffered.front());
  return imap::ListPattern(base::to_lower(pattern)).match(name);
}

}  // namespace

Answer run_comparator(Session& s, imap::ComparatorArgs args) {
  std::vector<Collation> found;
  for (const std::string& pattern : args.orders)
    for (Collation c : kOffered)
      if (matches(pattern, mime::name_of(c)) && std::ranges::find(found, c) == found.end()) found.push_back(c);
  if (!args.orders.empty() && found.empty()) co_return no("No such comparator", "BADCOMPARATOR");
  if (!found.empty()) s.collation = found.front();
  std::string out = "* COMPARATOR ";
  imap::append_astring(out, mime::name_of(s.collation));
  if (found.size() > 1) {
    out += " (";
    for (Collation c : found) {
      if (out.back() != '(') out += ' ';
      imap::append_astring(out, mime::name_of(c));
    }
    out += ')';
  }
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

}  // namespace postern::imapd
