// Deciding: a run of the stack, and of the vacation response beside it, becomes filings and actions.
#include "cmd/lmtpd/filter.h"

#include <ctime>

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/lmtpd/vacation_script.h"

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

std::string rule_of(const sieved::Action& a) {
  return a.line() ? a.script() + ":" + std::to_string(a.line()) : "";
}

// RFC 5429 2.2: `reject` keeps to its text, and a reply is ASCII.  One without anybody to write to has only the reply.
bool is_sayable(const sieved::Reject& r) {
  return r.extended() || !r.bounce().recipients_size() ||
         std::ranges::all_of(r.reason(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Takes it out of one mailbox: is it in no other?
bool leave(Filing& f, std::uint32_t mailbox) {
  return std::erase(f.mailboxes, mailbox) && f.mailboxes.empty();
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
  run.set_user(copy_.delivery.name());
  run.set_unique_id(base::random_token(12));
  run.set_now(base::unix_now());
  run.set_zone_minutes(zone_minutes(run.now()));
  run.set_remote_host(trace_.helo);
  if (trace_.address != "local") run.set_remote_ip(trace_.address);
  return run;
}

io::Task<sieved::Answer> Filter::Host::answer(const sieved::Question& q) {
  Filter& f = filter_;
  bool program = q.kind() == sieved::Question::FILTER || q.kind() == sieved::Question::EXECUTE;
  if (program && f.scripts_.is_kept) f.confirmed_ = co_await f.confirm();
  if (f.confirmed_ && *f.confirmed_) co_return co_await f.host_.answer(q);
  sieved::Answer ends_the_run;
  ends_the_run.set_failed("the script has changed");
  co_return ends_the_run;
}

io::Task<Result<bool>> Filter::confirm() {
  auto now = co_await shared_.stack.ask(store_);
  if (!now) co_return base::pass(now);
  auto of = [](const stored::ScriptState& s) { return std::tuple(s.epoch(), s.script_modseq(), s.vacation_modseq()); };
  bool same = of(now->state) == of(scripts_.state);
  scripts_ = std::move(*now);
  co_return same;
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
  Host host(*this);
  auto outcome = co_await shared_.sieve.run(std::move(asked), std::move(stack), message, host);
  if (outcome || outcome.error().fault == Fault::temporary) co_return outcome;
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

// What the stack says, and the vacation response beside it.
io::Task<Result<sieved::Outcome>> Filter::evaluate() {
  sieved::Outcome outcome;
  if (!scripts_.stack.empty()) {
    auto decided = co_await run(scripts_.stack);
    if (!decided) co_return decided;
    outcome = std::move(*decided);
  } else {
    outcome.add_actions()->mutable_store()->set_is_keep(true);
    outcome.add_versions()->set_original(true);
  }
  if (!scripts_.vacation || !files(outcome)) co_return outcome;
  auto script = vacation_script(*scripts_.vacation, base::unix_now());
  if (!script) co_return outcome;
  std::vector<client::SieveScript> alone;
  alone.push_back(std::move(*script));
  auto answered = co_await run(std::move(alone));
  if (!answered) co_return outcome;
  for (auto& a : *answered->mutable_actions())
    if (a.has_vacation()) *outcome.add_actions() = std::move(a);
  outcome.mutable_errors()->MergeFrom(answered->errors());
  co_return outcome;
}

// Is all of it one email in a mailbox that is there?
io::Task<bool> Filter::only_stores(const sieved::Outcome& outcome) {
  if (outcome.actions_size() != 1 || !outcome.actions(0).has_store() || outcome.seen_size()) co_return false;
  const auto& where = outcome.actions(0).store().where();
  co_return !where.create() || !plain_path(outcome).empty() || co_await host_.find(where) != 0;
}

// Of the mailbox, where all that happens is that the message goes to one, by its name alone: then nobody need list the
// account's mailboxes.  Should the path lead nowhere, stored says so, nothing has happened, and it is decided anew.
std::string Filter::plain_path(const sieved::Outcome& outcome) const {
  if (anew_ || outcome.actions_size() != 1 || !outcome.actions(0).has_store() || outcome.seen_size()) return "";
  const auto& where = outcome.actions(0).store().where();
  if (!where.mailbox_id().empty() || !where.special_use().empty()) return "";
  return base::join(client::MailboxTree::components(where.mailbox()), "/");
}

io::Task<Result<std::vector<Filing>>> Filter::decide(bool anew) {
  anew_ = anew;
  auto scripts = anew ? co_await shared_.stack.ask(store_) : co_await shared_.stack.of(store_);
  if (!scripts) co_return base::pass(scripts);
  scripts_ = std::move(*scripts);
  for (;;) {
    if (scripts_.stack.empty() && !scripts_.vacation) co_return std::vector<Filing>{Filing{}};
    auto outcome = co_await evaluate();
    if (confirmed_ && *confirmed_) {
      if (!outcome) co_return base::pass(outcome);
      if (scripts_.is_kept && !co_await only_stores(*outcome)) confirmed_ = co_await confirm();
    }
    if (!confirmed_) co_return base::pass(confirmed_);
    if (*confirmed_) co_return co_await take(std::move(*outcome));
    confirmed_ = true;   // of what is asked for now; so this happens once
  }
}

io::Task<Result<std::vector<Filing>>> Filter::take(sieved::Outcome outcome) {
  for (const auto& e : outcome.errors())
    base::log(base::Level::warning, "sieve_error",
              {{"id", trace_.id}, {"account", copy_.delivery.name()}, {"script", e.script()}, {"line", e.line()}, {"what", e.what()}});
  for (const auto& line : outcome.log()) acts_.note("sieve_log", line);
  if (!scripts_.stack.empty()) ++shared_.filtered;
  if (auto made = versions_.make(outcome, shared_.daemon.config().var_path("spool")); !made) co_return base::pass(made);
  std::vector<Filing> filings;
  std::string path = plain_path(outcome);
  for (auto& a : *outcome.mutable_actions()) {
    if (a.has_store() && !path.empty())
      filings.push_back({{}, std::move(path), client::flags_of(a.store().where()), a.version(), rule_of(a)});
    else if (a.has_store())
      co_await place(a, filings);
    else if (a.has_reject() && copy_.alone && is_sayable(a.reject()))
      refuse(a.reject());
    else if (!a.has_discard())
      actions_.push_back(std::move(a));
  }
  co_await join_default(filings);
  seen_ = std::move(*outcome.mutable_seen());
  co_return filings;
}

// A message is in a mailbox once, with the flags that were said last (RFC 5228 2.10.3, RFC 5232 3), and emails that
// differ in nothing are one in several mailboxes.
io::Task<void> Filter::place(const sieved::Action& action, std::vector<Filing>& out) {
  const auto& where = action.store().where();
  std::uint32_t version = action.version();
  std::uint32_t id = 0;
  bool is_default = where.mailbox().empty() && where.mailbox_id().empty() && where.special_use().empty();
  if (!is_default) {
    id = co_await host_.place(where);
    if (!id) acts_.note("sieve_no_mailbox", "\"" + where.mailbox() + "\" is not there: kept in INBOX");
  }
  const client::MailboxTree* tree = id ? co_await host_.mailboxes() : nullptr;
  if (tree) names_[id] = tree->path(id);
  auto flags = client::flags_of(where);
  if (id) std::erase_if(out, [&](Filing& f) { return f.version == version && leave(f, id); });
  auto same = std::ranges::find_if(out, [&](const Filing& f) {
    return f.version == version && f.flags == flags && f.mailboxes.empty() == (id == 0);
  });
  Filing f{{}, {}, std::move(flags), version, {}};
  if (same != out.end()) {
    f = std::move(*same);
    out.erase(same);
  }
  if (id) f.mailboxes.push_back(id);
  f.rule = rule_of(action);
  out.push_back(std::move(f));   // in the order of what was said last
}

// What is kept where delivery puts mail, and filed elsewhere without a difference, is one email in both places.  Filed
// into that very mailbox with other flags, the last of the two counts.
io::Task<void> Filter::join_default(std::vector<Filing>& filings) {
  auto is_kept = [](const Filing& f) { return f.mailboxes.empty(); };
  auto kept = std::ranges::find_if(filings, is_kept);
  if (kept == filings.end() || filings.size() == 1) co_return;
  const client::MailboxTree* tree = co_await host_.mailboxes();
  std::uint32_t id = tree ? tree->for_detail(copy_.delivery.detail()) : 0;
  if (!id) co_return;
  names_[id] = tree->path(id);
  Filing keep = std::move(*kept);
  bool filed_later = std::any_of(kept + 1, filings.end(), [&](const Filing& f) {
    return f.version == keep.version && std::ranges::find(f.mailboxes, id) != f.mailboxes.end();
  });
  filings.erase(kept);
  if (filed_later) co_return;
  std::erase_if(filings, [&](Filing& f) { return f.version == keep.version && leave(f, id); });
  auto same = std::ranges::find_if(
      filings, [&](const Filing& f) { return f.version == keep.version && f.flags == keep.flags; });
  if (same != filings.end())
    same->mailboxes.push_back(id);
  else
    filings.push_back(std::move(keep));
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

std::string Filter::places(const Filing& f) const {
  if (!f.path.empty()) return f.path;
  std::vector<std::string> names;
  for (std::uint32_t id : f.mailboxes) names.push_back(names_.contains(id) ? names_.at(id) : "");
  return base::join(names, ", ");
}

}  // namespace postern::lmtpd
