// Actions that say where a message goes: keep, fileinto, redirect, discard, reject, pipe; flags and
// variables.
#include <algorithm>

#include "base/text.h"
#include "mime/date.h"
#include "sieve/names.h"
#include "sieve/run.h"

namespace postern::sieve {

using Run = Interpreter::Run;

// The message as it is now: an action is about that, whatever a script does to it later (RFC 5293 6).
base::Result<std::size_t> Run::current_version() {
  if (message_.is_original()) return original_version_;
  auto v = message_.version();
  if (!v) return base::pass(v);
  const MessageVersion& last = out_.versions.back();
  if (last.source != v->source || last.header != v->header) out_.versions.push_back(std::move(*v));
  return out_.versions.size() - 1;
}

base::Result<Action*> Run::push(const Instruction& i, ActionKind what) {
  if (out_.actions.size() >= in_.limits.actions)
    return base::fail(base::Fault::limit, "total number of actions exceeds policy limit (" +
                                              std::to_string(in_.limits.actions) + ")");
  auto version = current_version();
  if (!version) return base::pass(version);
  out_.actions.push_back({std::move(what), frame().script.name, i.line, *version});
  return &out_.actions.back();
}

bool Run::has_rejected() const {
  return std::ranges::any_of(out_.actions,
                             [](const Action& a) { return std::holds_alternative<Reject>(a.what); });
}

std::string Run::own_address() const {
  return in_.user_address.empty() ? in_.envelope.to : in_.user_address;
}

bool Run::is_own_address(std::string_view address) const {
  auto same = [address](std::string_view a) { return !a.empty() && base::iequals(a, address); };
  return same(in_.user_address) || same(in_.envelope.to) || same(in_.envelope.orig_to) ||
         std::ranges::any_of(in_.user_addresses, same);
}

base::Result<> Run::count_outgoing() {
  if (++outgoing_ <= in_.limits.outgoing) return {};
  return base::fail(base::Fault::limit, "number of messages to send exceeds policy limit (" +
                                            std::to_string(in_.limits.outgoing) + ")");
}

// Words of all strings, each flag once; what can be no flag is left out (RFC 5232 2).
base::Result<std::vector<std::string>> Run::flag_list(const std::vector<std::string>& given) const {
  std::vector<std::string> out;
  for (const std::string& s : given)
    for (std::string_view word : base::split_blank(s)) {
      bool known = std::ranges::any_of(out, [word](const auto& f) { return base::iequals(f, word); });
      if (known || !valid_flag(word)) continue;
      if (out.size() == kMaxFlags)
        return base::fail(base::Fault::limit, "more than " + std::to_string(kMaxFlags) + " flags");
      out.emplace_back(word);
    }
  return out;
}

Run::Flow Run::do_flags(const Instruction& i) {
  auto given = texts(i, Slot::flags);
  if (!given) return fail(given.error());
  auto list = flag_list(*given);
  if (!list) return fail(list.error());
  const Argument* a = find(i, Slot::variable);
  const Template* name = a ? &frame().script.program->strings[a->strings[0]] : nullptr;
  std::vector<std::string> now = flags_;
  if (name) {
    auto value = expand(*name);
    if (!value) return fail(value.error());
    auto flags = flag_list({*value});
    if (!flags) return fail(flags.error());
    now = std::move(*flags);
  }
  auto is_in = [](const std::vector<std::string>& l, const std::string& f) {
    return std::ranges::any_of(l, [&](const auto& x) { return base::iequals(x, f); });
  };
  if (i.op == Op::setflag) now.clear();
  if (i.op == Op::removeflag) {
    std::erase_if(now, [&](const std::string& f) { return is_in(*list, f); });
  } else {
    for (const std::string& f : *list)
      if (!is_in(now, f)) now.push_back(f);
  }
  if (now.size() > kMaxFlags)
    return fail("more than " + std::to_string(kMaxFlags) + " flags", RunError::Kind::limit);
  if (!name) {
    flags_ = std::move(now);
    return Flow::next;
  }
  auto r = assign(*name, base::join(now, " "));
  return r ? Flow::next : fail(r.error());
}

Run::Flow Run::do_set(const Instruction& i) {
  auto value = text(i, Slot::value);
  if (!value) return fail(value.error());
  auto r = assign(frame().script.program->strings[find(i, Slot::variable)->strings[0]],
                  modified(i, std::move(*value)));
  return r ? Flow::next : fail(r.error());
}

base::Result<> Run::destination(const Instruction& i, Slot mailbox, Destination& out) {
  auto name = text(i, mailbox);
  if (!name) return base::pass(name);
  if (!valid_mailbox(*name))
    return base::fail(base::Fault::permanent, "\"" + base::printable(*name, 64) + "\" is an invalid folder name");
  auto id = text(i, Slot::mailbox_id);
  auto use = text(i, Slot::special_use);
  if (!id || !use) return id ? base::pass(use) : base::pass(id);
  if (has(i, Slot::special_use) && !valid_special_use(*use))
    return base::fail(base::Fault::permanent,
                      "\"" + base::printable(*use, 64) + "\" is no special-use attribute");
  out.mailbox = std::move(*name);
  if (is_plain(*id)) out.mailbox_id = std::move(*id);  // else there is none that has it (RFC 9042 4)
  out.special_use = std::move(*use);
  out.create = has(i, Slot::create);
  out.flags = flags_;
  if (!has(i, Slot::flags)) return {};
  auto given = texts(i, Slot::flags);
  if (!given) return base::pass(given);
  auto flags = flag_list(*given);
  if (!flags) return base::pass(flags);
  out.flags = std::move(*flags);
  return {};
}

Run::Flow Run::do_keep(const Instruction& i) {
  if (has_rejected()) return fail("keep can't go together with reject");
  Store keep;
  keep.is_keep = true;
  keep.only_flags = in_.imap_event;
  keep.where.flags = flags_;
  if (has(i, Slot::flags)) {
    auto given = texts(i, Slot::flags);
    if (!given) return fail(given.error());
    auto flags = flag_list(*given);
    if (!flags) return fail(flags.error());
    keep.where.flags = std::move(*flags);
  }
  implicit_keep_ = false;
  // A second keep keeps the message no better; its flags count (RFC 5232 5).
  std::erase_if(out_.actions, [](const Action& a) {
    const auto* s = std::get_if<Store>(&a.what);
    return s && s->is_keep;
  });
  auto r = push(i, std::move(keep));
  return r ? Flow::next : fail(r.error());
}

Run::Flow Run::do_fileinto(const Instruction& i) {
  if (has_rejected()) return fail("fileinto can't go together with reject");
  Store store;
  if (auto r = destination(i, Slot::mailbox, store.where); !r) return fail(r.error());
  auto version = current_version();
  if (!version) return fail(version.error());
  if (!has(i, Slot::copy)) implicit_keep_ = false;
  // Into the same mailbox once only (RFC 5228 2.10.3), with the last flags (RFC 5232 5).
  for (Action& a : out_.actions) {
    auto* s = std::get_if<Store>(&a.what);
    if (!s || s->is_keep || a.version != *version || s->where.mailbox != store.where.mailbox ||
        s->where.mailbox_id != store.where.mailbox_id || s->where.special_use != store.where.special_use)
      continue;
    s->where.flags = std::move(store.where.flags);
    return Flow::next;
  }
  auto r = push(i, std::move(store));
  return r ? Flow::next : fail(r.error());
}

Run::Flow Run::do_discard(const Instruction& i) {
  implicit_keep_ = false;
  auto r = push(i, Discard{});
  return r ? Flow::next : fail(r.error());
}

Run::Flow Run::do_redirect(const Instruction& i) {
  if (has_rejected()) return fail("redirect can't go together with reject");
  Redirect r;
  auto address = text(i, Slot::address);
  if (!address) return fail(address.error());
  if (has(i, Slot::list)) {
    auto uri = list_uri(*address);
    if (!uri) return fail("\"" + base::printable(*address, 64) + "\" is no list");
    r.list = std::move(*uri);
    Question q;
    q.kind = Question::Kind::list_valid;
    q.values.push_back(r.list);
    const Answer* a = ask(std::move(q));
    if (!a) return Flow::ask;
    if (!a->yes) return fail("there is no list \"" + base::printable(*address, 64) + "\"");
  } else {
    auto checked = check_address(*address, true);
    if (!checked) return fail(checked.error());
    r.address = std::move(*checked);
  }
  // To oneself, or round in a circle: the message is kept instead.
  bool circle = is_own_address(r.address);
  for (std::size_t line : message_.find("x-sieve-redirected-from"))
    circle = circle || is_own_address(base::trim(message_.decoded(line)));
  if (circle) {
    log("redirect at line " + std::to_string(i.line) + " would come back to this user: not done");
    return Flow::next;
  }
  auto notify = plain(i, Slot::dsn_notify), ret = plain(i, Slot::dsn_ret), mode = plain(i, Slot::by_mode),
       absolute = plain(i, Slot::by_absolute);
  for (auto* t : {&notify, &ret, &mode, &absolute})
    if (!*t) return fail(t->error());
  r.notify = base::to_upper(*notify);
  if (!r.notify.empty() && !valid_dsn_notify(r.notify))
    return fail("wrong :notify \"" + base::printable(*notify, 64) + "\"");
  r.ret = base::to_upper(*ret);
  if (!r.ret.empty() && r.ret != "FULL" && r.ret != "HDRS")
    return fail("wrong :ret \"" + base::printable(*ret, 64) + "\"");
  if (has(i, Slot::by_relative) || has(i, Slot::by_absolute)) {
    auto at = mime::parse_rfc3339(*absolute);
    if (has(i, Slot::by_absolute) && !at)
      return fail("wrong :bytimeabsolute \"" + base::printable(*absolute, 64) + "\"");
    constexpr std::uint64_t kMostSeconds = 999'999'999;  // RFC 2852 4: nine digits
    r.by_time =
        at ? at->seconds
           : in_.now + static_cast<std::int64_t>(std::min(number(i, Slot::by_relative), kMostSeconds));
    r.by_mode = mode->empty() ? "return" : base::to_lower(*mode);
    if (r.by_mode != "return" && r.by_mode != "notify")
      return fail("wrong :bymode \"" + base::printable(*mode, 64) + "\"");
    r.by_trace = has(i, Slot::by_trace);
  }
  if (!has(i, Slot::copy)) implicit_keep_ = false;
  for (const Action& a : out_.actions) {
    const auto* other = std::get_if<Redirect>(&a.what);
    if (other && base::iequals(other->address, r.address) && other->list == r.list) return Flow::next;
  }
  if (++redirects_ > in_.limits.redirects)
    return fail(
        "number of redirect actions exceeds policy limit (" + std::to_string(in_.limits.redirects) + ")",
        RunError::Kind::limit);
  if (auto counted = count_outgoing(); !counted) return fail(counted.error());
  // RFC 6009 6.1: who asks for notifications is to get them; a stored message has no sender.
  bool own_sender = in_.imap_event || !r.notify.empty() || !r.ret.empty();
  r.sender = own_sender && (in_.imap_event || !in_.envelope.from.empty()) ? own_address() : in_.envelope.from;
  r.trace_field = "X-Sieve-Redirected-From: " + own_address() + "\r\n";
  auto done = push(i, std::move(r));
  if (!done) return fail(done.error());
  // RFC 5703 6: an enclose is none of its business.
  if (bare_version_) (*done)->version = *bare_version_;
  return Flow::next;
}

Run::Flow Run::do_reject(const Instruction& i) {
  auto reason = prose(i, Slot::reason);
  if (!reason) return fail(reason.error());
  if (reason->size() > kMaxReason)
    return fail("a reason of more than " + std::to_string(kMaxReason) + " bytes");
  // What an earlier script of the stack did is no mistake of this one: the message is stored, it can't be
  // refused any more.
  bool stored_before =
      std::any_of(out_.actions.begin(), out_.actions.begin() + static_cast<std::ptrdiff_t>(mark_.actions),
                  [](const Action& a) { return !std::holds_alternative<Discard>(a.what); });
  if (stored_before) {
    log("reject at line " + std::to_string(i.line) +
        ": not done, an earlier script has stored or sent the message");
    return Flow::next;
  }
  if (vacation_done_) return fail("reject can't go together with vacation");
  for (const Action& a : out_.actions) {
    if (std::holds_alternative<Reject>(a.what)) return fail("reject can be done only once");
    if (!std::holds_alternative<Discard>(a.what) && !std::holds_alternative<Notify>(a.what) &&
        !std::holds_alternative<Report>(a.what))
      return fail("reject can't go together with " + std::string(name_of(a)));
  }
  Reject r;
  r.extended = i.op == Op::ereject;
  for (char c : *reason)
    if (c != '\r') r.reason += c;
  RejectText t;
  t.recipient = in_.envelope.to.empty() ? own_address() : in_.envelope.to;
  t.original_recipient = in_.envelope.orig_to;
  t.sender = in_.envelope.from;
  t.from = in_.postmaster.empty() ? "postmaster@" + in_.hostname : in_.postmaster;
  t.reason = r.reason;
  t.message_id = header_raw("message-id");
  // The refused message is shown as it came.
  MessageView original(in_.message, budget_);
  if (auto opened = original.open(); !opened) return fail(opened.error());
  t.header = original.header();
  t.extended = r.extended;
  r.bounce = compose_reject(t, letterhead());
  implicit_keep_ = false;
  auto done = push(i, std::move(r));
  if (!done) return fail(done.error());
  (*done)->version = original_version_;
  return Flow::next;
}

// vnd.dovecot.pipe.
Run::Flow Run::do_pipe(const Instruction& i) {
  if (has_rejected()) return fail("pipe can't go together with reject");
  auto program = plain(i, Slot::program);
  auto arguments = plains(i, Slot::arguments);
  if (!program || !arguments) return fail(program ? arguments.error() : program.error());
  if (!valid_script_name(*program))
    return fail("\"" + base::printable(*program, 64) + "\" is no program's name");
  for (const Action& a : out_.actions) {
    const auto* p = std::get_if<Pipe>(&a.what);
    if (p && p->program == *program) return fail("the message is piped to \"" + *program + "\" already");
  }
  if (!has(i, Slot::copy)) implicit_keep_ = false;
  auto done = push(i, Pipe{std::move(*program), std::move(*arguments), has(i, Slot::try_only)});
  return done ? Flow::next : fail(done.error());
}

}  // namespace postern::sieve
