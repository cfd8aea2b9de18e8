// Scripts that a suite compiles and runs, and what becomes of their actions: mail in mailboxes, mail sent.
#include <algorithm>

#include "base/text.h"
#include "sieve/testsuite.h"

namespace postern::sieve {

base::Result<bool> Testsuite::compile_script(const std::string& path) {
  errors_.clear();
  script_.reset();
  auto text = read_(path);
  if (!text)
    return base::fail(base::Fault::permanent, "there is no file \"" + base::printable(path, 128) + "\"");
  auto compiled = compile(*text, compile_options());
  if (!compiled) {
    for (const Diagnostic& d : compiled.error().errors) errors_.push_back(d.what);
    errors_.push_back("the script has errors");  // suites count this one, too
    return false;
  }
  script_ = std::make_shared<const Program>(std::move(compiled->program));
  script_name_ = path;
  return true;
}

RunInput Testsuite::input(const Run& run) const {
  RunInput in = defaults_;
  in.envelope = run.in_.envelope;
  in.message = run.in_.message;
  return in;
}

base::Result<bool> Testsuite::run_scripts(Run& run, std::vector<Script> scripts, bool append) {
  errors_.clear();
  RunInput in = input(run);
  in.scripts = std::move(scripts);
  Outcome outcome = sieve::run(std::move(in), *this);
  for (const RunError& e : outcome.errors) errors_.push_back(e.what);
  bool ok = outcome.errors.empty();
  if (append && outcome_) {
    merge(std::move(outcome));
  } else {
    outcome_ = std::move(outcome);
    carried_out_ = 0;
  }
  return ok;
}

base::Result<bool> Testsuite::run_multiscript(Run& run, const std::vector<std::string>& paths) {
  std::vector<Script> scripts;
  for (const std::string& path : paths) {
    auto compiled = compile_script(path);
    if (!compiled || !*compiled) return compiled;
    scripts.push_back({path, script_, false});
  }
  auto ran = run_scripts(run, std::move(scripts), false);
  return ran && *ran ? execute_result(run) : ran;
}

namespace {

bool is_implicit(const Action& a) {
  const auto* s = std::get_if<Store>(&a.what);
  return s && s->is_implicit;
}

}  // namespace

// Puts the actions of a later script behind those of earlier ones.  A mailbox gets the message once
// (RFC 5228 2.10.3), and what was refused is not refused again.
void Testsuite::merge(Outcome later) {
  auto& before = outcome_->actions;
  auto is_done = [&](const Action& a) {
    const auto* s = std::get_if<Store>(&a.what);
    for (Action& b : before) {
      if (std::holds_alternative<Reject>(a.what) && std::holds_alternative<Reject>(b.what)) return true;
      auto* other = std::get_if<Store>(&b.what);
      if (!s || !other || mailbox_name(s->where.mailbox) != mailbox_name(other->where.mailbox)) continue;
      if (!s->is_implicit) {
        other->is_keep = s->is_keep || (other->is_keep && !other->is_implicit);
        other->is_implicit = false;
      }
      return true;
    }
    return false;
  };
  std::size_t shift = outcome_->versions.size();
  std::ranges::move(later.versions, std::back_inserter(outcome_->versions));
  std::ranges::move(later.seen, std::back_inserter(outcome_->seen));
  for (Action& a : later.actions) {
    if (is_done(a)) continue;
    a.version += shift;
    before.push_back(std::move(a));
  }
}

// As suites call them: every fileinto is a "store", an implicit keep is none.
std::vector<std::string> Testsuite::action_names(const Run& run) const {
  std::vector<std::string> out;
  for (const Action& a : outcome_ ? outcome_->actions : run.out_.actions) {
    if (is_implicit(a)) continue;
    std::string name(name_of(a));
    out.push_back(name == "fileinto" ? "store" : name);
  }
  return out;
}

void Testsuite::reset_result(Run& run) {
  outcome_.reset();
  carried_out_ = 0;
  kept_.reset();
  sent_.clear();
  run.out_.actions.clear();
  run.out_.seen.clear();
  run.implicit_keep_ = true;
  run.redirects_ = run.outgoing_ = 0;
  run.flags_.clear();
}

base::Result<bool> Testsuite::execute_result(Run& run) {
  errors_.clear();
  envelope_ = run.in_.envelope;
  const Outcome& outcome = outcome_ ? *outcome_ : run.out_;
  std::size_t in_inbox = mailboxes_["INBOX"].size();
  bool ok = true;
  for (; carried_out_ < outcome.actions.size(); ++carried_out_)
    ok = carry_out(outcome.actions[carried_out_], outcome) && ok;
  if (!outcome_ && run.implicit_keep_) {
    auto version = run.current_version();
    if (!version) return base::pass(version);
    Store keep;
    keep.where.flags = run.flags_;
    if (kept_ != *version) ok = carry_out({std::move(keep), "", 0, *version}, outcome) && ok;
    kept_ = *version;
  }
  // What goes wrong leaves the message in INBOX, as it came.
  if (!ok && mailboxes_["INBOX"].size() == in_inbox)
    (void)carry_out({Store{}, "", 0, outcome_ ? 0 : run.original_version_}, outcome);
  for (const SeenMark& m : outcome.seen)
    if (ok) seen_.insert(m.handle);
  return ok;
}

std::string Testsuite::mailbox_name(const std::string& name) {
  if (name.empty()) return "INBOX";
  bool inbox = base::istarts_with(name, "inbox") && (name.size() == 5 || name[5] == '.' || name[5] == '/');
  return inbox ? "INBOX" + name.substr(5) : name;
}

bool Testsuite::store(const Destination& where, std::string bytes) {
  std::string name = mailbox_name(where.mailbox);
  if (auto m = setting("mailboxid:" + where.mailbox_id); m && !where.mailbox_id.empty()) {
    name = mailbox_name(*m);
  } else if (auto u = setting("specialuse:" + where.special_use); u && !where.special_use.empty()) {
    name = mailbox_name(*u);
  }
  if (!mailboxes_.contains(name) && !where.create) {
    errors_.push_back("failed to store into mailbox \"" + name + "\": it doesn't exist");
    return false;
  }
  mailboxes_[name].push_back({std::move(bytes), where.flags});
  return true;
}

void Testsuite::send(const Outgoing& mail) {
  for (const std::string& to : mail.recipients) sent_.push_back({mail.sender, to, mail.text});
}

bool Testsuite::carry_out(const Action& a, const Outcome& outcome) {
  auto bytes = outcome.versions[a.version].bytes();
  if (!bytes) return false;
  if (const auto* s = std::get_if<Store>(&a.what)) return store(s->where, std::move(*bytes));
  if (const auto* r = std::get_if<Redirect>(&a.what)) {
    std::string to = r->list.empty() ? r->address : setting("list:" + r->list).value_or("");
    std::string from = sender_by("sieve_redirect_envelope_from").value_or(r->sender);
    if (r->sender.empty()) from.clear();  // a bounce stays one
    for (std::string_view one : base::split_blank(to))
      sent_.push_back({from, std::string(one), r->trace_field + *bytes});
    return true;
  }
  if (const auto* r = std::get_if<Reject>(&a.what)) {
    send(r->bounce);
    return true;
  }
  if (const auto* v = std::get_if<Vacation>(&a.what)) {
    send(v->reply);
    return !v->fcc || store(*v->fcc, v->reply.text);
  }
  if (const auto* n = std::get_if<Notify>(&a.what)) {
    if (n->mail) {
      // Where nothing says whom it comes from, Pigeonhole has the postmaster there.
      Outgoing mail = *n->mail;
      auto from = sender_by("sieve_notify_mailto_envelope_from");
      if (!from && n->from == own_address()) from = defaults_.postmaster;
      if (from && !mail.sender.empty()) mail.sender = *from;
      send(mail);
    }
    return !n->fcc || store(*n->fcc, n->mail->text);
  }
  if (const auto* p = std::get_if<Pipe>(&a.what)) {
    if (p->try_only || setting("command:" + p->program)) return true;
    errors_.push_back("failed to pipe the message to \"" + p->program + "\": there is no such command");
    return false;
  }
  if (const auto* r = std::get_if<Report>(&a.what)) {
    Outgoing mail = r->mail;
    constexpr std::string_view kFrom = "\r\nFrom: ";
    auto at = mail.text.find(kFrom);
    if (at != mail.text.npos) {
      at += kFrom.size();
      auto from = sender_by("sieve_report_from").value_or(defaults_.postmaster);
      mail.text.replace(at, mail.text.find("\r\n", at) - at, from);
    }
    send(mail);
  }
  return true;
}

}  // namespace postern::sieve
