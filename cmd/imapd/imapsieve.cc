#include "cmd/imapd/imapsieve.h"

#include <optional>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/imapd/sharing.h"
#include "cmd/imapd/stored_mail.h"

namespace postern::imapd {

namespace {

constexpr std::uint64_t kScriptlessMs = 10'000;
constexpr const char* kScriptEntry = "/shared/imapsieve/script";

class EventRun {
 public:
  EventRun(Session& s, std::shared_ptr<client::Login> login, SieveEvent event)
      : s_(s), login_(login), event_(std::move(event)), store_(s.shared.store, login) {}

  io::Task<void> run() {
    co_await gather();
    if (stack_.empty()) co_return;
    auto owner = co_await owner_name();
    if (owner.empty()) co_return note("the owner of the mailbox is not known");
    mail_.emplace(s_, login_, event_.mailbox, std::move(owner));
    if (to_.path.empty()) to_ = co_await place(login_, event_.mailbox);
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
  bool is_own() const { return login_->account() == s_.self->account(); }

  // The scripts that are to run, in their order.
  io::Task<void> gather() {
    const EventRules& rules = s_.shared.event_rules;
    bool is_watched = rules.any(event_.cause);
    if (is_watched) {
      to_ = co_await place(login_, event_.mailbox);
      if (event_.from) from_ = co_await place(s_.login, event_.from);
      stack_ = rules.matching(event_.cause, to_, from_, false);
    }
    auto own = co_await own_script();
    if (own) stack_.push_back(std::move(*own));
    if (!is_watched) co_return;
    for (auto& script : rules.matching(event_.cause, to_, from_, true)) stack_.push_back(std::move(script));
  }

  io::Task<std::optional<client::SieveScript>> own_script() {
    if (s_.shared.settings.sieve_url.empty()) co_return std::nullopt;
    auto account = s_.shared.account(login_->account());
    auto known = account->scriptless.find(event_.mailbox);
    if (known != account->scriptless.end() && known->second > base::monotonic_ms()) co_return std::nullopt;
    auto name = co_await script_name();
    if (!name.empty()) co_return co_await find_script(std::move(name));
    account->scriptless[event_.mailbox] = base::monotonic_ms() + kScriptlessMs;
    co_return std::nullopt;
  }

  // Of the mailbox, else of the server.
  io::Task<std::string> script_name() {
    for (bool server : {false, true}) {
      stored::Request r;
      r.mutable_get_metadata()->set_mailbox(server ? 0 : event_.mailbox);
      r.mutable_get_metadata()->add_entries(kScriptEntry);
      // The server's is told to everybody in his own account.
      auto reply = co_await s_.shared.store.read(server ? *s_.self : *login_, std::move(r));
      if (!reply) co_return std::string();
      for (const auto& e : reply->metadata().entries())
        if (e.entry() == kScriptEntry) co_return e.value();
    }
    co_return std::string();
  }

  io::Task<std::optional<client::SieveScript>> find_script(std::string name) {
    stored::Request r;
    r.mutable_get_scripts()->set_name(name);
    r.mutable_get_scripts()->set_text(true);
    auto reply = co_await store_.read(std::move(r));
    bool there = reply && reply->scripts().scripts_size() == 1;
    if (!there) {
      note("there is no script \"" + base::printable(name, 100) + "\" to be read");
      co_return std::nullopt;
    }
    auto& got = *reply->mutable_scripts();
    co_return client::SieveScript{got.scripts(0).name(), got.scripts(0).sha256(),
                                  std::make_shared<const std::string>(std::move(*got.mutable_text())), false};
  }

  io::Task<std::string> owner_name() {
    if (is_own()) co_return login_->name();
    std::vector<std::uint64_t> id{login_->account()};
    auto who = co_await people(s_, std::move(id));
    co_return who ? (*who)[0].name() : std::string();
  }

  // Empty where it is not to be seen.
  io::Task<EventRules::Place> place(std::shared_ptr<client::Login> login, std::uint32_t mailbox) {
    EventRules::Place out;
    std::uint32_t at = mailbox;
    for (int depth = 0; at && depth < 100; ++depth) {
      stored::Request r;
      r.mutable_list_mailboxes()->add_ids(at);
      auto reply = co_await s_.shared.store.read(*login, std::move(r));
      if (!reply || reply->mailboxes().mailboxes_size() != 1) co_return EventRules::Place();
      const auto& m = reply->mailboxes().mailboxes(0);
      if (at == mailbox) out.role = m.role();
      out.path = out.path.empty() ? m.name() : m.name() + "/" + out.path;
      at = m.parent();
    }
    co_return out;
  }

  sieved::Run asked() const {
    sieved::Run run = mail_->run();
    run.set_imap_event(true);
    auto& e = *run.mutable_environment();
    e["imap.user"] = login_->name();
    e["imap.email"] = login_->name();
    e["imap.cause"] = event_.cause;
    e["imap.mailbox"] = to_.path;
    e["vnd.dovecot.mailbox-to"] = to_.path;
    if (!from_.path.empty()) e["vnd.dovecot.mailbox-from"] = from_.path;
    if (!event_.flags.empty()) e["imap.changedflags"] = base::join(event_.flags, " ");
    return run;
  }

  io::Task<void> one(std::uint32_t uid) {
    sieved::Run run = asked();
    auto stack = stack_;
    auto result = co_await mail_->filter(uid, std::move(run), std::move(stack));
    if (!result.done.empty()) note("uid " + std::to_string(uid) + ": " + base::join(result.done, "; "));
    for (const auto& e : result.errors) note("uid " + std::to_string(uid) + ": " + e);
  }

  Session& s_;
  std::shared_ptr<client::Login> login_;
  SieveEvent event_;
  client::LoginStore store_;
  std::optional<StoredMail> mail_;
  std::vector<client::SieveScript> stack_;
  EventRules::Place to_, from_;
};

}  // namespace

io::Task<void> run_scripts(Session& s, std::shared_ptr<client::Login> login, SieveEvent event) {
  if (event.uids.empty()) co_return;
  EventRun run(s, std::move(login), std::move(event));
  co_await run.run();
}

}  // namespace postern::imapd
