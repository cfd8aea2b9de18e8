// Scripts that run when messages of a mailbox come or change by IMAP: RFC 6785.  Which one is said by the annotation
// /shared/imapsieve/script of the mailbox, or of the server.  Before and after it those of the administrator's run whose
// rules fit (event_rules.h), as at delivery: each as long as the ones before it want the message kept.
//
// In a mailbox that somebody shares it is a script of the mailbox's owner that runs, whoever causes the event: he decides
// what becomes of his mail, and imap.user says who did it.  It runs with the rights of who causes the event, so that nobody
// reaches by another's script what he may not reach himself: what these do not allow is logged and not done.  Who may not
// read the mailbox starts no script, for the script reads the message.
//
// That a mailbox names no script is believed for some seconds, so that mailboxes without pay next to nothing; an annotation
// that is set by the same process is seen at once.
// A script runs after its command has succeeded and cannot make it fail; what it did is told to the client as anybody's
// change would be.  What a script does starts no other.
// Input: stored messages and scripts, hostile: sieved reads them.  Tests: t/protocol/test_imapsieve.py
#pragma once
#include <string>
#include <vector>

#include "cmd/imapd/session.h"

namespace postern::imapd {

struct SieveEvent {
  const char* cause;                  // "APPEND", "COPY" (MOVE, too), "FLAG"
  std::uint32_t mailbox = 0;
  imap::UidSet uids;                  // of the messages, in that mailbox
  std::vector<std::string> flags;     // FLAG: those that were set or taken away
  std::uint32_t from = 0;             // COPY: the mailbox that they come from, of the account of the one that is open
};

// `login`: the user where the mailbox is.  At most kMaxEventMessages of one command are looked at.
io::Task<void> run_scripts(Session& s, std::shared_ptr<client::Login> login, SieveEvent event);

inline constexpr std::size_t kMaxEventMessages = 1'000;

}  // namespace postern::imapd
