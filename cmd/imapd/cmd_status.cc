// STATUS.  RFC 9051 6.3.11, RFC 8438 (SIZE), RFC 7162 (HIGHESTMODSEQ), RFC 8474 (MAILBOXID), RFC 9208
// (DELETED-STORAGE).
#include <algorithm>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/mailboxes.h"
#include "imap/writer.h"
#include "model/ids.h"
#include "model/sheet.h"

namespace postern::imapd {

namespace {

// Rows that no session has seen: the sheet is only needed when there are any.
io::Task<base::Result<std::uint64_t>> count_recent(Session& s, client::Login& login, const records::Mailbox& m) {
  if (m.recent_from() >= m.uidnext()) co_return 0;
  std::uint32_t from = m.recent_from();
  bool own = m.private_seen() && login.account() != s.self->account();
  auto view = co_await s.shared.store.sheet(login, m.id(), own);
  if (!view) co_return base::pass(view);
  auto uids = view->sheet->uid;
  co_return static_cast<std::uint64_t>(uids.end() - std::ranges::lower_bound(uids, from));
}

// Bytes that EXPUNGE would free; nobody keeps their sum.
io::Task<base::Result<std::uint64_t>> deleted_bytes(Session& s, client::Login& login, const records::Mailbox& m) {
  if (m.deleted_rows() == 0) co_return 0;
  bool own = m.private_seen() && login.account() != s.self->account();
  auto view = co_await s.shared.store.sheet(login, m.id(), own);
  if (!view) co_return base::pass(view);
  const model::Sheet& sheet = *view->sheet;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sheet.size(); ++i)
    if (sheet.flags(i).has(model::kDeleted)) sum += sheet.row(i).size;
  co_return sum;
}

}  // namespace

io::Task<base::Result<std::string>> status_text(Session& s, const Mailbox& m,
                                                std::vector<imap::StatusItem> items) {
  using imap::StatusItem;
  const records::Mailbox r = m.record;
  std::shared_ptr<client::Login> login = m.login;
  std::uint64_t account = m.account->id;
  std::string out = "* STATUS ";
  imap::append_mailbox(out, m.name, s.utf8_names());
  out += " (";
  bool first = true;
  for (StatusItem item : items) {
    if (!first) out += ' ';
    first = false;
    std::uint64_t n = 0;
    switch (item) {
      case StatusItem::messages:
        out += "MESSAGES ";
        n = r.rows();
        break;
      case StatusItem::uidnext:
        out += "UIDNEXT ";
        n = r.uidnext();
        break;
      case StatusItem::uidvalidity:
        out += "UIDVALIDITY ";
        n = r.uidvalidity();
        break;
      case StatusItem::unseen:
        out += "UNSEEN ";
        n = r.unseen_rows();
        break;
      case StatusItem::deleted:
        out += "DELETED ";
        n = r.deleted_rows();
        break;
      case StatusItem::size:
        out += "SIZE ";
        n = r.bytes();
        break;
      case StatusItem::highestmodseq:
        out += "HIGHESTMODSEQ ";
        n = std::max<std::uint64_t>(r.modseq(), 1);
        s.enable_condstore();
        break;
      case StatusItem::recent: {
        auto recent = co_await count_recent(s, *login, r);
        if (!recent) co_return base::pass(recent);
        out += "RECENT ";
        n = *recent;
        break;
      }
      case StatusItem::deleted_storage: {
        auto freed = co_await deleted_bytes(s, *login, r);
        if (!freed) co_return base::pass(freed);
        out += "DELETED-STORAGE ";
        n = *freed;
        break;
      }
      case StatusItem::appendlimit:
        out += "APPENDLIMIT ";
        n = s.shared.settings.max_request;
        break;
      case StatusItem::mailboxid:
        out += "MAILBOXID (";
        out += model::format_id(model::IdKind::mailbox, account, r.id());
        out += ')';
        continue;
    }
    imap::append_number(out, n);
  }
  out += ")\r\n";
  co_return std::move(out);
}

Answer run_status(Session& s, imap::StatusArgs args) {
  auto found = co_await find_mailbox(s, args.mailbox);
  if (!found) co_return from_error(found.error());
  if (auto may = permit(*found, model::kRead); !may) co_return from_error(may.error());
  auto text = co_await status_text(s, *found, std::move(args.items));
  if (!text) co_return from_error(text.error());
  s.write(std::move(*text));
  co_return ok("Done");
}

}  // namespace postern::imapd
