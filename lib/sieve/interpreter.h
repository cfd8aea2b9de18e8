// Runs programs over a message and says what to do with it.
// Runs in: sieved, postern.  Input: hostile programs (bounded by Limits) and hostile messages.  No I/O but
// through MessageSource and questions; no clock but the thread's CPU time for its own budget.
//
//   Interpreter run(std::move(input));
//   while (auto question = run.step()) run.resume(ask(*question));
//   Outcome outcome = run.take();
//
// RFC 5228 2.10 and the extensions of extensions.h.
// Tests: t/sieve/*.svtest, t/unit/sieve_interpreter.cc, t/fuzz/sieve_run.cc
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sieve/action.h"
#include "sieve/limits.h"
#include "sieve/message.h"
#include "sieve/program.h"
#include "sieve/question.h"

namespace postern::sieve {

// What the transport said (RFC 5228 5.4, RFC 6009).  Addresses without angle brackets; "" is <>.
struct Envelope {
  std::string from;
  std::string to;
  std::string orig_to;                    // ORCPT's address, or empty
  std::string auth;                       // AUTH=, or empty
  std::string notify, ret, envid, orcpt;  // DSN parameters as given; empty when not given
  std::string by_mode, by_time_absolute;  // DELIVERBY: "notify" or "return", RFC 3339 time
  std::int64_t by_time = 0;               // seconds left
  bool has_by = false, by_trace = false;
};

// How scores of spam and virus scanners are read from fields that the admin names (RFC 5235).
struct ScoreSource {
  std::string header;   // field name; empty: not configured, the tests give "0"
  std::string pattern;  // RE2 with one group that holds the score; empty: the value begins with it
  std::string max;      // score that counts as 10 (virus: 5): a decimal; or
  std::string max_header, max_pattern;        // where it stands
  bool by_length = false;                     // the score is how long the text is: "*****"
  std::map<std::string, std::string> values;  // words instead of numbers: group -> "0".."10"
};

// How vacation decides whom it answers, where an installation wants it otherwise than RFC 5230 does.
struct VacationRules {
  bool any_recipient = false;       // also when no field names the user
  bool original_recipient = false;  // ORCPT's address is the user's
  bool from_recipient = false;      // the reply's envelope sender is the user and not <>
  bool to_header = false;  // it goes to Sender, Resent-From, From ... and not to the envelope's sender
};

// A script of the stack: admin-before, the user's, default, admin-after.  The next one runs while a keep is
// in force; its keep replaces the one before.
struct Script {
  std::string name;
  std::shared_ptr<const Program> program;
  bool global = false;  // the admin's: includes and environment items are looked up there
};

struct RunInput {
  std::vector<Script> scripts;
  std::shared_ptr<const MessageSource> message;
  Envelope envelope;
  // Items of RFC 5183, "imap.*" of RFC 6785 and "vnd.dovecot.*" besides those that come of the rest: "host", "location",
  // "phase", "remote-host", "remote-ip", "name", "version", and of `user` "domain" and "vnd.dovecot.username".  Lower case;
  // what stands here goes first.
  std::map<std::string, std::string> environment;
  std::string user;                         // the account's name; empty: unknown
  std::string remote_host, remote_ip;       // who delivers it; empty: unknown
  std::string user_address;                 // the recipient's own address: From of replies, :addresses
  std::vector<std::string> user_addresses;  // further addresses and aliases of the user
  std::string hostname;                     // for Message-IDs and reports
  std::string postmaster;                   // From of rejections
  std::string unique_id;          // unguessable, for Message-IDs and boundaries; 8-64 of [A-Za-z0-9_-]
  std::int64_t now = 0;           // unix seconds
  std::int32_t zone_minutes = 0;  // local zone, of currentdate
  std::string recipient_delimiters = "+-";  // of RFC 5233
  ScoreSource spam, virus;
  std::vector<std::string> flags;  // of the stored message under IMAP events
  std::vector<std::string> protected_headers = {"received", "auto-submitted"};  // editheader can't touch them
  // Fields that editheader can't add, or can't delete, besides.
  std::vector<std::string> never_added, never_deleted;
  std::size_t max_field = 0;  // bytes of a field that editheader adds; 0: no other limit than that of strings
  VacationRules vacation;
  NotifyMethods notify;
  Limits limits;
  bool imap_event = false;  // RFC 6785: keep means to leave it where it is
  bool is_stored = false;   // it is in a mailbox already: location and phase are not those of a delivery
  bool trace = false;
};

class Interpreter {
 public:
  explicit Interpreter(RunInput input);
  ~Interpreter();
  Interpreter(Interpreter&&) noexcept;

  // Runs until an instruction needs an answer or all is done (nothing).  The question lives until resume().
  const Question* step();
  // REQUIRES: step() gave a question.
  void resume(Answer answer);
  // More steps, matching and memory, for a run that was begun with little.  REQUIRES: no limit is below that
  // of the input, and step() gave a question.
  void widen(const Limits& limits);
  // REQUIRES: step() gave nothing.  The interpreter is spent.
  Outcome take();

  class Run;  // its state; run.h

 private:
  friend class Testsuite;
  std::unique_ptr<Run> run_;
};

// All of it, with questions answered at once.
Outcome run(RunInput input, Host& host);

}  // namespace postern::sieve
