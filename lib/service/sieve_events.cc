#include "service/sieve_events.h"

#include "base/text.h"

namespace postern::service {

using base::fail;
using base::Fault;
using base::Result;

namespace {

Result<> take_word(SieveEventRule& rule, std::string_view word) {
  auto eq = word.find('=');
  auto key = word.substr(0, eq), value = eq == word.npos ? std::string_view() : word.substr(eq + 1);
  if (word == "after") return rule.after = true, Result<>{};
  if (key == "to" && !value.empty()) return rule.to = std::string(value), Result<>{};
  if (key == "from" && !value.empty()) return rule.from = std::string(value), Result<>{};
  if (key == "cause") {
    rule.causes = 0;
    for (std::string_view name : base::split(value, ',')) {
      auto one = sieve_cause(name);
      if (!one) return fail(Fault::permanent, std::string(word) + ": expected APPEND, COPY and FLAG, with commas between them");
      rule.causes |= one;
    }
    return {};
  }
  return fail(Fault::permanent, std::string(word) + ": expected to=MAILBOX, from=MAILBOX, cause=, after, and last the file of a script");
}

}  // namespace

std::uint8_t sieve_cause(std::string_view name) {
  if (base::iequals(name, "APPEND")) return SieveEventRule::append;
  if (base::iequals(name, "COPY")) return SieveEventRule::copy;
  return base::iequals(name, "FLAG") ? SieveEventRule::flag : 0;
}

Result<SieveEventRule> parse_sieve_event(std::string_view row) {
  auto words = base::split_blank(row);
  SieveEventRule rule;
  if (words.empty() || words.back() == "after" || words.back().find('=') != words.back().npos)
    return fail(Fault::permanent, "expected the file of a script as the last word");
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (auto ok = take_word(rule, words[i]); !ok) return pass(ok);
  // Only what is copied or moved comes from a mailbox.
  if (!rule.from.empty() && rule.causes != SieveEventRule::copy) {
    if (!(rule.causes & SieveEventRule::copy)) return fail(Fault::permanent, "from= needs cause=COPY");
    rule.causes = SieveEventRule::copy;
  }
  rule.script = std::string(words.back());
  return rule;
}

Result<std::vector<SieveEventRule>> parse_sieve_events(std::string_view rows) {
  std::vector<SieveEventRule> out;
  for (std::string_view row : base::split(rows, '\n')) {
    if (base::trim(row).empty()) continue;
    auto rule = parse_sieve_event(row);
    if (!rule) return pass(rule);
    if (out.size() == kMaxSieveEvents) return fail(Fault::limit, "more than 64 rows");
    out.push_back(std::move(*rule));
  }
  return out;
}

}  // namespace postern::service
