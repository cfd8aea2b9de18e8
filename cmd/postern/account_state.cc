#include "cmd/postern/account_state.h"

#include <unistd.h>

#include <algorithm>
#include <tuple>

namespace postern::cli {

using base::Result;

namespace {

constexpr int kRounds = 50;

// NOT_FOUND comes back as nothing.
Result<std::optional<stored::AccountInfo>> get_info(Context& c, std::uint64_t account) {
  stored::Request r;
  r.set_account(account);
  r.mutable_get_account();
  auto reply = c.stored(std::move(r));
  if (reply) return std::optional(std::move(*reply->mutable_account()));
  if (reply.error().code == "NOT_FOUND") return std::nullopt;
  return pass(reply);
}

Result<std::map<std::uint32_t, records::Mailbox>> get_mailboxes(Context& c, std::uint64_t account) {
  std::map<std::uint32_t, records::Mailbox> out;
  std::uint32_t from = 0;
  do {
    stored::Request r;
    r.set_account(account);
    r.mutable_list_mailboxes()->set_from_id(from);
    auto reply = c.stored(std::move(r));
    if (!reply) return pass(reply);
    // What shows all mail follows from the rest: where it is wanted the store makes it again.
    for (const auto& m : reply->mailboxes().mailboxes())
      if (!m.all()) out[m.id()] = m;
    from = reply->mailboxes().next_id();
  } while (from);
  return out;
}

// Annotations have no modseq: each is as it was when it was read.
Result<std::vector<stored::MetadataEntry>> get_metadata(Context& c, std::uint64_t account,
                                                        const std::map<std::uint32_t, records::Mailbox>& boxes) {
  stored::Request r;
  r.set_account(account);
  r.mutable_get_metadata()->set_all_mailboxes(true);
  std::vector<stored::MetadataEntry> out;
  auto ok = c.stored_items(std::move(r), [&](stored::Reply& reply) {
    for (auto& m : *reply.mutable_metadata()->mutable_entries())
      if (!m.mailbox() || boxes.contains(m.mailbox())) out.push_back(std::move(m));
    return true;
  });
  if (!ok) return pass(ok);
  std::ranges::sort(out, {}, [](const auto& m) { return std::tuple(m.mailbox(), m.principal(), m.entry()); });
  return out;
}

// Scripts with their texts.  One that was changed between two answers is as the later one says; the modseq of the
// account tells read_account() to look again.
Result<> get_scripts(Context& c, std::uint64_t account, AccountState& out) {
  stored::Request r;
  r.set_account(account);
  r.mutable_get_scripts();
  auto all = c.stored(std::move(r));
  if (!all) return pass(all);
  out.scripts.clear();
  out.vacation.reset();
  if (all->scripts().has_vacation()) out.vacation = std::move(*all->mutable_scripts()->mutable_vacation());
  for (const auto& s : all->scripts().scripts()) {
    stored::Request one;
    one.set_account(account);
    one.mutable_get_scripts()->set_id(s.id());
    one.mutable_get_scripts()->set_text(true);
    auto reply = c.stored(std::move(one));
    if (!reply) return pass(reply);
    if (reply->scripts().scripts().empty()) continue;
    auto& kept = out.scripts.emplace_back();
    *kept.mutable_script() = reply->scripts().scripts(0);
    kept.set_text(std::move(*reply->mutable_scripts()->mutable_text()));
  }
  std::ranges::sort(out.scripts, {}, [](const auto& s) { return s.script().id(); });
  return {};
}

// Entries of one mailbox and principal become one, ranges that touch one range.
void join_seen(std::vector<stored::SeenBy>& seen, const stored::SeenBy& next) {
  constexpr int kMaxRanges = 20'000;   // numbers in one entry
  bool same = !seen.empty() && seen.back().mailbox() == next.mailbox() && seen.back().principal() == next.principal() &&
              seen.back().uid_ranges_size() < kMaxRanges;
  if (!same) {
    seen.push_back(next);
    return;
  }
  auto& ranges = *seen.back().mutable_uid_ranges();
  for (int i = 0; i + 1 < next.uid_ranges_size(); i += 2) {
    if (ranges.at(ranges.size() - 1) + 1 == next.uid_ranges(i)) {
      ranges.Set(ranges.size() - 1, next.uid_ranges(i + 1));
      continue;
    }
    ranges.Add(next.uid_ranges(i));
    ranges.Add(next.uid_ranges(i + 1));
  }
}

void sort_rows(std::vector<AccountState::Row>& rows) {
  std::ranges::sort(rows, {}, [](const AccountState::Row& r) {
    return std::tuple(r.row.email, r.mailbox, r.row.uid);
  });
}

Result<> get_rest(Context& c, std::uint64_t account, AccountState& out) {
  out.deleted_mailboxes.clear();
  out.lost_rows.clear();
  out.deleted_emails.clear();
  out.marks.clear();
  out.seen.clear();
  stored::Request r;
  r.set_account(account);
  r.mutable_get_rest();
  auto ok = c.stored_items(std::move(r), [&](stored::Reply& reply) {
    auto& rest = *reply.mutable_rest();
    for (auto& m : *rest.mutable_mailboxes()) out.deleted_mailboxes[m.id()] = std::move(m);
    for (const auto& lost : rest.rows()) {
      model::SheetRow row;
      row.uid = lost.row().uid();
      row.flags = {lost.row().flags_lo(), lost.row().flags_hi()};
      row.modseq = lost.row().modseq();
      row.email = lost.row().email();
      row.saved = lost.row().saved();
      out.lost_rows.push_back({lost.mailbox(), row});
    }
    out.deleted_emails.insert(out.deleted_emails.end(), rest.emails().begin(), rest.emails().end());
    out.marks.insert(out.marks.end(), rest.marks().begin(), rest.marks().end());
    for (const auto& s : rest.seen())
      if (out.mailboxes.contains(s.mailbox())) join_seen(out.seen, s);
    return true;
  });
  if (!ok) return ok;
  sort_rows(out.lost_rows);
  std::ranges::sort(out.deleted_emails);
  return {};
}

using Sheets = std::map<std::uint32_t, std::shared_ptr<const model::Sheet>>;

// Reads the sheets that are missing or old.  Mailboxes that went away meanwhile are for the next round.
Result<> update(Context& c, std::uint64_t account, const std::map<std::uint32_t, records::Mailbox>& boxes,
                Sheets& sheets) {
  std::erase_if(sheets, [&](const auto& s) { return !boxes.contains(s.first); });
  for (const auto& [id, m] : boxes) {
    auto it = sheets.find(id);
    if (it != sheets.end() && it->second->modseq_now() == m.modseq()) continue;
    auto s = read_sheet(c, {}, account, id);
    if (!s && s.error().code == "NOT_FOUND") continue;
    if (!s) return pass(s);
    sheets[id] = std::move(s->sheet);
  }
  return {};
}

}  // namespace

std::string AccountState::path_of(std::uint32_t mailbox) const {
  return mailbox_path(
      mailboxes, mailbox, [](const auto& m) { return m.name(); }, [](const auto& m) { return m.parent(); });
}

std::uint64_t AccountState::emails() const {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) n += i == 0 || rows[i].row.email != rows[i - 1].row.email;
  return n;
}

