// GetSheet and GetDelta.
#include <fcntl.h>

#include <algorithm>

#include "model/sheet.h"
#include "store/keys.h"
#include "store/own_seen.h"
#include "store/verb_util.h"

namespace postern::store {

using base::fail;
using base::Fault;

CachedSheet* Store::find_sheet(std::uint64_t account, std::uint32_t mailbox, std::uint64_t modseq) {
  auto it = sheets_.find({account, mailbox});
  if (it == sheets_.end() || it->second.sheet.modseq != modseq) return nullptr;
  recent_sheets_.splice(recent_sheets_.begin(), recent_sheets_, it->second.recent);
  ++stats_.sheets_shared;
  return &it->second.sheet;
}

CachedSheet& Store::keep_sheet(std::uint64_t account, std::uint32_t mailbox, CachedSheet sheet) {
  SheetKey key{account, mailbox};
  auto drop = [this](SheetKey k) {
    auto it = sheets_.find(k);
    if (it == sheets_.end()) return;
    sheet_bytes_ -= it->second.sheet.size;
    recent_sheets_.erase(it->second.recent);
    sheets_.erase(it);
  };
  drop(key);
  recent_sheets_.push_front(key);
  SheetEntry& e = sheets_[key];
  e.sheet = std::move(sheet);
  e.recent = recent_sheets_.begin();
  sheet_bytes_ += e.sheet.size;
  ++stats_.sheets_built;
  while ((sheet_bytes_ > options_.sheet_bytes || sheets_.size() > 2'000) && recent_sheets_.size() > 1)
    drop(recent_sheets_.back());
  return e.sheet;
}

namespace {

Result<std::string> pack_mailbox(Store& store, AccountState& a, MailboxState& m, const OwnSeen* own = nullptr) {
  auto rows = a.rows(store.engine(), m);
  if (!rows) return pass(rows);
  model::SheetBuilder b;
  b.reserve((*rows)->size());
  for (const model::SheetRow* r = (*rows)->from(1); r; r = (*rows)->next(r)) {
    if (own) {
      model::SheetRow seen = *r;
      seen.flags = own->flags(r->uid, r->flags);
      b.add(seen);
    } else {
      b.add(*r);
    }
  }
  return b.finish(m.rec.id(), m.rec.modseq());
}

Result<std::string> pack_account(Store& store, AccountState& a) {
  auto emails = a.emails(store.engine());
  if (!emails) return pass(emails);
  model::SheetBuilder b;
  b.reserve((*emails)->size());
  for (const HotEmail& e : **emails)
    if (!e.mailboxes.empty()) b.add(e.row, e.mailboxes);
  return b.finish(0, a.rec.email_modseq());
}

}  // namespace

Result<> fill_sheet(Store& store, Call& call, AccountState& a, MailboxState* m, bool unchanged, stored::Sheet& out) {
  std::uint64_t modseq = m ? m->rec.modseq() : a.rec.email_modseq();
  out.set_modseq(modseq);
  out.set_account_modseq(a.rec.modseq());
  *out.mutable_keywords() = a.rec.keywords();
  if (unchanged) {
    out.set_unchanged(true);
    return {};
  }
  // With flags of one's own it is nobody else's sheet.
  std::optional<OwnSeen> own;
  if (m) {
    auto loaded = OwnSeen::load(store.engine(), a.id, m->rec, call.who);
    if (!loaded) return pass(loaded);
    own = std::move(*loaded);
  }
  std::uint32_t id = m ? m->rec.id() : 0;
  CachedSheet unshared;
  CachedSheet* sheet = own ? nullptr : store.find_sheet(a.id, id, modseq);
  if (!sheet) {
    auto bytes = m ? pack_mailbox(store, a, *m, own ? &*own : nullptr) : pack_account(store, a);
    if (!bytes) return pass(bytes);
    CachedSheet fresh;
    fresh.modseq = modseq;
    fresh.size = bytes->size() + 200;
    if (bytes->size() > model::kInlineSheet) {
      auto fd = model::seal(*bytes);
      if (!fd) return pass(fd);
      fresh.fd = std::move(*fd);
    } else {
      fresh.bytes = std::move(*bytes);
    }
    unshared = own ? std::move(fresh) : CachedSheet();
    sheet = own ? &unshared : &store.keep_sheet(a.id, id, std::move(fresh));
  }
  if (!sheet->fd) {
    out.set_data(sheet->bytes);
    return {};
  }
  base::Fd copy(::fcntl(sheet->fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy) return std::unexpected(base::sys_error("dup of a sheet"));
  call.fds.push_back(std::move(copy));
  return {};
}

Result<> get_sheet(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.get_sheet();
  MailboxState* m = nullptr;
  if (r.mailbox()) {
    auto found = open_mailbox(call, a, r.mailbox());
    if (!found) return pass(found);
    m = *found;
  } else if (!is_owner(call.who, a.id)) {
    return fail(Fault::permanent, "all emails of an account are the owner's", "DENIED");
  }
  bool unchanged = r.have_modseq() && r.have_modseq() == (m ? m->rec.modseq() : a.rec.email_modseq());
  return fill_sheet(store, call, a, m, unchanged, *call.reply.mutable_sheet());
}

namespace {

// Expunges after `since` that are no longer in memory.
Result<> read_expunged(Store& store, const AccountState& a, std::uint32_t mailbox, std::uint64_t since,
                       std::vector<std::uint32_t>& out) {
  auto snapshot = store.engine().snapshot(a.id);
  if (!snapshot) return pass(snapshot);
  std::string from = keys::expunged(mailbox, since + 1), to = keys::after(keys::expunged_of(mailbox));
  for (bool more = true; more;) {
    auto end = (*snapshot)->scan(from, to, kMaxRowsPerRead, [&](std::string_view, std::string_view value) {
      records::Expunged x;
      if (x.ParseFromArray(value.data(), static_cast<int>(value.size())))
        out.insert(out.end(), x.uids().begin(), x.uids().end());
      return true;
    });
    if (!end) return pass(end);
    log_corrupt(a.id, *end);
    more = end->more;
    from = end->resume;
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return {};
}

}  // namespace

Result<> get_delta(Store& store, Call& call) {
  auto opened = open_account(store, call);
  if (!opened) return pass(opened);
  AccountState& a = **opened;
  const auto& r = call.request.get_delta();
  auto& out = *call.reply.mutable_delta();
  // Who may no longer read it has lost it as if it had been deleted.
  auto found = open_mailbox(call, a, r.mailbox());
  if (!found) {
    out.set_gone(true);
    return {};
  }
  MailboxState* m = *found;
  out.set_rights(rights_in(call.who, a.id, m->rec));
  *out.mutable_mailbox() = m->rec;
  if (!(out.rights() & model::kAdminister)) out.mutable_mailbox()->clear_acl();
  out.set_modseq(m->rec.modseq());
  for (int i = static_cast<int>(std::min<std::uint32_t>(r.known_keywords(), model::kMaxKeywords));
       i < a.rec.keywords_size(); ++i)
    out.add_new_keywords(a.rec.keywords(i));
  if (r.since() >= m->rec.modseq()) return {};
  if (r.since() < a.rec.log_floor()) {
    out.set_too_old(true);
    return {};
  }
  auto rows = a.rows(store.engine(), *m);
  if (!rows) return pass(rows);
  std::vector<std::uint32_t> changed, expunged;
  if (!(*rows)->recent(r.since(), changed, expunged)) {
    for (const model::SheetRow* row = (*rows)->from(1); row; row = (*rows)->next(row))
      if (row->modseq > r.since()) changed.push_back(row->uid);
    if (auto done = read_expunged(store, a, r.mailbox(), r.since(), expunged); !done) return done;
  }
  if (changed.size() > kMaxRowsPerAnswer || expunged.size() > 10 * kMaxRowsPerAnswer) {
    out.set_too_large(true);
    return {};
  }
  auto own = OwnSeen::load(store.engine(), a.id, m->rec, call.who);
  if (!own) return pass(own);
  for (std::uint32_t uid : changed) {
    fill_row(*out.add_rows(), *(*rows)->find(uid));
    if (*own) (*own)->show(*out.mutable_rows(out.rows_size() - 1));
  }
  out.mutable_expunged()->Assign(expunged.begin(), expunged.end());
  if (out.ByteSizeLong() > kMaxAnswerBytes) {
    out.clear_rows();
    out.clear_expunged();
    out.set_too_large(true);
  }
  return {};
}

}  // namespace postern::store
