#include "cmd/pop3d/maildrop.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/system.h"
#include "cmd/pop3d/shared.h"
#include "model/flags.h"
#include "model/ids.h"

namespace postern::pop3d {

namespace {

using base::fail;
using base::Fault;
using base::pass;
using base::Result;

constexpr std::size_t kBatch = 1000;
constexpr std::size_t kAsked = 10'000;  // emails of one call

io::Task<Result<std::uint32_t>> find_inbox(Shared& shared, client::Login& login) {
  stored::Request request;
  request.mutable_list_mailboxes();
  auto reply = co_await shared.store.read(login, std::move(request));
  if (!reply) co_return pass(reply);
  for (const auto& m : reply->mailboxes().mailboxes())
    if (m.parent() == 0 && m.name() == "INBOX") co_return m.id();
  co_return fail(Fault::corrupt, "the account has no INBOX", "CORRUPT");
}

void put_ranges(google::protobuf::RepeatedField<std::uint32_t>& out, const std::vector<std::uint32_t>& uids) {
  for (std::uint32_t u : uids) {
    out.Add(u);
    out.Add(u);
  }
}

io::Task<Result<>> add_flags(Shared& shared, client::Login& login, std::uint32_t inbox, std::vector<std::uint32_t> uids,
                             std::vector<std::string> flags) {
  stored::Request request;
  auto& store = *request.mutable_store_flags();
  store.set_mailbox(inbox);
  store.set_unchanged_since(UINT64_MAX);
  put_ranges(*store.mutable_uid_ranges(), uids);
  for (const std::string& f : flags) store.add_flags(f);
  auto reply = co_await shared.store.write(login, std::move(request));
  if (!reply) co_return pass(reply);
  if (reply->flags_stored().denied_keywords()) co_return fail(Fault::limit, "the account has too many keywords", "LIMIT");
  co_return Result<>{};
}

io::Task<Result<>> expunge(Shared& shared, client::Login& login, std::uint32_t inbox, std::vector<std::uint32_t> uids) {
  auto marked = co_await add_flags(shared, login, inbox, uids, {"\\Deleted"});
  if (!marked) co_return marked;
  stored::Request request;
  request.mutable_expunge()->set_mailbox(inbox);
  put_ranges(*request.mutable_expunge()->mutable_uid_ranges(), uids);
  auto reply = co_await shared.store.write(login, std::move(request));
  if (!reply) co_return pass(reply);
  co_return Result<>{};
}

enum class Step { remove, hide, seen };

// All of `uids`, kBatch at a time.
io::Task<Result<>> in_batches(Shared& shared, client::Login& login, std::uint32_t inbox, std::vector<std::uint32_t> uids,
                              Step step) {
  for (std::size_t at = 0; at < uids.size(); at += kBatch) {
    auto from = uids.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<std::uint32_t> batch(from, from + static_cast<std::ptrdiff_t>(std::min(kBatch, uids.size() - at)));
    std::vector<std::string> flags{"\\Seen"};
    if (step == Step::hide) flags.emplace_back(kHiddenKeyword);
    Result<> done;
    if (step == Step::remove)
      done = co_await expunge(shared, login, inbox, std::move(batch));
    else
      done = co_await add_flags(shared, login, inbox, std::move(batch), std::move(flags));
    if (!done) co_return done;
  }
  co_return Result<>{};
}

}  // namespace

io::Task<Result<Maildrop>> Maildrop::open(Shared& shared, client::Login& login) {
  Maildrop drop;
  auto inbox = co_await find_inbox(shared, login);
  if (!inbox) co_return pass(inbox);
  drop.inbox_ = *inbox;
  auto view = co_await shared.store.sheet(login, *inbox);
  if (!view) co_return pass(view);
  std::vector<std::uint32_t> expired;
  drop.take(*view, shared, expired);
  auto removed = co_await in_batches(shared, login, *inbox, std::move(expired), Step::remove);
  if (!removed) co_return pass(removed);
  co_return std::move(drop);
}

void Maildrop::take(const client::SheetView& view, const Shared& shared, std::vector<std::uint32_t>& expired) {
  int keyword = model::find_keyword(view.keywords, kHiddenKeyword);
  std::unordered_set<std::uint64_t> seen;
  const model::Sheet& sheet = *view.sheet;
  std::int64_t now = base::unix_now();
  for (std::size_t i = 0; i < sheet.size(); ++i) {
    model::Flags flags = sheet.flags(i);
    if (flags.has(model::kDeleted)) continue;
    if (keyword >= 0 && flags.has(model::kFirstKeywordBit + keyword)) {
      auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - sheet.saved[i]));
      if (shared.settings.keep_s != service::kNone && age >= shared.settings.keep_s) expired.push_back(sheet.uid[i]);
      continue;
    }
    if (!seen.insert(sheet.email[i]).second) {
      more_rows_.emplace_back(sheet.email[i], sheet.uid[i]);
      continue;
    }
    messages_.push_back({.email = sheet.email[i], .uid = sheet.uid[i], .size = sheet.row(i).size});
  }
}

