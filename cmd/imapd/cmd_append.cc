// APPEND.  RFC 9051 6.3.12, RFC 4315 (APPENDUID).  The message streams into client::Incoming while it
// arrives; stored gets it when the command is whole, so that half a message is never kept.
#include <algorithm>

#include "base/system.h"
#include "cmd/imapd/append.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/mailboxes.h"
#include "imap/writer.h"

namespace postern::imapd {

io::Task<std::optional<Reply>> Append::before_literal(imap::Lexer& in, imap::LiteralHeader literal) {
  imap::AppendPrefix prefix = imap::parse_append_prefix(in);
  if (!in.ok()) co_return bad(std::string(in.error()));
  if (prefix.index > 0) co_return bad("One message at a time");
  if (literal.size > session_.shared.settings.max_request) co_return no("The message is too large", "TOOBIG");
  if (literal.size == 0) co_return no("An empty message can't be kept", "CANNOT");
  auto found = co_await find_mailbox(session_, std::move(prefix.mailbox));
  if (!found) {
    if (found.error().code == "NOT_FOUND") co_return no("No such mailbox", "TRYCREATE");
    co_return from_error(found.error());
  }
  mailbox_ = found->record.id();
  options_ = std::move(prefix.message);
  message_ = std::make_unique<client::Incoming>(session_.shared.settings.spool_dir);
  co_return std::nullopt;
}

io::Task<bool> Append::take(std::uint64_t left) {
  io::Stream& stream = session_.stream();
  auto sent = co_await stream.flush();
  if (!sent) co_return false;
  while (left > 0) {
    std::string_view in = stream.buffered();
    if (in.empty()) {
      auto n = co_await stream.fill();
      if (!n) co_return false;
      continue;
    }
    std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left, in.size()));
    if (!failed_) {
      auto kept = message_->append(in.substr(0, n));
      // The rest is read all the same, to stay in step with the client.
      if (!kept) failed_ = kept.error();
    }
    stream.consume(n);
    left -= n;
  }
  co_return true;
}

io::Task<Reply> Append::commit() {
  if (!message_) co_return bad("The message is missing");
  base::kill_point("imap.last_byte");
  if (!failed_) {
    auto done = message_->finish();
    if (!done) failed_ = done.error();
  }
  if (failed_) co_return from_error(*failed_);
  stored::Request request;
  stored::AddEmails& add = *request.mutable_add_emails();
  stored::AddEmails::Target& target = *add.add_targets();
  target.set_account(session_.account->id);
  target.add_mailboxes(mailbox_);
  for (const std::string& f : options_.flags) {
    if (f == "\\Deleted") {
      target.set_deleted(true);
    } else {
      target.add_keywords(f);
    }
  }
  target.set_received(options_.date);
  auto fds = message_->fill(add);
  if (!fds) co_return from_error(fds.error());
  auto reply = co_await session_.shared.store.write(*session_.login, std::move(request), std::move(*fds));
  if (!reply) co_return from_error(reply.error());
  if (reply->added().results_size() != 1) co_return no("Internal error", "SERVERBUG");
  const stored::Added::One& one = reply->added().results(0);
  if (!one.error().code().empty()) {
    if (one.error().code() == "NOT_FOUND") co_return no("No such mailbox", "TRYCREATE");
    co_return from_error(base::Error{base::Fault::permanent, one.error().what(), one.error().code()});
  }
  if (session_.box && session_.box->id == mailbox_) session_.box->dirty = true;
  std::string code = "APPENDUID ";
  imap::append_number(code, one.uidvalidity());
  code += ' ';
  imap::append_number(code, one.places_size() > 0 ? one.places(0).uid() : 0);
  co_return ok("Appended", std::move(code));
}

Answer run_append(Session& s, imap::AppendPrefix) {
  if (!s.append) co_return bad("The message is missing");
  co_return co_await s.append->commit();
}

}  // namespace postern::imapd
