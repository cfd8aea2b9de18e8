// One IMAP connection: reads commands, runs them in order, keeps what the client has been told of its
// mailbox. Input: hostile.  Memory when idle: a few KB; the selected mailbox is runs of UIDs and one modseq.
// Start with run() in session.cc, then command_table.cc; each command has its own file cmd_*.cc.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/auth_client.h"
#include "client/store_client.h"
#include "cmd/imapd/language.h"
#include "cmd/imapd/shared.h"
#include "imap/command_reader.h"
#include "imap/lexer.h"
#include "imap/set.h"
#include "imap/uid_map.h"
#include "io/sync.h"
#include "io/task.h"
#include "model/flags.h"
#include "model/rights.h"
#include "mime/collation.h"
#include "service/daemon.h"

namespace postern::imapd {

class Append;
class Contexts;
class Notify;
struct CommandRow;

enum class State : std::uint8_t { not_authenticated = 1, authenticated = 2, selected = 4, logout = 8 };

// The answer that ends a command.
struct Reply {
  enum class Kind : std::uint8_t { ok, no, bad, none };
  Kind kind = Kind::ok;
  std::string code;  // "TRYCREATE", without brackets; may be empty
  std::string text;
};
Reply ok(std::string text, std::string code = {});
Reply no(std::string text, std::string code = {});
Reply bad(std::string text, std::string code = {});
// From what stored or authd said.
Reply from_error(const base::Error& e);

// The selected mailbox as this client knows it.
struct Selected {
  std::uint32_t id = 0;
  std::string name;  // canonical
  std::uint64_t viewer = 0;       // the user, where \Seen is his own (Views::Key)
  model::Rights rights = model::kAllRights;  // what the user may do here (RFC 4314)
  std::uint32_t uidvalidity = 0;
  bool read_only = false;         // nothing can be changed: by EXAMINE, or for want of rights
  bool examined = false;
  bool all = false;               // it shows all mail: no message is moved out of it
  bool annotate = false;          // RFC 5257 4.2: to be told which annotations change
  imap::UidRuns map;              // what the client has been told exists
  std::uint64_t modseq = 0;       // changes up to here are told, or noted in `expunged`
  imap::UidSet expunged;          // gone, but the client could not be told yet
  std::uint64_t whole = 0;        // up to here everything was told, expunges too
  bool whole_told = false;        // the client was told so, for an expunge waits
  imap::UidSet recent;            // \Recent to this session
  imap::UidSet saved;             // result of SEARCH RETURN (SAVE)
  std::size_t keywords_told = 0;  // names of the table that FLAGS responses have listed
  bool dirty = false;             // there is something to look at
  std::uint64_t hinted = 0;       // the account's modseq as stored has hinted
  std::uint64_t known = 0;        // up to this one each commit of the account was looked at, or made here
  bool tell_modseq = false;       // a CONDSTORE enabling command was given
  std::unique_ptr<client::Watch> watch;
  std::shared_ptr<Contexts> contexts;  // searches that are kept up to date; null until there is one
  imap::UidSet arrived;                // told by EXISTS, to be fetched where the client asked for that
  imap::UidSet made_here;              // put here by this session, which knows them
  std::uint32_t url_keys = 0;          // records.Mailbox.url_keys as it was told
  std::uint64_t flags_told = 0;        // while changes of flags are not told: the modseq up to which they were

  // Has the account changed since the last look, by others?
  bool changed() const { return dirty || hinted > known; }
  void looking() {
    dirty = false;
    known = std::max(known, hinted);
  }
  void hint(std::uint64_t modseq);
  // A commit of this session, all of which it was told, has changed the mailbox from one modseq to another.
  void committed(std::uint64_t from, std::uint64_t to);
  // Sets `rights` and `read_only`.  REQUIRES: `examined` is set.
  void set_rights(model::Rights now);
  // READ-ONLY or READ-WRITE (RFC 4314 5.2).
  std::string_view access_code() const;
};
// Does any of these rights let something be changed in a mailbox?
bool lets_change(model::Rights rights);

// What of the selected mailbox's messages the client wants to be told: all after its commands, until it says otherwise
// by NOTIFY.
struct MessageEvents {
  bool messages = true;          // new and expunged ones
  bool flags = true;
  bool annotations = false;      // beside what SELECT asked for
  bool at_once = false;          // between commands too
  bool expunge_at_once = false;  // expunges too: the client uses no message numbers
};

class Session {
 public:
  Session(Shared& shared, service::Connection& connection);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  io::Task<void> run();

  // --- for commands
  io::Stream& stream() { return connection.stream; }
  // Queues response bytes; they leave at the end of the command or when much is queued.
  void write(std::string&& bytes) { connection.stream.write(std::move(bytes)); }
  void write(std::string_view bytes) { connection.stream.write(bytes); }
  void write(const char* text) { connection.stream.write(text); }
  // Waits while the client does not take what is queued, and lets other sessions run now and then.
  io::Task<bool> breathe();
  // True while \Recent and RECENT exist for this client.
  bool tells_recent() const { return !rev2; }
  // Names and numbers of messages in a set, as far as this client knows them; false: a number that does not
  // exist (answer BAD).
  bool resolve(const imap::SequenceSet& set, bool uid, imap::UidSet& uids) const;

