#include "cmd/imapd/stored_mail.h"

#include <algorithm>
#include <optional>

#include "base/system.h"
#include "blob/location.h"
#include "model/flags.h"

namespace postern::imapd {

using base::Result;

namespace {

// On a worker.
Result<client::Incoming> read_message(blob::Reader& reader, const blob::Location& at, const std::string& spool) {
  return client::gather(spool, [&](auto&& take) { return reader.read_frames(at, 0, take); });
}

}  // namespace

struct StoredMail::Fetched {
  std::vector<std::string> flags;
  std::int64_t received = 0;
  std::optional<client::Incoming> message;
};

StoredMail::StoredMail(Session& s, std::shared_ptr<client::Login> login, std::uint32_t mailbox, std::string owner)
    : s_(s), login_(std::move(login)), account_(s.shared.account(login_->account())), mailbox_(mailbox), owner_(std::move(owner)),
      store_(s.shared.store, login_),
      host_(s.shared.daemon.loop(), store_, &s.shared.runner, client::sieve_folders(s.shared.daemon.config()), {{"USER", owner_}},
            s.connection.session.id()),
      filter_(s.shared.sieve, s.shared.runner, store_, host_,
              {owner_, {}, {{"USER", owner_}, {"HOST", s.shared.settings.hostname}}, s.shared.settings.spool_dir, s.connection.session.id()},
              {.learn = [account = account_](const stored::FlagsStored& done) { account->learn(0, done.new_keywords()); }}) {}

sieved::Run StoredMail::run() const {
  return client::stored_run(owner_);
}

// A flag without its name would be lost when flags are set anew.
io::Task<Result<>> StoredMail::know_keywords(model::Flags flags) {
  auto known = model::kFirstKeywordBit + static_cast<int>(account_->keywords.size());
  int highest = 127;
  while (highest >= known && !flags.has(highest)) --highest;
  if (highest < known) co_return Result<>();
  stored::Request r;
  r.mutable_get_account();
  auto reply = co_await store_.read(std::move(r));
  if (!reply) co_return base::pass(reply);
  account_->learn(0, reply->account().keywords());
  co_return Result<>();
}

io::Task<Result<StoredMail::Fetched>> StoredMail::fetch(std::uint32_t uid) {
  stored::Request r;
  auto& get = *r.mutable_get_emails();
  get.set_mailbox(mailbox_);
  get.add_uids(uid);
  get.set_email(true);
  get.set_location(true);
  std::optional<stored::EmailData> data;
  std::function<bool(stored::Emails&)> take = [&data](stored::Emails& e) {
    if (e.emails_size()) data = std::move(*e.mutable_emails(0));
    return true;
  };
  auto read = co_await s_.shared.store.emails(*login_, std::move(r), take);
  if (!read) co_return base::pass(read);
  if (!data) co_return base::fail(base::Fault::permanent, "the message is gone", "NOT_FOUND");
  auto at = blob::Location::parse(data->location());
  if (data->corrupt() || !at) co_return base::fail(base::Fault::corrupt, "the message is damaged", "CORRUPT");
  Fetched out;
  model::Flags flags{data->email().flags_lo(), data->email().flags_hi()};
  for (const auto& p : data->email().places())
    if (p.mailbox() == mailbox_ && p.uid() == uid && p.deleted()) flags = flags | model::kDeletedBit;
  auto named = co_await know_keywords(flags);
  if (!named) co_return base::pass(named);
  out.flags = model::imap_names(flags, account_->keywords);
  std::ranges::sort(out.flags);
  out.received = data->email().received();
  auto message = co_await s_.shared.daemon.loop().blocking(
      [reader = s_.shared.bodies, at = *at, spool = s_.shared.settings.spool_dir] { return read_message(*reader, at, spool); });
  if (!message) co_return base::pass(message);
  out.message = std::move(*message);
  co_return out;
}

io::Task<client::Filtered> StoredMail::filter(std::uint32_t uid, sieved::Run run, std::vector<client::SieveScript> stack) {
  auto fetched = co_await fetch(uid);
  if (!fetched) {
    client::Filtered out;
    out.errors.push_back(fetched.error().what);
    co_return out;
  }
  if (!run.imap_event()) client::set_envelope(run, *fetched->message, owner_);
  client::StoredMessage m{mailbox_, uid, std::move(fetched->flags), fetched->received, *fetched->message};
  co_return co_await filter_.filter(m, std::move(run), std::move(stack));
}

}  // namespace postern::imapd
