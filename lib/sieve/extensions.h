// The one table of Sieve extensions: the names that `require` knows and that ManageSieve, JMAP and the
// `ihave` test announce.  What isn't in it does not exist; what is in it works (t/sieve has a suite for each
// name that shows it changing an action, and t/unit/sieve_announced.cc holds the two together).
// Runs in: sieved, managesieved, jmapd, lmtpd, postern.  Pure.
#pragma once
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::sieve {

enum class Ext : std::uint8_t {
  base,  // RFC 5228's own commands: no `require`
  fileinto,
  envelope,
  encoded_character,
  comparator_octet,
  comparator_casemap,
  comparator_numeric,
  comparator_unicode,
  body,
  convert,
  copy,
  date,
  index,
  duplicate,
  editheader,
  enotify,
  envelope_dsn,
  envelope_deliverby,
  redirect_dsn,
  redirect_deliverby,
  environment,
  extlists,
  fcc,
  foreverypart,
  mime,
  extracttext,
  replace,
  enclose,
  ihave,
  imap4flags,
  imapsieve,
  include,
  mailbox,
  mboxmetadata,
  servermetadata,
  mailboxid,
  regex,
  reject,
  ereject,
  relational,
  spamtest,
  spamtestplus,
  virustest,
  special_use,
  subaddress,
  vacation,
  vacation_seconds,
  variables,
  dovecot_pipe,
  dovecot_filter,
  dovecot_execute,
  dovecot_environment,
  dovecot_debug,
  dovecot_report,
  dovecot_testsuite,
  dovecot_imapsieve,
  count
};
using ExtensionSet = std::bitset<static_cast<std::size_t>(Ext::count)>;

enum class Needs : std::uint8_t {
  nothing,    // works wherever the language runs
  delivery,   // only at delivery: it answers or refuses a sender (RFC 6785 3.8)
  imap,       // only where an IMAP event starts the script
  commands,   // the admin must have listed commands that scripts may run
  testsuite,  // only in suites of `postern sieve test`
};

struct Extension {
  Ext ext;
  std::string_view name;  // as `require` spells it
  Needs needs;
  std::string_view implies;  // a second name that this one turns on ("fileinto" for none), or empty
};
std::span<const Extension> extension_table();
std::optional<Ext> find_extension(std::string_view name);
std::string_view name_of(Ext e);

inline bool has(const ExtensionSet& s, Ext e) {
  return s.test(static_cast<std::size_t>(e));
}
inline void add(ExtensionSet& s, Ext e) {
  s.set(static_cast<std::size_t>(e));
}

// Where a script runs decides what it may ask for.
struct Place {
  bool delivery = true;  // lmtpd; false where an IMAP command started it
  bool imap_events = false;
  bool commands = false;  // pipe, filter, execute: the configuration lists commands
  bool testsuite = false;
};
ExtensionSet available(const Place& place);
// The value of ManageSieve's SIEVE capability and JMAP's sieveExtensions: names in the table's order,
// without the testsuite and what the base language holds without `require`.
std::string announced(const ExtensionSet& available);
// ManageSieve's NOTIFY capability: the methods that `notify` knows, whatever hooks are configured for.
struct NotifyMethods {
  bool mailto = true;
  bool xmpp = false;  // RFC 5437 and 6468: only where a hook command is configured
  bool sip = false;
};
std::string announced(const NotifyMethods& methods);

}  // namespace postern::sieve
