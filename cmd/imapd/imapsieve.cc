#include "cmd/imapd/imapsieve.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "client/mailer.h"
#include "client/store_host.h"
#include "ipc/large.h"
#include "model/flags.h"

namespace postern::imapd {

namespace {

using base::Result;

constexpr std::array<const char*, 5> kSystemFlags = {"\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted"};   // by bit
constexpr std::uint64_t kScriptlessMs = 10'000;
constexpr const char* kScriptEntry = "/shared/imapsieve/script";

// A message with what a run needs of it.
struct Subject {
  std::uint32_t uid = 0;
  std::vector<std::string> flags;
  base::Fd body;
};

class EventRun {
 public:
  EventRun(Session& s, std::shared_ptr<client::Login> login, SieveEvent event)
      : s_(s), login_(login), event_(std::move(event)), store_(s.shared.store, login),
        host_(s.shared.daemon.loop(), store_, &s.shared.runner, {}, {{"USER", login->name()}}, s.connection.session.id()) {}

  io::Task<void> run() {
    auto account = s_.shared.account(login_->account());
    auto known = account->scriptless.find(event_.mailbox);
    if (known != account->scriptless.end() && known->second > base::monotonic_ms()) co_return;
    auto name = co_await script_name();
    if (name.empty()) account->scriptless[event_.mailbox] = base::monotonic_ms() + kScriptlessMs;
    if (name.empty() || !co_await find_script(std::move(name))) co_return;
    co_await find_mailbox_name();
    std::size_t seen = 0;
    for (const imap::Run& r : event_.uids.runs())
      for (std::uint64_t uid = r.lo; uid <= r.hi; ++uid) {
        if (++seen > kMaxEventMessages) co_return note("too many messages: the rest is left as it is");
        co_await one(static_cast<std::uint32_t>(uid));
      }
  }

 private:
  void note(std::string_view what) const {
    base::log(base::Level::info, "imapsieve",
              {{"session", s_.connection.session.id()}, {"user", login_->name()}, {"mailbox", event_.mailbox}, {"what", what}});
  }

  // Of the mailbox, else of the server.
  io::Task<std::string> script_name() {
    for (std::uint32_t mailbox : {event_.mailbox, 0u}) {
      stored::Request r;
      r.mutable_get_metadata()->set_mailbox(mailbox);
      r.mutable_get_metadata()->add_entries(kScriptEntry);
      auto reply = co_await store_.read(std::move(r));
      if (!reply) co_return std::string();
      for (const auto& e : reply->metadata().entries())
        if (e.entry() == kScriptEntry) co_return e.value();
    }
    co_return std::string();
  }

  io::Task<bool> find_script(std::string name) {
    stored::Request r;
    r.mutable_get_scripts()->set_name(name);
    r.mutable_get_scripts()->set_text(true);
    auto reply = co_await store_.read(std::move(r));
    bool there = reply && reply->scripts().scripts_size() == 1;
    if (!there) {
      note("there is no script \"" + base::printable(name, 100) + "\"");
      co_return false;
    }
    auto& got = *reply->mutable_scripts();
    script_ = {got.scripts(0).name(), got.scripts(0).sha256(), std::make_shared<const std::string>(std::move(*got.mutable_text())),
               false};
    co_return true;
  }

  io::Task<void> find_mailbox_name() {
    std::uint32_t at = event_.mailbox;
    for (int depth = 0; at && depth < 100; ++depth) {
      stored::Request r;
      r.mutable_list_mailboxes()->add_ids(at);
      auto reply = co_await store_.read(std::move(r));
      if (!reply || reply->mailboxes().mailboxes_size() != 1) co_return;
      const auto& m = reply->mailboxes().mailboxes(0);
      mailbox_ = mailbox_.empty() ? m.name() : m.name() + "/" + mailbox_;
      at = m.parent();
    }
  }

  std::vector<std::string> names_of(model::Flags flags) const {
    std::vector<std::string> out;
    for (std::size_t bit = 0; bit < kSystemFlags.size(); ++bit)
      if (flags.has(static_cast<int>(bit))) out.emplace_back(kSystemFlags[bit]);
    for (std::size_t i = 0; i < s_.account->keywords.size(); ++i)
      if (flags.has(model::kFirstKeywordBit + static_cast<int>(i))) out.push_back(s_.account->keywords[i]);
    std::ranges::sort(out);
    return out;
  }

