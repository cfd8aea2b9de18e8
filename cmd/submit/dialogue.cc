#include "cmd/submit/dialogue.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "smtp/data.h"

namespace postern::submit {

using base::fail;
using base::Fault;
using base::Result;

namespace {

constexpr std::uint64_t kPiece = 64u << 10;

Result<> send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Fault::temporary, "the host takes nothing more: " + base::sys_error("send").what);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

std::unexpected<base::Error> refusal(const std::string& to_what, int code, const std::string& text) {
  return fail(code / 100 == 5 ? Fault::permanent : Fault::temporary,
              to_what + " was answered " + std::to_string(code) + " " + text);
}

}  // namespace

Result<std::string> Dialogue::line() {
  for (;;) {
    if (auto lf = input_.find('\n'); lf != std::string::npos) {
      std::string out = input_.substr(0, lf);
      input_.erase(0, lf + 1);
      if (out.ends_with('\r')) out.pop_back();
      return out;
    }
    if (input_.size() > smtp::kMaxReplyLine) return fail(Fault::temporary, "the host's answer is too long");
    char piece[4096];
    ssize_t n = ::recv(socket_.get(), piece, sizeof piece, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) return fail(Fault::temporary, "the host has closed the connection");
    if (n < 0) return fail(Fault::temporary, "no answer of the host: " + base::sys_error("recv").what);
    input_.append(piece, static_cast<std::size_t>(n));
  }
}

Result<Dialogue::Answer> Dialogue::answer(smtp::Host* host) {
  for (std::size_t i = 0; i < smtp::kMaxReplyLines; ++i) {
    auto next = line();
    if (!next) return base::pass(next);
    auto r = smtp::parse_reply_line(*next);
    if (!r) return fail(Fault::temporary, "the host's answer is no SMTP: " + base::printable(*next, 80));
    if (host && i > 0) smtp::take_extension(*host, r->text);
    if (r->last) return Answer{r->code, base::printable(r->text, 200)};
  }
  return fail(Fault::temporary, "the host's answer is too long");
}

Result<Dialogue::Answer> Dialogue::say(const std::string& line, char digit, smtp::Host* host) {
  if (auto sent = send_all(socket_.get(), line + "\r\n"); !sent) return base::pass(sent);
  auto got = answer(host);
  if (got && got->code / 100 != digit - '0') return refusal(line.substr(0, line.find(' ')), got->code, got->text);
  return got;
}

Result<> Dialogue::recipients(const smtp::Submission& s, const smtp::Host& host) {
  bool any = false;
  for (const std::string& to : s.recipients) {
    auto line = smtp::rcpt_line(s, to, host);
    auto got = line ? say(*line, '2') : Result<Answer>(base::pass(line));
    any = any || got;
    if (got) continue;
    if (got.error().fault == Fault::temporary) return base::pass(got);
    refused_ += base::printable(to, 320) + ": " + got.error().what + "\n";
  }
  if (!any) return fail(Fault::permanent, "no recipient was taken", "NO_RECIPIENT");
  return {};
}

Result<> Dialogue::text(const smtp::Submission& s, const base::Fd& message) {
  smtp::DataWriter writer;
  std::string out;
  for (std::uint64_t at = 0; at < s.size; at += std::min(kPiece, s.size - at)) {
    auto piece = base::pread_exact(message.get(), static_cast<std::size_t>(std::min(kPiece, s.size - at)), at);
    if (!piece) return base::pass(piece);
    out.clear();
    writer.feed(*piece, out);
    if (auto sent = send_all(socket_.get(), out); !sent) return sent;
  }
  out.clear();
  writer.finish(out);
  return send_all(socket_.get(), out);
}

Result<> Dialogue::run(const std::string& helo, const smtp::Submission& s, const base::Fd& message) {
  auto hello = answer();
  if (!hello) return base::pass(hello);
  if (hello->code != 220) return refusal("the connection", hello->code, hello->text);
  smtp::Host host;
  auto known = say("EHLO " + helo, '2', &host);
  // An old host; it can do nothing but the plain thing.
  if (!known && known.error().fault == Fault::permanent) known = say("HELO " + helo, '2');
  if (!known) return base::pass(known);
  auto mail = smtp::mail_line(s, host);
  if (!mail) return base::pass(mail);
  if (auto taken = say(*mail, '2'); !taken) return base::pass(taken);
  if (auto some = recipients(s, host); !some) return some;
  if (auto go = say("DATA", '3'); !go) return base::pass(go);
  if (auto sent = text(s, message); !sent) return sent;
  auto done = answer();
  if (!done) return base::pass(done);
  if (done->code / 100 != 2) return refusal("the message", done->code, done->text);
  (void)send_all(socket_.get(), "QUIT\r\n");   // the answer changes nothing
  return {};
}

}  // namespace postern::submit
