// The messages of one APPEND while their literals stream in (RFC 9051 6.3.12).  Memory: client::Incoming's.
#pragma once
#include <memory>
#include <optional>

#include "client/incoming.h"
#include "cmd/imapd/session.h"
#include "imap/args.h"

namespace postern::imapd {

class Append {
 public:
  explicit Append(Session& s) : session_(s) {}
  // `in` stands at the mailbox's name; the text ends before the literal.  A reply refuses the literal.
  io::Task<std::optional<Reply>> before_literal(imap::Lexer& in, imap::LiteralHeader literal);
  // Takes `size` bytes from the connection.  False: it is over.
  io::Task<bool> take(std::uint64_t size);
  // The whole command has come.
  io::Task<Reply> commit();

 private:
  Session& session_;
  std::uint32_t mailbox_ = 0;
  imap::AppendMessage options_;
  std::unique_ptr<client::Incoming> message_;
  std::optional<base::Error> failed_;
};

}  // namespace postern::imapd