Result<MailboxSheet> read_sheet(Context& c, const std::string& ticket, std::uint64_t account, std::uint32_t mailbox) {
  auto channel = c.channel("stored-admin", "stored", "stored/1");
  if (!channel) return pass(channel);
  stored::Request r;
  auto by = ticket.empty() ? c.admin_ticket() : Result<std::string>(ticket);
  if (!by) return pass(by);
  r.set_ticket(*by);
  r.set_account(account);
  r.mutable_get_sheet()->set_mailbox(mailbox);
  auto answer = (*channel)->call(r.SerializeAsString());
  if (!answer) return pass(answer);
  stored::Reply reply;
  if (!reply.ParseFromString(answer->payload) || !reply.has_sheet())
    return base::fail(base::Fault::temporary, "stored: " + reply.error().what(), reply.error().code());
  auto sheet = answer->fds.empty() ? model::Sheet::from_bytes(std::move(*reply.mutable_sheet()->mutable_data()))
                                   : model::Sheet::from_fd(answer->fds[0]);
  if (!sheet) return pass(sheet);
  return MailboxSheet{std::move(*sheet), {reply.sheet().keywords().begin(), reply.sheet().keywords().end()}};
}

Result<std::optional<AccountState>> read_account(Context& c, std::uint64_t account) {
  AccountState a;
  Sheets sheets;
  for (int round = 0; round < kRounds; ++round) {
    auto before = get_info(c, account);
    if (!before) return pass(before);
    if (!*before) return std::nullopt;
    auto boxes = get_mailboxes(c, account);
    if (!boxes) return pass(boxes);
    a.mailboxes = std::move(*boxes);
    if (auto ok = update(c, account, a.mailboxes, sheets); !ok) return pass(ok);
    if (auto ok = get_scripts(c, account, a); !ok) return pass(ok);
    // What no client sees is much now and then: it is read once all else was seen in one state.
    bool same = true;
    for (bool rest : {false, true}) {
      if (rest && !same && round + 1 < kRounds) break;
      if (rest)
        if (auto ok = get_rest(c, account, a); !ok) return pass(ok);
      auto after = get_info(c, account);
      if (!after) return pass(after);
      if (!*after) return std::nullopt;
      a.info = std::move(**after);
      same = (*before)->modseq() == a.info.modseq();
    }
    if (same) break;
    if (round > 10) ::usleep(static_cast<useconds_t>(round) * 1'000);
  }
  auto metadata = get_metadata(c, account, a.mailboxes);
  if (!metadata) return pass(metadata);
  a.metadata = std::move(*metadata);
  for (const auto& [id, sheet] : sheets)
    for (std::size_t i = 0; i < sheet->size(); ++i) a.rows.push_back({id, sheet->row(i)});
  sort_rows(a.rows);
  return a;
}

Result<> read_emails(Context& c, std::uint64_t account, std::span<const std::uint64_t> ids,
                     const stored::GetEmails& wanted,
                     const std::function<Result<>(stored::EmailData&)>& use) {
  if (ids.empty()) return {};
  stored::Request r;
  r.set_account(account);
  *r.mutable_get_emails() = wanted;
  r.mutable_get_emails()->mutable_ids()->Assign(ids.begin(), ids.end());
  Result<> used;
  auto done = c.stored_items(std::move(r), [&](stored::Reply& reply) {
    for (auto& e : *reply.mutable_emails()->mutable_emails())
      if (used) used = use(e);
    return used.has_value();
  });
  return used ? done : used;
}

}  // namespace postern::cli