  // Of the selected mailbox.
  Views::Key view_key() const { return {account->id, box->id, box->viewer}; }
  // --- the state of the mailbox (updates.cc)
  // Tells the client what changed.  `may_expunge`: EXPUNGE is allowed now.  `force`: look even when nothing
  // was hinted.
  io::Task<base::Result<>> sync(bool may_expunge, bool force);
  // Tells of what `pending` expunges there are.
  void flush_expunged(bool may_expunge);
  // "* 3 FETCH (", or after ENABLE UIDONLY "* 17 UIDFETCH (" (RFC 9586).
  void begin_fetch(std::string& out, std::uint32_t uid) const;
  // Leaves the highest of `uids`, as many as one command may touch; then the code that says so, else nothing (RFC 9738).
  std::string limit_messages(imap::UidSet& uids, std::uint64_t limit = UINT64_MAX) const;
  // Told now and then by long commands, between responses: INPROGRESS when it takes long (RFC 9585).
  void progress(std::uint64_t done, std::uint64_t goal);
  // FLAGS and PERMANENTFLAGS when the keyword table has grown.
  void tell_keywords();
  // "(\Seen \Recent kw)".
  void append_flags(std::string& out, model::Flags flags, std::uint32_t uid) const;
  void append_modseq(std::string& out, std::uint64_t modseq) const;
  // Takes the mailbox of `owner` that `box` describes as the selected one.
  void select(std::unique_ptr<Selected> opened, std::shared_ptr<client::Login> in, std::shared_ptr<Account> owner);
  // This session has put these messages into a mailbox.
  void made_here(std::uint64_t account, std::uint32_t mailbox, const imap::UidSet& uids);
  // Forgets the selected mailbox; the state becomes authenticated.
  void unselect();
  // What NOTIFY asked for.  What is told again has accumulated meanwhile and comes with the next look.
  void set_events(MessageEvents wanted);
  // Marks CONDSTORE as used (RFC 7162 3.1): MODSEQ from now on; tells HIGHESTMODSEQ when a mailbox is open.
  void enable_condstore();
  io::Task<void> expunge_on_close();

  Shared& shared;
  service::Connection& connection;
  imap::CommandReader reader;
  State state = State::not_authenticated;
  bool rev2 = false;  // ENABLE IMAP4rev2: UTF-8 names, no \Recent, ESEARCH
  bool utf8 = false;  // ENABLE UTF8=ACCEPT
  bool condstore = false;
  bool qresync = false;
  mime::Collation collation = mime::Collation::unicode_casemap;  // of SEARCH, SORT and THREAD
  bool uidonly = false;  // ENABLE UIDONLY: no message numbers either way
  Language language = Language::english;
  bool utf8_text = false;      // LANGUAGE was used: what is said to people may be UTF-8
  bool ending = false;         // BYE was said
  std::uint32_t failures = 0;  // failed logins
  std::uint32_t mistakes = 0;  // BAD answers in a row
  // The user in his own account, and that account.
  std::shared_ptr<client::Login> self;
  std::shared_ptr<Account> home;
  // The same where the selected mailbox is: in another's account, if that one shared it.  Commands in selected state
  // use these; commands that name a mailbox use what find_mailbox() found.
  std::shared_ptr<client::Login> login;
  std::shared_ptr<Account> account;
  std::unique_ptr<Selected> box;
  MessageEvents events;
  std::shared_ptr<Notify> notify;  // null until NOTIFY was used
  io::Notifier changed;            // stored said that the account moved on
  std::string tag;                 // of the command that runs
  std::unique_ptr<Append> append;  // messages of an APPEND whose literals have come
  // The mailbox of the user's own account that the last APPEND went to.
  struct Appended {
    std::string name;  // canonical
    std::uint32_t id = 0;
  } appended;

  // Says BYE; the session ends after the command that runs.
  void bye(std::string_view text);
  // The tagged answer.
  void finish(const Reply& reply);
  bool utf8_names() const { return rev2 || utf8; }
  // Messages may have UTF-8 headers for this client (RFC 6855).
  bool utf8_accepted() const { return utf8; }
  // A login succeeded.
  void logged_in(std::shared_ptr<client::Login> who);
  // As after the greeting (RFC 8437).
  void logged_out();

 private:
  enum class Next : std::uint8_t { more, command, end };
  io::Task<Next> next_command();
  io::Task<void> run_command();
  io::Task<bool> take_literal();
  io::Task<bool> wait_for_input();
  bool refuse_literal(Reply reply);
  io::Task<Reply> run_row(const CommandRow* row, imap::Lexer& in);
  void start_login_timer();
  io::Task<void> wait_for_turn();
  void end(service::EndReason why);
  void apply_rows(const stored::Delta& delta, imap::UidSet& fresh);
  void take_rights(model::Rights now);
  void tell_changed(std::uint32_t uid, model::Flags flags, std::uint64_t modseq);
  io::Task<base::Result<>> look(bool may_expunge);
  io::Task<void> tell_arrived();
  io::Task<base::Result<>> sync_from_sheet();
  io::Task<base::Result<>> claim_recent();
  io::Task<base::Result<>> tell_new(imap::UidSet fresh);
  void tell_whole();

  Reply dropped_;  // answer to a command whose rest is being read away
  io::Timer login_timer_;
  service::Tally::Mark counted_;   // for the account
  std::uint64_t progress_at_ = 0;  // monotonic ms: when the running command tells of its progress next
};

}  // namespace postern::imapd
