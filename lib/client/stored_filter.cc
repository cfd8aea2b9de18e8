#include "client/stored_filter.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/system.h"
#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"

namespace postern::client {

using base::Result;

namespace {

constexpr std::size_t kEnvelopeHead = 64u << 10;   // bytes of a message that its envelope is looked for in

std::string name_of(const sieved::Destination& where) {
  if (!where.mailbox().empty()) return base::printable(where.mailbox(), 200);
  return where.special_use().empty() ? where.mailbox_id() : where.special_use();
}

// A keep, explicit or not: the message stays where it is.
bool stays(const sieved::Action& a) {
  return a.has_store() && (a.store().only_flags() || a.store().is_keep());
}

// What answers a sender, or refuses him.
const char* answer_to_sender(const sieved::Action& a) {
  return a.has_vacation() ? "vacation" : a.has_reject() ? a.reject().extended() ? "ereject" : "reject" : nullptr;
}

std::string phrase(const sieved::Action& a, bool same_place) {
  if (a.has_store()) return stays(a) || same_place ? "kept" : "filed into " + name_of(a.store().where());
  if (a.has_discard()) return "discarded";
  if (a.has_redirect()) return "redirected to " + (a.redirect().list().empty() ? a.redirect().address() : a.redirect().list());
  if (a.has_notify()) return "notified " + a.notify().method();
  if (a.has_pipe()) return "piped to " + a.pipe().program();
  if (a.has_report()) return "reported as " + a.report().feedback_type();
  return "left";
}

std::string problem_text(const sieved::Outcome::Problem& p) {
  return (p.line() ? "line " + std::to_string(p.line()) + ": " : std::string()) + p.what();
}

}  // namespace

std::string head_of(const Incoming& message, std::size_t most) {
  std::string head(message.inline_body().substr(0, most));
  if (!message.is_inline()) {
    auto file = message.descriptor();
    auto read = file ? base::pread_exact(file->get(), std::min<std::uint64_t>(most, message.size()), 0) : Result<std::string>(pass(file));
    if (read) head = std::move(*read);
  }
  head.resize(std::min(head.size(), head.find("\r\n\r\n")));
  return head;
}

void set_envelope(sieved::Run& run, const Incoming& message, const std::string& owner) {
  std::string head = head_of(message, kEnvelopeHead);
  auto address = [&head](std::string_view field) {
    auto a = mime::parse_address(mime::first_value(head, field));
    return a && !a->domain.empty() ? a->email() : std::string();
  };
  auto path = mime::first_value(head, "Return-Path");
  run.set_from(path.data() ? address("Return-Path") : owner);
  auto to = address("Delivered-To");
  run.set_to(to.empty() ? owner : to);
}

sieved::Run stored_run(const std::string& owner) {
  sieved::Run out;
  out.set_user_address(owner);
  out.set_user(owner);
  out.set_is_stored(true);
  return out;
}

// What is known before anything happens.
struct StoredFilter::Plan {
  explicit Plan(const Incoming& message) : versions(message) {}
  SieveVersions versions;
  std::map<const sieved::Action*, std::uint32_t> places;   // of what is filed; 0: to be made
  bool kept = false;
};

io::Task<Filtered> StoredFilter::filter(const StoredMessage& m, sieved::Run run, std::vector<SieveScript> stack) {
  Filtered out;
  SieveMessage body{m.message.inline_body(), nullptr};
  std::optional<base::Fd> file;
  if (!m.message.is_inline()) {
    auto opened = m.message.descriptor();
    if (!opened) {
      out.errors.push_back(opened.error().what);
      co_return out;
    }
    file = std::move(*opened);
    body.file = &*file;
  }
  run.set_unique_id(base::random_token(12));
  run.set_now(base::unix_now());
  for (const auto& f : m.flags) run.add_flags(f);
  auto outcome = co_await sieve_.run(std::move(run), std::move(stack), body, host_);
  if (!outcome) {
    out.errors.push_back(outcome.error().what);
    co_return out;
  }
  for (const auto& line : outcome->log()) out.warnings.push_back(line);
  for (const auto& e : outcome->errors()) out.errors.push_back(problem_text(e));
  // sieved says so of a script before it looks at the message.
  out.compiled = !(outcome->errors_size() && outcome->steps() == 0 && outcome->errors(0).kind() == sieved::Outcome::Problem::SCRIPT);
  if (out.errors.empty()) co_await carry_out(m, *outcome, out);
  co_return out;
}

// False: some mailbox is not there, and nothing may happen.
io::Task<bool> StoredFilter::find_places(const StoredMessage& m, const sieved::Outcome& outcome, Plan& plan, Filtered& out) {
  for (const auto& a : outcome.actions()) {
    if (!a.has_store() || stays(a)) continue;
    std::uint32_t id = co_await host_.find(a.store().where());
    if (!id && !a.store().where().create())
      out.errors.push_back((a.line() ? "line " + std::to_string(a.line()) + ": " : std::string()) + "mailbox does not exist: " +
                           name_of(a.store().where()));
    plan.places[&a] = id;
    plan.kept = plan.kept || id == m.mailbox;
  }
  co_return out.errors.empty();
}

io::Task<void> StoredFilter::carry_out(const StoredMessage& m, const sieved::Outcome& outcome, Filtered& out) {
  Plan plan(m.message);
  if (auto made = plan.versions.make(outcome, owner_.spool_dir); !made) {
    out.errors.push_back(made.error().what);
    co_return;
  }
  bool possible = co_await find_places(m, outcome, plan, out);
  if (!possible) co_return;
  for (const auto& a : outcome.actions()) {
    if (const char* what = answer_to_sender(a)) {
      out.refused.push_back(std::string(what) + ": no answers to mail that is stored already");
      // As if it were not there: the implicit keep that a reject cancelled is in force again.
      plan.kept = plan.kept || a.has_reject();
      continue;
    }
    auto done = co_await act(m, a, plan, out);
    if (done) continue;
    out.errors.push_back(phrase(a, false) + ": " + done.error().what);
    plan.kept = true;   // what did not work must not cost the message
  }
  out.kept = plan.kept;
  if (options_.dry_run) co_return;
  if (!plan.kept) {
    auto deleted = co_await store_flags(m, stored::StoreFlags::ADD, {"\\Deleted"});
    if (!deleted) out.errors.push_back("\\Deleted: " + deleted.error().what);
    out.kept = !deleted;
  }
  if (!out.errors.empty()) co_return;
  auto marked = co_await acts_.set_marks(outcome.seen());
  if (!marked) out.errors.push_back(marked.error().what);
}

io::Task<Result<>> StoredFilter::act(const StoredMessage& m, const sieved::Action& a, Plan& plan, Filtered& out) {
  std::uint32_t to = a.has_store() && !stays(a) ? plan.places[&a] : 0;
  bool same_place = to && to == m.mailbox;
  plan.kept = plan.kept || stays(a);
  auto flags = a.has_store() ? flags_of(a.store().where()) : m.flags;
  bool changes_flags = (stays(a) || same_place) && flags != m.flags;
  Result<> done;
  if (!options_.dry_run) {
    std::string before = "Delivered-To: " + owner_.account + "\r\n";
    if (changes_flags)
      done = co_await store_flags(m, stored::StoreFlags::REPLACE, flags);
    else if (a.has_store() && !stays(a) && !same_place)
      done = co_await file_into(m, a, to, plan);
    else if (a.has_redirect())
      done = co_await acts_.redirect(a.redirect(), plan.versions, a.version(), std::move(before));
    else if (a.has_pipe())
      done = co_await acts_.pipe(a.pipe(), plan.versions, a.version(), {});
    else if (a.has_notify())
      done = co_await acts_.notify(a.notify());
    else if (a.has_report())
      done = co_await acts_.send(a.report().mail());
  }
  bool tried = a.has_pipe() && a.pipe().try_only();
  if (!done && !tried) co_return done;
  if (!done) out.warnings.push_back(done.error().what);
  // That it stays is worth no word where something else is said.
  if (done && !(a.has_store() && a.store().is_implicit() && !changes_flags))
    out.done.push_back(phrase(a, same_place) + (changes_flags ? " with flags (" + base::join(flags, " ") + ")" : ""));
  co_return Result<>();
}

// A new message there, separate from this one (RFC 6785 3.3).  Where nothing differs the store may know both as one email.
io::Task<Result<>> StoredFilter::file_into(const StoredMessage& m, const sieved::Action& a, std::uint32_t to, const Plan& plan) {
  if (!to) to = co_await host_.place(a.store().where());
  if (!to) co_return base::fail(base::Fault::permanent, "the mailbox can't be made");
  auto flags = flags_of(a.store().where());
  if (!plan.versions.is_original(a.version()) || flags != m.flags) co_return co_await add_to(m, a, to, plan);
  stored::Request r;
  auto& copy = *r.mutable_copy_emails();
  copy.set_from(m.mailbox);
  copy.set_to(to);
  copy.add_uid_ranges(m.uid);
  copy.add_uid_ranges(m.uid);
  auto reply = co_await store_.write(std::move(r));
  if (!reply) co_return base::pass(reply);
  if (reply->copied().to_uids().empty()) co_return base::fail(base::Fault::permanent, "the message is gone", "NOT_FOUND");
  co_return Result<>();
}

io::Task<Result<>> StoredFilter::add_to(const StoredMessage& m, const sieved::Action& a, std::uint32_t to, const Plan& plan) {
  stored::Request r;
  auto& add = *r.mutable_add_emails();
  auto& t = *add.add_targets();
  t.set_account(store_.account());
  t.add_mailboxes(to);
  t.set_received(m.received);
  for (auto& f : flags_of(a.store().where())) {
    if (f == "\\Deleted")
      t.set_deleted(true);
    else
      t.add_keywords(std::move(f));
  }
  auto fds = plan.versions.message(a.version()).fill(add);
  if (!fds) co_return base::pass(fds);
  auto reply = co_await store_.write(std::move(r), std::move(*fds));
  if (!reply) co_return base::pass(reply);
  if (reply->added().results_size() != 1) co_return base::fail(base::Fault::temporary, "unexpected answer", "UNAVAILABLE");
  const auto& e = reply->added().results(0).error();
  if (!e.code().empty()) co_return base::fail(e.temporary() ? base::Fault::temporary : base::Fault::permanent, e.what(), e.code());
  co_return Result<>();
}

io::Task<Result<>> StoredFilter::store_flags(const StoredMessage& m, stored::StoreFlags::Mode mode, std::vector<std::string> flags) {
  stored::Request r;
  auto& set = *r.mutable_store_flags();
  set.set_mailbox(m.mailbox);
  set.add_uid_ranges(m.uid);
  set.add_uid_ranges(m.uid);
  set.set_mode(mode);
  for (auto& f : flags) set.add_flags(std::move(f));
  set.set_unchanged_since(UINT64_MAX);
  auto reply = co_await store_.write(std::move(r));
  if (!reply) co_return base::pass(reply);
  if (options_.learn) options_.learn(reply->flags_stored());
  co_return Result<>();
}

}  // namespace postern::client
