// What one session sees of INBOX: the emails that were there at login, each once even when INBOX has it twice, numbered
// from 1.  Messages marked \Deleted by others, and those that this server hides because POP3 deleted them, are not here.
// Nothing of the store changes before update().
// UIDL: the email's id (RFC 8474 EMAILID), which stays for ever, through moves and restores; or what `postern import
// --pop3-uidl` gave it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/store_client.h"
#include "io/task.h"

namespace postern::pop3d {

struct Shared;

// Set, with \Seen, on what a client deleted while pop3.delete is `hide`.
inline constexpr std::string_view kHiddenKeyword = "$POP3Deleted";

struct Message {
  std::uint64_t email = 0;
  std::uint32_t uid = 0;
  std::uint64_t size = 0;
  bool deleted = false;    // by DELE
  bool retrieved = false;  // by RETR
};

class Maildrop {
 public:
  // Also removes what is hidden and older than pop3.keep.
  static io::Task<base::Result<Maildrop>> open(Shared& shared, client::Login& login);

  std::vector<Message>& messages() { return messages_; }
  std::uint32_t inbox() const { return inbox_; }
  // Nothing for a number that does not exist or is deleted.
  Message* find(std::uint32_t number);
  std::size_t count() const;
  std::uint64_t bytes() const;
  void reset();
  // One a message, made at the first call.
  io::Task<base::Result<const std::vector<std::string>*>> uidls(Shared& shared, client::Login& login);
  // QUIT: what is deleted goes, what was retrieved becomes \Seen; durable when this is done.  In series of commits of at
  // most 1,000 messages: after an error some may be gone.
  io::Task<base::Result<>> update(Shared& shared, client::Login& login);

 private:
  void take(const client::SheetView& view, const Shared& shared, std::vector<std::uint32_t>& expired);

  std::uint32_t inbox_ = 0;
  std::vector<Message> messages_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> more_rows_;  // (email, UID) of those that INBOX has twice
  std::vector<std::string> uidls_;
};

}  // namespace postern::pop3d
