// Carrying out what is not storing, in the order that filter.h promises.
#include <algorithm>

#include "cmd/lmtpd/filter.h"

namespace postern::lmtpd {

using base::Fault;
using base::Result;

io::Task<Result<>> Filter::send_promised(std::vector<Filing>& filings) {
  // When one of several fails for now, the next try does not do the others again.
  bool several = std::ranges::count_if(actions_, [](const auto& a) { return a.has_redirect() || a.has_pipe(); }) > 1;
  for (const auto& a : actions_) {
    if (!a.has_redirect() && !a.has_pipe()) continue;
    Result<> done;
    // The trace shows a message that comes back (RFC 5321 6.3).
    if (a.has_redirect())
      done = co_await acts_.redirect(a.redirect(), versions_, a.version(), redirect_trace(trace_, copy_.address), several);
    else
      done = co_await acts_.pipe(a.pipe(), versions_, a.version(), "Return-Path: <" + trace_.from + ">\r\n");
    if (done) continue;
    acts_.note(a.has_redirect() ? "redirect_failed" : "pipe_failed", done.error().what);
    if (a.has_pipe() && a.pipe().try_only()) continue;
    if (done.error().fault == Fault::temporary) co_return done;
    // What can't be sent is not lost.
    bool kept = std::ranges::any_of(filings, [&](const Filing& f) { return f.version == a.version() && f.mailboxes.empty(); });
    if (!kept) filings.push_back({.version = a.version()});
  }
  co_return Result<>();
}

// What was promised to nobody: a failure is logged.
io::Task<void> Filter::settle_one(const sieved::Action& a) {
  Result<> done;
  if (a.has_vacation()) {
    auto answered = co_await acts_.vacation(a.vacation());
    if (!answered) done = pass(answered);
  } else if (a.has_notify()) {
    done = co_await acts_.notify(a.notify());
  } else if (a.has_reject() && a.reject().bounce().recipients_size()) {
    done = co_await acts_.send(a.reject().bounce());
  } else if (a.has_report()) {
    done = co_await acts_.send(a.report().mail());
  }
  const char* failed = a.has_vacation() ? "vacation_failed" : a.has_notify() ? "notify_failed" : "send_failed";
  if (!done) acts_.note(failed, done.error().what);
}

io::Task<void> Filter::settle() {
  auto marked = co_await acts_.set_marks(seen_);
  if (!marked) acts_.note("marks_failed", marked.error().what);
  for (const auto& a : actions_) co_await settle_one(a);
}

}  // namespace postern::lmtpd
