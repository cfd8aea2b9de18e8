// Actions that write messages of their own: vacation, notify, report.
#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "mime/words.h"
#include "sieve/names.h"
#include "sieve/run.h"

namespace postern::sieve {

using Run = Interpreter::Run;

Letterhead Run::letterhead() {
  return {in_.hostname, in_.unique_id, ++serial_, in_.now, in_.zone_minutes};
}

std::string Run::header_text(std::string_view name) {
  auto lines = message_.find(name);
  return lines.empty() ? "" : std::string(base::trim(message_.decoded(lines[0])));
}

std::string Run::header_raw(std::string_view name) {
  auto lines = message_.find(name);
  return lines.empty() ? "" : mime::unfold(message_.raw(lines[0]));
}

namespace {

// Senders that no person reads (RFC 5230 4.6, RFC 3834 2).
bool is_robot(std::string_view sender) {
  std::string local = base::to_lower(sender.substr(0, sender.rfind('@')));
  constexpr std::string_view kWhole[] = {"mailer-daemon", "listserv",  "majordomo", "postmaster",
                                         "bounce",        "bounces",   "noreply",   "no-reply",
                                         "do-not-reply",  "donotreply"};
  return std::ranges::find(kWhole, local) != std::end(kWhole) || local.starts_with("owner-") ||
         local.ends_with("-owner") || local.ends_with("-request") || local.ends_with("-bounces") ||
         local.starts_with("bounce-") || local.starts_with("bounces+");
}

}  // namespace

// Whom a reply goes to: the envelope's sender, as RFC 5230 4.6 has it.
std::string Run::vacation_sender() {
  if (!in_.vacation.to_header || in_.envelope.from.empty()) return in_.envelope.from;
  for (std::string_view field : {"sender", "resent-from", "resent-sender", "from"})
    for (std::size_t line : message_.find(field))
      if (auto a = mime::parse_address(message_.raw(line)); a && !a->domain.empty()) return a->email();
  return in_.envelope.from;
}

// Why no vacation reply goes out, or empty (RFC 5230 4.5 and 4.6).  `written_to` becomes the address of this
// user that the message names, his first one where it names more.
std::string Run::no_vacation(const std::vector<std::string>& own, std::string& written_to) {
  const std::string& sender = in_.envelope.from;
  // Not the original recipient: that may be a list of people (RFC 5230 4.5).
  auto is_own = [&](std::string_view a) {
    auto same = [a](const std::string& o) { return !o.empty() && base::iequals(o, a); };
    return same(in_.user_address) || same(in_.envelope.to) || std::ranges::any_of(in_.user_addresses, same) ||
           std::ranges::any_of(own, same) || (in_.vacation.original_recipient && same(in_.envelope.orig_to));
  };
  if (sender.empty()) return "the sender is <>";
  if (is_own(sender)) return "the sender is this user";
  if (is_robot(sender)) return "the sender is a robot";
  for (std::size_t line = 0; line < message_.lines(); ++line)
    if (base::istarts_with(message_.name(line), "list-")) return "the message came over a mailing list";
  std::string submitted = base::to_lower(header_text("auto-submitted"));
  if (!submitted.empty() && submitted.substr(0, submitted.find_first_of(" ;(\t")) != "no")
    return "the message was sent by a program";
  std::string precedence = base::to_lower(header_text("precedence"));
  if (precedence == "bulk" || precedence == "list" || precedence == "junk") return "the message is bulk mail";
  std::string suppress = base::to_lower(header_text("x-auto-response-suppress"));
  for (std::string_view word : base::split(suppress, ','))
    if (base::trim(word) == "all" || base::trim(word) == "oof" || base::trim(word) == "autoreply")
      return "the sender wants no automatic answer";
  for (std::string_view field : {"to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc"})
    for (std::size_t line : message_.find(field))
      for (const mime::Address& a : mime::parse_addresses(message_.raw(line)).items)
        if (a.kind == mime::Address::Kind::mailbox && is_own(a.email()) &&
            (written_to.empty() || base::iequals(a.email(), own_address())))
          written_to = a.email();
  if (written_to.empty() && !in_.vacation.any_recipient) return "the message is not addressed to this user";
  return "";
}

Run::Flow Run::do_vacation(const Instruction& i) {
  if (has_rejected()) return fail("vacation can't go together with reject");
  bool is_entity = has(i, Slot::mime_reason);
  auto reason = is_entity ? entity(i, Slot::reason) : prose(i, Slot::reason), subject = prose(i, Slot::subject),
       from = plain(i, Slot::from), handle = text(i, Slot::handle);
  for (auto* t : {&reason, &subject, &from, &handle})
    if (!*t) return fail(t->error());
  auto own = texts(i, Slot::addresses);
  if (!own) return fail(own.error());
  auto answers = [](const Action& a) { return std::holds_alternative<Vacation>(a.what); };
  if (vacation_done_ || std::ranges::any_of(out_.actions, answers)) return fail("vacation can be done only once");
  // RFC 5230 4.7: also where no reply is sent.  A suite is many scripts in one.
  vacation_done_ = suite_ == nullptr;
  std::string written_to;
  std::string why = no_vacation(*own, written_to);
  if (!why.empty()) {
    log("vacation at line " + std::to_string(i.line) + ": no reply: " + why);
    return Flow::next;
  }
  VacationText v;
  v.to = vacation_sender();
  if (in_.vacation.from_recipient) v.envelope_sender = own_address();
  // By its name where the message gives one for this address.
  for (std::string_view field : {"sender", "resent-from", "from", "reply-to"})
    for (std::size_t line : message_.find(field))
      if (auto a = mime::parse_address(message_.raw(line));
          a && v.to_name.empty() && base::iequals(a->email(), v.to))
        v.to_name = a->name();
  v.mime = is_entity;
  v.reason = *reason;
  // From the address that was written to, as a person would answer (RFC 3834 3.1.2).
  v.from = !from->empty() ? *from : !written_to.empty() ? written_to : own_address();
  v.subject = mime::decode_words(*subject);  // a script may be plain ASCII
  if (v.subject.empty()) {
    std::string original = header_text("subject");
    v.subject = original.empty() ? "Automated reply" : "Auto: " + original;
  }
  v.message_id = header_raw("message-id");
  v.references = header_raw("references");
  v.in_reply_to = header_raw("in-reply-to");
  auto reply = compose_vacation(v, letterhead());
  if (!reply) return fail(reply.error());
  Vacation out;
  out.reply = std::move(*reply);
  // Which replies are the same one (RFC 5230 4.2): those of one :handle, else of one text; to one sender.
  std::string key;
  base::put_u8(key, has(i, Slot::handle));
  base::put_bytes(key, has(i, Slot::handle) ? *handle : *reason);
  if (!has(i, Slot::handle)) {
    base::put_bytes(key, *subject);
    base::put_bytes(key, *from);
    base::put_u8(key, v.mime);
  }
  base::put_bytes(key, base::to_lower(in_.envelope.from));
  out.handle = "v" + base::base64url(base::view(base::sha256(key)));
  constexpr std::uint64_t kDay = 86'400;
  std::uint64_t days = number(i, Slot::days, in_.limits.vacation_days);
  std::uint64_t wanted =
      has(i, Slot::seconds) ? number(i, Slot::seconds) : std::min(days, std::uint64_t{36'500}) * kDay;
  // Below a day only what the admin allows (RFC 6131 2); :days 0 is 1 (RFC 5230 4.1).
  std::uint64_t least = has(i, Slot::seconds) ? in_.limits.vacation_min_seconds
                                              : std::max(in_.limits.vacation_min_seconds, kDay);
  out.seconds =
      std::clamp(wanted, std::min(least, in_.limits.vacation_max_seconds), in_.limits.vacation_max_seconds);
  if (has(i, Slot::fcc)) {
    out.fcc.emplace();
    if (auto r = destination(i, Slot::fcc, *out.fcc); !r) return fail(r.error());
    if (!has(i, Slot::flags)) out.fcc->flags.clear();
  }
  if (auto r = count_outgoing(); !r) return fail(r.error());
  auto r = push(i, std::move(out));
  return r ? Flow::next : fail(r.error());
}

base::Result<> Run::count_notification() {
  auto most = in_.limits.notifications;
  auto is_one = [](const Action& a) { return std::holds_alternative<Notify>(a.what); };
  if (static_cast<std::size_t>(std::ranges::count_if(out_.actions, is_one)) < most) return count_outgoing();
  return base::fail(base::Fault::limit, most == 0 ? "local policy prohibits the use of a notify action"
                                                  : "number of notify actions exceeds policy limit (" +
                                                        std::to_string(most) + ")");
}

// RFC 5435 3, RFC 5436.
Run::Flow Run::do_notify(const Instruction& i) {
  auto uri = plain(i, Slot::method), from = plain(i, Slot::from), importance = plain(i, Slot::importance),
       message = prose(i, Slot::message);
  for (auto* t : {&uri, &from, &importance, &message})
    if (!*t) return fail(t->error());
  auto options = plains(i, Slot::options);
  if (!options) return fail(options.error());
  for (const std::string& o : *options)
    if (!valid_notify_option(o)) return fail("\"" + base::printable(o, 64) + "\" is no option of a notification");
  auto method = notify_method(*uri);
  if (!method) return fail("\"" + base::printable(*uri, 64) + "\" is no method of notification");
  if (!importance->empty() && *importance != "1" && *importance != "2" && *importance != "3")
    return fail("wrong :importance \"" + base::printable(*importance, 16) + "\"");
  Notify n;
  n.method = *uri;
  n.message = *message;
  n.options = std::move(*options);
  if (!importance->empty()) n.importance = *importance;
  if (!from->empty()) {
    auto checked = check_address(*from, true);
    if (!checked) return fail(checked.error());
  }
  n.from = from->empty() ? own_address() : *from;
  // Notifications about notifications would never end (RFC 5436 2.7.1).
  std::string submitted = base::to_lower(header_text("auto-submitted"));
  if (!submitted.empty() && submitted.substr(0, submitted.find_first_of(" ;(\t")) != "no") {
    log("notify at line " + std::to_string(i.line) + ": not done, the message was sent by a program");
    return Flow::next;
  }
  std::string subject = header_text("subject"), sender = header_text("from");
  if (n.message.empty()) n.message = subject.empty() ? "New message" : subject;
  MailtoText m{*uri,    n.from, *message,      n.importance,
               subject, sender, own_address(), in_.envelope.from.empty() && !in_.imap_event};
  bool is_mail = *method == NotifyMethod::mailto;
  if (!is_mail) m.uri = "mailto:" + base::percent_encode(own_address());
  if (is_mail || has(i, Slot::fcc)) {
    if (!is_mail) m.message = n.message;
    auto mail = compose_mailto(m, letterhead());
    if (!mail) return fail(mail.error());
    n.mail = std::move(*mail);
    // A copy for :fcc of what goes another way (RFC 8580 4): it is stored and not sent.
    if (!is_mail) n.mail->recipients.clear();
  }
  if (has(i, Slot::fcc)) {
    n.fcc.emplace();
    if (auto r = destination(i, Slot::fcc, *n.fcc); !r) return fail(r.error());
    if (!has(i, Slot::flags)) n.fcc->flags.clear();
  }
  for (const Action& a : out_.actions) {
    const auto* other = std::get_if<Notify>(&a.what);
    if (other && other->method == n.method && other->message == n.message) return Flow::next;
  }
  if (auto r = count_notification(); !r) return fail(r.error());
  auto r = push(i, std::move(n));
  return r ? Flow::next : fail(r.error());
}

// vnd.dovecot.report.
Run::Flow Run::do_report(const Instruction& i) {
  ReportText t;
  auto type = plain(i, Slot::feedback_type), message = prose(i, Slot::message),
       address = text(i, Slot::address);
  for (auto* x : {&type, &message, &address})
    if (!*x) return fail(x->error());
  auto to = check_address(*address, true);
  if (!to) return fail(to.error());
  for (const Action& a : out_.actions) {
    const auto* other = std::get_if<Report>(&a.what);
    if (other && base::iequals(other->feedback_type, *type) && base::iequals(other->mail.recipients[0], *to))
      return Flow::next;
  }
  t.to = std::move(*to);
  t.feedback_type = std::move(*type);
  t.text = std::move(*message);
  t.from = own_address();
  t.headers_only = has(i, Slot::headers_only);
  t.original_sender = in_.envelope.from;
  t.original_recipient = in_.envelope.orig_to.empty() ? in_.envelope.to : in_.envelope.orig_to;
  if (t.headers_only) {
    t.original = message_.header();
  } else {
    auto size = message_.size();
    auto bytes = size ? message_.read(0, *size) : base::Result<std::string>(base::pass(size));
    if (!bytes) return fail(bytes.error());
    t.original = std::move(*bytes);
  }
  auto mail = compose_report(t, letterhead());
  if (!mail) return fail(mail.error());
  if (auto r = count_outgoing(); !r) return fail(r.error());
  auto r = push(i, Report{t.feedback_type, std::move(*mail)});
  return r ? Flow::next : fail(r.error());
}

}  // namespace postern::sieve
