// The messages of one APPEND or REPLACE while their literals stream in (RFC 9051 6.3.12, RFC 3502, RFC 4469, RFC 8508).
// One message goes to stored whole when the command has come; of several, the small ones wait in memory and the large ones
// are blobs of the account until one commit names them all: a client that goes away leaves no half of its command.
// Who appends many messages to a mailbox of his own has its name looked up once: after that the mailbox of the last APPEND
// decides whether a literal may come, and stored finds the name again in the commit that adds the message.
// Memory: client::Incoming's, and kMaxHeld for what waits.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "client/incoming.h"
#include "cmd/imapd/session.h"
#include "imap/append_args.h"

namespace postern::imapd {

// Looks for bytes above 0x7f in the header of a message that passes by.
class HeaderScan {
 public:
  void feed(std::string_view bytes);
  bool found() const { return found_; }

 private:
  bool ended_ = false, found_ = false;
  bool line_empty_ = true;
};

class Append {
 public:
  Append(Session& s, bool replace) : session_(s), replace_(replace) {}
  // What becomes of a literal whose header has come; `refusal` ends the command.
  struct Decision {
    bool stream = false;  // else it belongs to the text
    std::optional<Reply> refusal;
  };
  // `in` stands behind the command's name; the text ends before the literal.
  io::Task<Decision> before_literal(imap::Lexer& in, imap::LiteralHeader literal);
  // Takes `size` bytes from the connection.  False: it is over.
  io::Task<bool> take(std::uint64_t size);
  // The whole command has come.  `replaced`: a UID of the selected mailbox, 0 for APPEND.
  io::Task<Reply> commit(imap::AppendArgs args, std::uint32_t replaced);

 private:
  // `alone`: as far as is known there is one message, which can be added by name.
  io::Task<std::optional<Reply>> find_target(std::string mailbox, bool alone);
  bool guess_target(const std::string& name);
  io::Task<std::optional<Reply>> catch_up(const imap::AppendArgs& args, std::size_t message, std::size_t part);
  io::Task<std::optional<Reply>> add_url(std::string url);
  io::Task<std::optional<Reply>> close_message(const imap::AppendMessage& options);
  base::Result<> append(std::string_view bytes);
  std::optional<Reply> no_room(std::uint64_t more) const;
  io::Task<Reply> commit_one(imap::AppendMessage options);
  io::Task<Reply> commit_batch(std::uint32_t replaced);
  std::optional<Reply> refuse_notes(const imap::AppendMessage& message) const;
  std::optional<Reply> refuse_utf8(const imap::AppendMessage& message) const;
  Reply failure(const base::Error& e);
  bool is_open() const;  // the target is the selected mailbox

  Session& session_;
  bool replace_;
  std::uint32_t mailbox_ = 0;
  bool guessed_ = false;      // that it is the one of that name
  std::string name_;          // of a mailbox of the user's own account, canonical; else empty
  model::Rights rights_ = 0;  // there
  std::shared_ptr<client::Login> login_;  // the user in the account of that mailbox
  std::unique_ptr<client::Incoming> message_;  // the one that is coming in
  std::size_t messages_ = 0, parts_ = 0;       // closed messages; parts of `message_` that are in it
  stored::AddBatch batch_;                     // closed messages
  std::size_t held_ = 0;                       // bytes of bodies and records in it
  std::uint64_t taken_ = 0;                    // bytes of the whole command
  HeaderScan header_;                          // of `message_`
  std::optional<base::Error> failed_;
};

}  // namespace postern::imapd
