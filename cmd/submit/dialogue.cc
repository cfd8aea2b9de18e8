#include "cmd/submit/dialogue.h"

#include <algorithm>

#include "base/text.h"
#include "smtp/data.h"

namespace postern::submit {

using base::fail;
using base::Fault;
using base::Result;

namespace {

constexpr std::uint64_t kPiece = 64u << 10;

std::unexpected<base::Error> refusal(const std::string& to_what, int code, const std::string& text) {
  return fail(code / 100 == 5 ? Fault::permanent : Fault::temporary,
              to_what + " was answered " + std::to_string(code) + " " + text);
}

std::unexpected<base::Error> silence(const base::Error& e) {
  if (e.code == "EOF") return fail(Fault::temporary, "the host has closed the connection");
  if (e.code == "TOO_LONG") return fail(Fault::temporary, "the host's answer is too long");
  return fail(Fault::temporary, "no answer of the host: " + e.what);
}

}  // namespace

io::Task<Result<Dialogue::Answer>> Dialogue::answer(smtp::Host* host) {
  auto sent = co_await stream_.flush();
  if (!sent) co_return fail(Fault::temporary, "the host takes nothing more: " + sent.error().what);
  for (std::size_t i = 0; i < smtp::kMaxReplyLines; ++i) {
    auto next = co_await stream_.read_line(smtp::kMaxReplyLine);
    if (!next) co_return silence(next.error());
    auto r = smtp::parse_reply_line(next->text);
    if (!r) co_return fail(Fault::temporary, "the host's answer is no SMTP: " + base::printable(next->text, 80));
    if (host && i > 0) smtp::take_extension(*host, r->text);
    if (r->last) co_return Answer{r->code, base::printable(r->text, 200)};
  }
  co_return fail(Fault::temporary, "the host's answer is too long");
}

io::Task<Result<Dialogue::Answer>> Dialogue::say(std::string line, char digit, smtp::Host* host) {
  stream_.write(line + "\r\n");
  auto got = co_await answer(host);
  if (got && got->code / 100 != digit - '0') co_return refusal(line.substr(0, line.find(' ')), got->code, got->text);
  co_return got;
}

io::Task<Result<>> Dialogue::hello(const std::string& helo, smtp::Host& host) {
  auto known = co_await say("EHLO " + helo, '2', &host);
  // An old host; it can do nothing but the plain thing.
  if (!known && known.error().fault == Fault::permanent) known = co_await say("HELO " + helo, '2');
  if (!known) co_return base::pass(known);
  co_return Result<>();
}

// What the host announced in the clear is forgotten (RFC 3207 4.2).
io::Task<Result<>> Dialogue::encrypt(const std::string& helo, smtp::Host& host) {
  if (!encryption_.context) co_return Result<>();
  bool offered = host.starttls;
  if (offered) {
    auto go = co_await say("STARTTLS", '2');
    if (!go && encryption_.must) co_return fail(Fault::temporary, go.error().what);
    offered = go.has_value();
  }
  if (!offered && encryption_.must) co_return fail(Fault::temporary, "the host offers no TLS");
  if (!offered) co_return Result<>();
  auto started = co_await stream_.start_tls(encryption_.context, encryption_.name);
  if (!started) co_return fail(Fault::temporary, "TLS with the host failed: " + started.error().what, "TLS");
  if (started->dropped_input) co_return fail(Fault::temporary, "the host has sent something in the clear behind STARTTLS", "TLS");
  host = {};
  co_return co_await hello(helo, host);
}

io::Task<Result<>> Dialogue::recipients(const smtp::Submission& s, const smtp::Host& host) {
  bool any = false;
  for (const std::string& to : s.recipients) {
    auto line = smtp::rcpt_line(s, to, host);
    auto got = Result<Answer>(base::fail(Fault::permanent, line ? "" : line.error().what));
    if (line) got = co_await say(std::move(*line), '2');
    any = any || got;
    if (got) continue;
    if (got.error().fault == Fault::temporary) co_return base::pass(got);
    refused_ += base::printable(to, 320) + ": " + got.error().what + "\n";
  }
  if (!any) co_return fail(Fault::permanent, "no recipient was taken", "NO_RECIPIENT");
  co_return Result<>();
}

io::Task<Result<>> Dialogue::text(const smtp::Submission& s, const base::Fd& message) {
  smtp::DataWriter writer;
  std::string out;
  for (std::uint64_t at = 0; at < s.size; at += std::min(kPiece, s.size - at)) {
    auto piece = base::pread_exact(message.get(), static_cast<std::size_t>(std::min(kPiece, s.size - at)), at);
    if (!piece) co_return base::pass(piece);
    out.clear();
    writer.feed(*piece, out);
    stream_.write(std::string_view(out));
    auto sent = co_await stream_.drain(kPiece);
    if (!sent) co_return fail(Fault::temporary, "the host takes nothing more: " + sent.error().what);
  }
  out.clear();
  writer.finish(out);
  stream_.write(std::move(out));
  co_return Result<>();
}

io::Task<Result<>> Dialogue::run(const std::string& helo, const smtp::Submission& s, const base::Fd& message) {
  auto greeting = co_await answer();
  if (!greeting) co_return base::pass(greeting);
  if (greeting->code != 220) co_return refusal("the connection", greeting->code, greeting->text);
  smtp::Host host;
  auto known = co_await hello(helo, host);
  if (known) known = co_await encrypt(helo, host);
  if (!known) co_return known;
  auto mail = smtp::mail_line(s, host);
  if (!mail) co_return base::pass(mail);
  auto taken = co_await say(std::move(*mail), '2');
  if (!taken) co_return base::pass(taken);
  auto some = co_await recipients(s, host);
  if (!some) co_return some;
  auto go = co_await say("DATA", '3');
  if (!go) co_return base::pass(go);
  auto sent = co_await text(s, message);
  if (!sent) co_return sent;
  auto done = co_await answer();
  if (!done) co_return base::pass(done);
  if (done->code / 100 != 2) co_return refusal("the message", done->code, done->text);
  stream_.write("QUIT\r\n");   // the answer changes nothing
  (void)co_await stream_.flush();
  stream_.shutdown_write();
  co_return Result<>();
}

}  // namespace postern::submit
