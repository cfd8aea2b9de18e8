#include "store/verb_util.h"

#include <algorithm>

#include "store/keys.h"

namespace postern::store {

using base::fail;
using base::Fault;

Result<> admit_emails(const AccountState& a, std::uint64_t bytes, std::uint64_t emails, std::uint64_t freed_bytes,
                      std::uint64_t freed_emails) {
  const auto& r = a.rec;
  if (r.quota_bytes() && r.used_bytes() + bytes > r.quota_bytes() + freed_bytes)
    return fail(Fault::permanent, "the account is over its quota", "OVER_QUOTA");
  if (r.quota_emails() && r.used_emails() + emails > r.quota_emails() + freed_emails)
    return fail(Fault::permanent, "the account is over its quota of messages", "OVER_QUOTA");
  return {};
}

Result<> admit_mailboxes(const AccountState& a, std::size_t mailboxes) {
  if (!mailboxes) return {};
  if (a.living + mailboxes > kMaxMailboxes) return fail(Fault::limit, "too many mailboxes", "LIMIT");
  if (a.rec.quota_mailboxes() && a.living + mailboxes > a.rec.quota_mailboxes())
    return fail(Fault::permanent, "the account is over its quota of mailboxes", "OVER_QUOTA");
  return {};
}

void put_hints(AccountState& a, const std::vector<std::uint64_t>& principals, kv::Batch& extra) {
  for (std::uint64_t p : principals) {
    if (a.grants_to(p))
      extra.put(keys::shared(p, a.id), {});
    else
      extra.del(keys::shared(p, a.id));
  }
}

std::vector<std::uint64_t> grantees(const records::Mailbox& m) {
  std::vector<std::uint64_t> out;
  for (const auto& g : m.acl())
    if (!g.negative()) out.push_back(g.principal());
  return out;
}

void put_all_hints(AccountState& a, kv::Batch& extra) {
  for (const auto& [id, m] : a.mailboxes)
    if (m.alive()) put_hints(a, grantees(m.rec), extra);
}

Result<UidRanges> uid_ranges(const google::protobuf::RepeatedField<std::uint32_t>& flat) {
  if (flat.size() % 2) return base::fail(base::Fault::permanent, "a UID range without an end", "INVALID");
  UidRanges out;
  out.reserve(static_cast<std::size_t>(flat.size() / 2));
  for (int i = 0; i < flat.size(); i += 2) {
    auto [first, last] = std::minmax(flat[i], flat[i + 1]);
    if (last) out.emplace_back(std::max(first, 1u), last);
  }
  std::ranges::sort(out);
  std::size_t n = 0;
  for (auto range : out) {
    if (n && range.first <= out[n - 1].second)
      out[n - 1].second = std::max(out[n - 1].second, range.second);
    else
      out[n++] = range;
  }
  out.resize(n);
  return out;
}

}  // namespace postern::store
