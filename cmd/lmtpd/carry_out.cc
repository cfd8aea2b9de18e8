// Carrying out what is not storing: redirects, pipes, vacation responses, notifications, rejections by mail, marks.
#include <algorithm>

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "cmd/lmtpd/filter.h"
#include "ipc/large.h"

namespace postern::lmtpd {

using base::fail;
using base::Fault;
using base::Result;

// A message as a program reads it: `before`, and then the version.
Result<base::Fd> Filter::text_of(std::uint32_t version, std::string_view before) const {
  const client::Incoming* made = body(version);
  const client::Incoming& from = made ? *made : message_;
  auto out = ipc::to_descriptor(before);
  if (!out) return out;
  if (from.is_inline()) {
    if (auto ok = base::write_all(out->get(), from.inline_body()); !ok) return pass(ok);
    return out;
  }
  constexpr std::uint64_t kPiece = 64u << 10;
  auto file = from.descriptor();
  if (!file) return pass(file);
  for (std::uint64_t at = 0; at < from.size();) {
    auto piece = base::pread_exact(file->get(), std::min<std::uint64_t>(kPiece, from.size() - at), at);
    if (!piece) return pass(piece);
    if (auto ok = base::write_all(out->get(), *piece); !ok) return pass(ok);
    at += piece->size();
  }
  return out;
}

// The trace shows a message that comes back (RFC 5321 6.3).
io::Task<Result<>> Filter::redirect(const sieved::Redirect& r, std::uint32_t version) {
  if (own_address(r.address())) co_return fail(Fault::permanent, "a redirect to the own address", "SELF");
  if (r.address().empty()) co_return fail(Fault::permanent, "a redirect to a list", "INVALID");
  auto text = text_of(version, r.trace_field() + redirect_trace(trace_, copy_.address));
  if (!text) co_return base::pass(text);
  client::Letter letter{r.sender(), {r.address()}, std::move(*text)};
  auto sent = co_await client::send_letter(shared_.runner, std::move(letter), trace_.id);
  if (sent) note("redirected", r.address());
  co_return sent;
}

io::Task<Result<>> Filter::pipe(const sieved::Pipe& p, std::uint32_t version) {
  auto text = text_of(version, "Return-Path: <" + trace_.from + ">\r\n");
  if (!text) co_return base::pass(text);
  client::RunRequest request{.command = "pipe:" + p.program(),
                             .arguments = {p.arguments().begin(), p.arguments().end()},
                             .environment = {{"HOST", trace_.host},
                                             {"USER", copy_.delivery.name()},
                                             {"SENDER", trace_.from},
                                             {"RECIPIENT", copy_.address}},
                             .id = trace_.id};
  request.input = std::move(*text);
  auto ran = co_await shared_.runner.run(std::move(request));
  if (!ran) co_return base::pass(ran);
  if (!ran->ok()) co_return fail(Fault::permanent, "pipe " + p.program() + ": " + ran->why());
  co_return Result<>();
}

io::Task<Result<>> Filter::send_promised(std::vector<Filing>& filings) {
  for (const auto& a : actions_) {
    if (!a.has_redirect() && !a.has_pipe()) continue;
    Result<> done;
    if (a.has_redirect())
      done = co_await redirect(a.redirect(), a.version());
    else
      done = co_await pipe(a.pipe(), a.version());
    if (done) continue;
    note(a.has_redirect() ? "redirect_failed" : "pipe_failed", done.error().what);
    if (a.has_pipe() && a.pipe().try_only()) continue;
    if (done.error().fault == Fault::temporary) co_return done;
    // What can't be sent is not lost.
    bool kept = std::ranges::any_of(filings, [&](const Filing& f) { return f.version == a.version() && f.mailboxes.empty(); });
    if (!kept) filings.push_back({.version = a.version()});
  }
  co_return Result<>();
}

io::Task<Result<>> Filter::send_text(const sieved::Outgoing& mail) {
  auto text = ipc::to_descriptor(mail.text());
  if (!text) co_return base::pass(text);
  client::Letter letter{mail.sender(), {mail.recipients().begin(), mail.recipients().end()}, std::move(*text)};
  co_return co_await client::send_letter(shared_.runner, std::move(letter), trace_.id);
}

// A copy of what was sent (RFC 8580): a courtesy, whose failure is logged.
io::Task<void> Filter::copy_to(const sieved::Destination& where, const std::string& text) {
  std::uint32_t id = 0;
  if (!where.mailbox().empty() || !where.special_use().empty() || !where.mailbox_id().empty()) id = co_await host_.place(where);
  client::Incoming copy(shared_.daemon.config().var_path("spool"));
  auto ok = copy.append(text);
  if (ok) ok = copy.finish();
  if (!ok) co_return note("fcc_failed", ok.error().what);
  stored::Request r;
  auto& add = *r.mutable_add_emails();
  auto& t = *add.add_targets();
  t.set_account(store_.account());
  if (id) t.add_mailboxes(id);
  for (const auto& f : where.flags()) t.add_keywords(f);
  auto fds = copy.fill(add);
  if (!fds) co_return note("fcc_failed", fds.error().what);
  auto reply = co_await store_.write(std::move(r), std::move(*fds));
  if (!reply || reply->added().results_size() != 1 || reply->added().results(0).has_error())
    note("fcc_failed", reply ? reply->added().results(0).error().what() : reply.error().what);
}

// The mark first: a crash may cost an answer, and never sends two.
io::Task<void> Filter::vacation(const sieved::Vacation& v) {
  if (v.seconds()) {
    stored::Request r;
    auto& mark = *r.mutable_take_marks()->add_marks();
    mark.set_id(client::mark_id("vacation", v.handle()));
    mark.set_until(base::unix_now() + static_cast<std::int64_t>(v.seconds()));
    mark.set_keep(true);
    auto reply = co_await store_.write(std::move(r));
    if (!reply) co_return note("vacation_failed", reply.error().what);
    if (reply->marks().found_size() == 1 && reply->marks().found(0)) co_return;
  }
  auto sent = co_await send_text(v.reply());
  if (!sent) co_return note("vacation_failed", sent.error().what);
  note("vacation", v.reply().recipients_size() ? v.reply().recipients(0) : "");
  if (v.has_fcc()) co_await copy_to(v.fcc(), v.reply().text());
}

io::Task<void> Filter::notify(const sieved::Notify& n) {
  if (!n.has_mail()) co_return note("notify_failed", "no way for " + n.method());
  auto sent = co_await send_text(n.mail());
  if (!sent) co_return note("notify_failed", sent.error().what);
  note("notified", n.method());
  if (n.has_fcc()) co_await copy_to(n.fcc(), n.mail().text());
}

io::Task<void> Filter::set_marks() {
  if (seen_.empty()) co_return;
  stored::Request r;
  for (const auto& m : seen_) {
    auto& mark = *r.mutable_take_marks()->add_marks();
    mark.set_id(client::mark_id("duplicate", m.handle()));
    mark.set_until(base::unix_now() + static_cast<std::int64_t>(m.seconds()));
  }
  auto reply = co_await store_.write(std::move(r));
  if (!reply) note("marks_failed", reply.error().what);
}

io::Task<void> Filter::settle() {
  co_await set_marks();
  for (const auto& a : actions_) {
    Result<> sent;
    if (a.has_vacation()) co_await vacation(a.vacation());
    if (a.has_notify()) co_await notify(a.notify());
    if (a.has_reject() && a.reject().bounce().recipients_size()) sent = co_await send_text(a.reject().bounce());
    if (a.has_report()) sent = co_await send_text(a.report().mail());
    if (!sent) note("send_failed", sent.error().what);
  }
}

}  // namespace postern::lmtpd