  // The message as a file in memory: a run may read it in any order.
  io::Task<Result<Subject>> fetch(std::uint32_t uid) {
    stored::Request r;
    auto& get = *r.mutable_get_emails();
    get.set_mailbox(event_.mailbox);
    get.add_uids(uid);
    get.set_email(true);
    get.set_location(true);
    std::optional<stored::EmailData> data;
    auto read = co_await s_.shared.store.emails(*login_, std::move(r), [&data](stored::Emails& e) {
      if (e.emails_size()) data = std::move(*e.mutable_emails(0));
      return true;
    });
    if (!read) co_return base::pass(read);
    if (!data) co_return base::fail(base::Fault::permanent, "the message is gone", "NOT_FOUND");
    auto at = blob::Location::parse(data->location());
    if (!at) co_return base::pass(at);
    Subject out;
    out.uid = uid;
    model::Flags flags{data->email().flags_lo(), data->email().flags_hi()};
    for (const auto& p : data->email().places())
      if (p.mailbox() == event_.mailbox && p.uid() == uid && p.deleted()) flags = flags | model::kDeletedBit;
    out.flags = names_of(flags);
    auto body = co_await s_.shared.daemon.loop().blocking([reader = s_.shared.bodies, at = *at]() -> Result<base::Fd> {
      auto file = base::open_spool({});
      if (!file) return file;
      Result<> written;
      auto read = reader->read_frames(at, 0, [&](std::string_view piece) {
        written = base::write_all(file->get(), piece);
        return written.has_value();
      });
      if (!read) return pass(read);
      if (!written) return pass(written);
      return file;
    });
    if (!body) co_return base::pass(body);
    out.body = std::move(*body);
    co_return out;
  }

  sieved::Run input(const Subject& m) const {
    sieved::Run run;
    run.set_user_address(login_->name());
    run.add_user_addresses(login_->name());
    run.set_unique_id(base::random_token(12));
    run.set_now(base::unix_now());
    run.set_imap_event(true);
    for (const auto& f : m.flags) run.add_flags(f);
    auto& e = *run.mutable_environment();
    e["host"] = s_.shared.settings.hostname;
    e["domain"] = login_->name().substr(login_->name().rfind('@') + 1);
    e["location"] = "MS";
    e["phase"] = "post";
    e["imap.user"] = login_->name();
    e["imap.email"] = login_->name();
    e["imap.cause"] = event_.cause;
    e["imap.mailbox"] = mailbox_;
    std::string changed;
    for (const auto& f : event_.flags) changed += (changed.empty() ? "" : " ") + f;
    if (!event_.flags.empty()) e["imap.changedflags"] = changed;
    return run;
  }

  io::Task<void> one(std::uint32_t uid) {
    auto message = co_await fetch(uid);
    if (!message) co_return note("uid " + std::to_string(uid) + ": " + message.error().what);
    sieved::Run asked = input(*message);
    std::vector<client::SieveScript> stack;
    stack.push_back(script_);
    client::SieveMessage body{.file = &message->body};
    auto outcome = co_await s_.shared.sieve.run(std::move(asked), std::move(stack), body, host_);
    if (!outcome) co_return note("uid " + std::to_string(uid) + ": " + outcome.error().what);
    // Where the script failed, nothing of it happens (RFC 6785 3.10).
    for (const auto& e : outcome->errors()) note(e.script() + ":" + std::to_string(e.line()) + ": " + e.what());
    if (outcome->errors().empty()) co_await carry_out(*message, *outcome);
  }

  io::Task<void> carry_out(const Subject& m, const sieved::Outcome& outcome) {
    bool kept = false;
    for (const auto& a : outcome.actions()) {
      bool stays = a.has_store() && a.store().only_flags();
      kept = kept || stays;
      if (stays)
        co_await set_flags(m, a.store());
      else if (a.has_store())
        kept = !co_await file_into(m.uid, a.store().where()) || kept;
      else if (a.has_redirect())
        kept = !co_await redirect(m, a.redirect()) || kept;
      else if (a.has_notify() && a.notify().has_mail())
        co_await send(a.notify().mail());
    }
    if (kept) co_return;
    std::vector<std::string> deleted{"\\Deleted"};
    co_await store_flags(event_.mailbox, m.uid, stored::StoreFlags::ADD, std::move(deleted));
  }

