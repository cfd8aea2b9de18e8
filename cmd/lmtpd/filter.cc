// Deciding: a run of the stack, and of the vacation response beside it, becomes filings and actions.
#include "cmd/lmtpd/filter.h"

#include <ctime>

#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/lmtpd/vacation_script.h"
#include "model/flags.h"

namespace postern::lmtpd {

using base::Fault;
using base::Result;

namespace {

constexpr std::size_t kReplyLine = 400;     // bytes of one line of a refusal
constexpr std::size_t kReplyLines = 10;

std::int32_t zone_minutes(std::int64_t now) {
  time_t t = now;
  tm parts{};
  ::localtime_r(&t, &parts);
  return static_cast<std::int32_t>(parts.tm_gmtoff / 60);
}

std::map<std::string, std::string> environment_of(const Trace& trace, const FilterFor& copy) {
  return {{"HOST", trace.host}, {"USER", copy.delivery.name()}, {"SENDER", trace.from}, {"RECIPIENT", copy.address}};
}

bool files(const sieved::Outcome& o) {
  return std::ranges::any_of(o.actions(), [](const auto& a) { return a.has_store(); });
}

}  // namespace

Filter::Filter(Shared& shared, const Trace& trace, const client::Incoming& message, FilterFor copy)
    : shared_(shared), trace_(trace), message_(message), copy_(copy),
      store_(shared.store, copy.delivery.ticket(), copy.delivery.account()),
      host_(shared.daemon.loop(), store_, &shared.runner, shared.folders, environment_of(trace, copy), trace.id),
      acts_(shared.runner, store_, host_,
            {copy.delivery.name(), {copy.address}, environment_of(trace, copy), shared.daemon.config().var_path("spool"), trace.id}),
      versions_(message) {}

Filter::~Filter() = default;

sieved::Run Filter::input() const {
  sieved::Run run;
  run.set_from(trace_.from);
  run.set_to(copy_.address);
  run.set_user_address(copy_.address);
  run.add_user_addresses(copy_.delivery.name());
  run.set_unique_id(base::random_token(12));
  run.set_now(base::unix_now());
  run.set_zone_minutes(zone_minutes(run.now()));
  auto& e = *run.mutable_environment();
  e["domain"] = copy_.delivery.name().substr(copy_.delivery.name().rfind('@') + 1);
  e["host"] = trace_.host;
  e["location"] = "MDA";
  e["phase"] = "during";
  e["remote-host"] = trace_.helo;
  if (trace_.address != "local") e["remote-ip"] = trace_.address;
  e["vnd.dovecot.username"] = copy_.delivery.name();
  e["vnd.dovecot.default-mailbox"] = "INBOX";
  return run;
}

io::Task<Result<sieved::Outcome>> Filter::run(std::vector<client::SieveScript> stack) {
  client::SieveMessage message{message_.inline_body(), nullptr};
  std::optional<base::Fd> file;
  if (!message_.is_inline()) {
    auto opened = message_.descriptor();
    if (!opened) co_return base::pass(opened);
    file = std::move(*opened);
    message.file = &*file;
  }
  sieved::Run asked = input();
  auto outcome = co_await shared_.sieve.run(std::move(asked), std::move(stack), message, host_);
  if (outcome) {
    for (const auto& e : outcome->errors())
      base::log(base::Level::warning, "sieve_error",
                {{"id", trace_.id}, {"account", copy_.delivery.name()}, {"script", e.script()}, {"line", e.line()}, {"what", e.what()}});
    for (const auto& line : outcome->log()) acts_.note("sieve_log", line);
    co_return outcome;
  }
  if (outcome.error().fault == Fault::temporary) co_return outcome;
  // The script's own fault: the message is kept.
  base::log(base::Level::error, "sieve_failed",
            {{"id", trace_.id}, {"account", copy_.delivery.name()}, {"code", outcome.error().code}, {"what", outcome.error().what}});
  sieved::Outcome kept;
  auto& keep = *kept.add_actions()->mutable_store();
  keep.set_is_keep(true);
  keep.set_is_implicit(true);
  kept.add_versions()->set_original(true);
  co_return kept;
}

io::Task<Result<std::vector<Filing>>> Filter::decide() {
  std::vector<Filing> filings;
  auto scripts = co_await shared_.stack.of(store_);
  if (!scripts) co_return base::pass(scripts);
  if (scripts->stack.empty() && !scripts->vacation) co_return std::vector<Filing>{Filing{}};
  sieved::Outcome outcome;
  if (!scripts->stack.empty()) {
    auto decided = co_await run(std::move(scripts->stack));
    if (!decided) co_return base::pass(decided);
    outcome = std::move(*decided);
    ++shared_.filtered;
  } else {
    outcome.add_actions()->mutable_store()->set_is_keep(true);
    outcome.add_versions()->set_original(true);
  }
  if (scripts->vacation && files(outcome)) {
    if (auto script = vacation_script(*scripts->vacation, base::unix_now())) {
      std::vector<client::SieveScript> alone;
      alone.push_back(std::move(*script));
      auto answered = co_await run(std::move(alone));
      if (answered)
        for (auto& a : *answered->mutable_actions())
          if (a.has_vacation()) *outcome.add_actions() = std::move(a);
    }
  }
  if (auto made = versions_.make(outcome, shared_.daemon.config().var_path("spool")); !made) co_return base::pass(made);
  for (auto& a : *outcome.mutable_actions()) {
    if (a.has_store())
      co_await place(a.store().where(), a.version(), filings);
    else if (a.has_reject() && copy_.alone)
      refuse(a.reject());
    else if (!a.has_discard())
      actions_.push_back(std::move(a));
  }
  co_await join_default(filings);
  seen_ = std::move(*outcome.mutable_seen());
  co_return filings;
}

// What goes to one mailbox with the same flags is one email there, and emails that differ in nothing are one in several
// mailboxes.
io::Task<void> Filter::place(const sieved::Destination& where, std::uint32_t version, std::vector<Filing>& out) {
  std::uint32_t id = 0;
  bool is_default = where.mailbox().empty() && where.mailbox_id().empty() && where.special_use().empty();
  if (!is_default) {
    id = co_await host_.place(where);
    if (!id) acts_.note("sieve_no_mailbox", "\"" + where.mailbox() + "\" is not there: kept in INBOX");
  }
  // One that is no flag to the store must not cost the message.
  std::vector<std::string> flags;
  for (const auto& f : where.flags())
    if (model::system_flag(f) || model::valid_keyword(f)) flags.push_back(f);
  std::ranges::sort(flags);
  for (Filing& f : out) {
    if (f.version != version || f.flags != flags || f.mailboxes.empty() != (id == 0)) continue;
    if (id && std::ranges::find(f.mailboxes, id) == f.mailboxes.end()) f.mailboxes.push_back(id);
    co_return;
  }
  Filing f;
  if (id) f.mailboxes.push_back(id);
  f.flags = std::move(flags);
  f.version = version;
  out.push_back(std::move(f));
}

// What is kept where delivery puts mail, and filed elsewhere without a difference, is one email in both places.
io::Task<void> Filter::join_default(std::vector<Filing>& filings) {
  auto kept = std::ranges::find_if(filings, [](const Filing& f) { return f.mailboxes.empty(); });
  if (kept == filings.end()) co_return;
  auto same = std::ranges::find_if(filings, [&](const Filing& f) {
    return !f.mailboxes.empty() && f.version == kept->version && f.flags == kept->flags;
  });
  if (same == filings.end()) co_return;
  const client::MailboxTree* tree = co_await host_.mailboxes();
  std::uint32_t id = tree ? tree->for_detail(copy_.delivery.detail()) : 0;
  if (!id) co_return;
  if (std::ranges::find(same->mailboxes, id) == same->mailboxes.end()) same->mailboxes.push_back(id);
  filings.erase(kept);
}

// "550-5.7.1 a" CRLF "550 5.7.1 b": the reason, in ASCII, for a sender who may not know more (RFC 5429 2.1.1).
void Filter::refuse(const sieved::Reject& reject) {
  std::vector<std::string> lines;
  for (std::string_view line : base::split(reject.reason(), '\n')) {
    if (lines.size() == kReplyLines) break;
    std::string clean;
    for (char c : base::trim(line).substr(0, kReplyLine)) clean += c >= 0x20 && c < 0x7f ? c : '?';
    lines.push_back(std::move(clean));
  }
  while (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bool last = i + 1 == lines.size();
    refusal_ += (i ? "\r\n550" : "550") + std::string(last ? " " : "-") + "5.7.1 " + (lines[i].empty() ? "rejected" : lines[i]);
  }
  acts_.note("rejected", reject.reason());
}

}  // namespace postern::lmtpd