Message* Maildrop::find(std::uint32_t number) {
  if (number == 0 || number > messages_.size() || messages_[number - 1].deleted) return nullptr;
  return &messages_[number - 1];
}

std::size_t Maildrop::count() const {
  return static_cast<std::size_t>(std::ranges::count(messages_, false, &Message::deleted));
}

std::uint64_t Maildrop::bytes() const {
  std::uint64_t n = 0;
  for (const Message& m : messages_)
    if (!m.deleted) n += m.size;
  return n;
}

void Maildrop::reset() {
  for (Message& m : messages_) m.deleted = false;
}

io::Task<Result<const std::vector<std::string>*>> Maildrop::uidls(Shared& shared, client::Login& login) {
  if (!uidls_.empty() || messages_.empty()) co_return &uidls_;
  stored::Request about;
  about.mutable_get_account();
  auto account = co_await shared.store.read(login, std::move(about));
  if (!account) co_return pass(account);
  std::unordered_map<std::uint64_t, std::string> imported;
  if (account->account().pop3_uidls()) {
    for (std::size_t at = 0; at < messages_.size(); at += kAsked) {
      stored::Request request;
      auto& get = *request.mutable_get_emails();
      get.set_email(true);
      for (std::size_t i = at; i < std::min(at + kAsked, messages_.size()); ++i) get.add_ids(messages_[i].email);
      auto got = co_await shared.store.emails(login, std::move(request), [&imported](stored::Emails& piece) {
        for (auto& e : *piece.mutable_emails())
          if (!e.email().pop3_uidl().empty()) imported[e.id()] = std::move(*e.mutable_email()->mutable_pop3_uidl());
        return true;
      });
      if (!got) co_return pass(got);
    }
  }
  uidls_.reserve(messages_.size());
  for (const Message& m : messages_)
    uidls_.push_back(model::format_id(model::IdKind::email, login.account(), m.email));
  // Those of two servers may be the same.  A client that has one of the messages would never get the other (RFC 1939 7).
  std::unordered_set<std::string> taken(uidls_.begin(), uidls_.end());
  for (std::size_t i = 0; !imported.empty() && i < messages_.size(); ++i)
    if (auto it = imported.find(messages_[i].email); it != imported.end() && taken.insert(it->second).second)
      uidls_[i] = std::move(it->second);
  co_return &uidls_;
}

io::Task<Result<>> Maildrop::update(Shared& shared, client::Login& login) {
  std::vector<std::uint32_t> gone, seen;
  std::unordered_set<std::uint64_t> emails;
  for (const Message& m : messages_) {
    if (m.deleted) {
      gone.push_back(m.uid);
      emails.insert(m.email);
      ++shared.deleted;
    } else if (m.retrieved) {
      seen.push_back(m.uid);
    }
  }
  for (const auto& [email, uid] : more_rows_)
    if (emails.contains(email)) gone.push_back(uid);
  std::ranges::sort(gone);
  auto done = co_await in_batches(shared, login, inbox_, std::move(gone), shared.settings.hide ? Step::hide : Step::remove);
  if (!done) co_return done;
  co_return co_await in_batches(shared, login, inbox_, std::move(seen), Step::seen);
}

}  // namespace postern::pop3d