  io::Task<void> store_flags(std::uint32_t mailbox, std::uint32_t uid, stored::StoreFlags::Mode mode,
                             std::vector<std::string> flags) {
    stored::Request r;
    auto& set = *r.mutable_store_flags();
    set.set_mailbox(mailbox);
    set.add_uid_ranges(uid);
    set.add_uid_ranges(uid);
    set.set_mode(mode);
    for (auto& f : flags) set.add_flags(std::move(f));
    set.set_unchanged_since(UINT64_MAX);
    auto reply = co_await store_.write(std::move(r));
    if (!reply) co_return note("flags: " + reply.error().what);
    s_.account->learn(0, reply->flags_stored().new_keywords());
  }

  io::Task<void> set_flags(const Subject& m, const sieved::Store& keep) {
    std::vector<std::string> wanted(keep.where().flags().begin(), keep.where().flags().end());
    std::ranges::sort(wanted);
    if (wanted == m.flags) co_return;
    co_await store_flags(event_.mailbox, m.uid, stored::StoreFlags::REPLACE, std::move(wanted));
  }

  // A copy there, with the flags that the action wants.  False: it could not be put there, and stays where it is.
  io::Task<bool> file_into(std::uint32_t uid, const sieved::Destination& where) {
    std::uint32_t to = co_await host_.place(where);
    if (!to || to == event_.mailbox) co_return false;
    stored::Request r;
    auto& copy = *r.mutable_copy_emails();
    copy.set_from(event_.mailbox);
    copy.set_to(to);
    copy.add_uid_ranges(uid);
    copy.add_uid_ranges(uid);
    auto reply = co_await store_.write(std::move(r));
    if (!reply) note("fileinto: " + reply.error().what);
    if (!reply || reply->copied().to_uids().empty()) co_return false;
    std::vector<std::string> flags(where.flags().begin(), where.flags().end());
    if (!flags.empty()) co_await store_flags(to, reply->copied().to_uids(0), stored::StoreFlags::ADD, std::move(flags));
    co_return true;
  }

  io::Task<bool> redirect(const Subject& m, const sieved::Redirect& redirect) {
    auto text = ipc::to_descriptor(redirect.trace_field() + "Delivered-To: " + login_->name() + "\r\n");
    if (!text) co_return false;
    constexpr std::size_t kPiece = 64u << 10;
    std::string piece(kPiece, '\0');
    for (off_t at = 0;;) {
      ssize_t n = ::pread(m.body.get(), piece.data(), piece.size(), at);
      if (n < 0) co_return false;
      if (n == 0) break;
      if (!base::write_all(text->get(), std::string_view(piece).substr(0, static_cast<std::size_t>(n)))) co_return false;
      at += n;
    }
    client::Letter letter{redirect.sender(), {redirect.address()}, std::move(*text)};
    auto sent = co_await client::send_letter(s_.shared.runner, std::move(letter), s_.connection.session.id());
    if (!sent) note("redirect: " + sent.error().what);
    co_return sent.has_value();
  }

  io::Task<void> send(const sieved::Outgoing& mail) {
    auto text = ipc::to_descriptor(mail.text());
    if (!text) co_return note(text.error().what);
    client::Letter letter{mail.sender(), {mail.recipients().begin(), mail.recipients().end()}, std::move(*text)};
    auto sent = co_await client::send_letter(s_.shared.runner, std::move(letter), s_.connection.session.id());
    if (!sent) note("notify: " + sent.error().what);
  }

  Session& s_;
  std::shared_ptr<client::Login> login_;
  SieveEvent event_;
  client::LoginStore store_;
  client::StoreHost host_;
  client::SieveScript script_;
  std::string mailbox_;
};

}  // namespace

io::Task<void> run_scripts(Session& s, std::shared_ptr<client::Login> login, SieveEvent event) {
  // Another's mailbox: his scripts are not ours to read.
  if (s.shared.settings.sieve_url.empty() || event.uids.empty() || login->account() != s.self->account()) co_return;
  EventRun run(s, std::move(login), std::move(event));
  co_await run.run();
}

}  // namespace postern::imapd
