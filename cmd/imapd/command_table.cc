#include "cmd/imapd/command_table.h"

#include <algorithm>

#include "base/system.h"
#include "base/text.h"
#include "cmd/imapd/cmd_filter.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/dispatch.h"
#include "imap/writer.h"

namespace postern::imapd {

namespace {

constexpr std::uint8_t kNot = static_cast<std::uint8_t>(State::not_authenticated);
constexpr std::uint8_t kAuth = static_cast<std::uint8_t>(State::authenticated);
constexpr std::uint8_t kSelected = static_cast<std::uint8_t>(State::selected);
constexpr std::uint8_t kAny = kNot | kAuth | kSelected;
constexpr std::uint8_t kIn = kAuth | kSelected;

imap::FetchArgs parse_fetch(imap::Lexer& in) {
  return imap::parse_fetch(in, false);
}
imap::FetchArgs parse_uid_fetch(imap::Lexer& in) {
  return imap::parse_fetch(in, true);
}

// Sorted by name.
constexpr CommandRow kCommands[] = {
    {"APPEND", kIn, Updates::all, true, command<imap::parse_append, run_append>, kMessages},
    {"AUTHENTICATE", kNot, Updates::none, true, command<imap::parse_authenticate, run_authenticate>},
    {"CANCELUPDATE", kSelected, Updates::all, true, command<imap::parse_cancelupdate, run_cancelupdate>},
    {"CAPABILITY", kAny, Updates::all, false, command<imap::parse_none, run_capability>},
    {"CHECK", kSelected, Updates::look, false, command<imap::parse_none, run_noop>},
    {"CLOSE", kSelected, Updates::none, false, command<imap::parse_none, run_close>},
    {"COMPARATOR", kIn, Updates::all, false, command<imap::parse_comparator, run_comparator>},
    {"COMPRESS", kIn, Updates::none, false, command<imap::parse_words, run_compress>, kAscii},
    {"CONVERSIONS", kIn, Updates::all, true, command<imap::parse_conversions, run_conversions>},
    {"CONVERT", kSelected, Updates::no_expunge, true, command<imap::parse_convert, run_convert>, kNumbers},
    {"COPY", kSelected, Updates::all, true, command<imap::parse_copy, run_copy>, kNumbers},
    {"CREATE", kIn, Updates::all, true, command<imap::parse_create, run_create>},
    {"DELETE", kIn, Updates::all, true, command<imap::parse_mailbox_arg, run_delete>},
    {"DELETEACL", kIn, Updates::all, true, command<imap::parse_mailbox_identifier, run_deleteacl>},
    {"ENABLE", kIn, Updates::all, true, command<imap::parse_enable, run_enable>, kAscii},
    {"ESEARCH", kIn, Updates::all, true, command<imap::parse_esearch, run_esearch>},
    {"EXAMINE", kIn, Updates::none, true, command<imap::parse_select, run_examine>},
    {"EXPUNGE", kSelected, Updates::all, false, command<imap::parse_none, run_expunge>},
    {"FETCH", kSelected, Updates::no_expunge, true, command<parse_fetch, run_fetch>, kNumbers},
    {"FILTER", kSelected, Updates::no_expunge, true, command<imap::parse_filter, run_filter>, kNumbers},
    {"GENURLAUTH", kIn, Updates::all, true, command<imap::parse_genurlauth, run_genurlauth>},
    {"GETACL", kIn, Updates::all, true, command<imap::parse_mailbox_arg, run_getacl>},
    {"GETJMAPACCESS", kIn, Updates::all, false, command<imap::parse_none, run_getjmapaccess>, kAscii},
    {"GETMETADATA", kIn, Updates::all, true, command<imap::parse_getmetadata, run_getmetadata>},
    {"GETQUOTA", kIn, Updates::all, true, command<imap::parse_getquota, run_getquota>},
    {"GETQUOTAROOT", kIn, Updates::all, true, command<imap::parse_mailbox_arg, run_getquotaroot>},
    {"ID", kAny, Updates::all, true, command<imap::parse_id, run_id>},
    {"IDLE", kIn, Updates::all, false, command<imap::parse_none, run_idle>, kAscii},
    {"LANGUAGE", kAny, Updates::all, false, command<imap::parse_words, run_language>},
    {"LIST", kIn, Updates::all, true, command<imap::parse_list, run_list>},
    {"LISTRIGHTS", kIn, Updates::all, true, command<imap::parse_mailbox_identifier, run_listrights>},
    {"LOGIN", kNot, Updates::none, true, command<imap::parse_login, run_login>},
    {"LOGOUT", kAny, Updates::none, false, command<imap::parse_none, run_logout>},
    {"LSUB", kIn, Updates::all, true, command<imap::parse_list, run_lsub>},
    {"MOVE", kSelected, Updates::all, true, command<imap::parse_copy, run_move>, kNumbers},
    {"MYRIGHTS", kIn, Updates::all, true, command<imap::parse_mailbox_arg, run_myrights>},
    {"NAMESPACE", kIn, Updates::all, false, command<imap::parse_none, run_namespace>},
    {"NOOP", kAny, Updates::look, false, command<imap::parse_none, run_noop>},
    {"NOTIFY", kIn, Updates::look, true, command<imap::parse_notify, run_notify>},
    {"RENAME", kIn, Updates::all, true, command<imap::parse_rename, run_rename>},
    {"REPLACE", kSelected, Updates::all, true, command<imap::parse_replace, run_replace>,
     kMessages | kNumbers},
    {"RESETKEY", kIn, Updates::all, false, command<imap::parse_resetkey, run_resetkey>},
    {"SEARCH", kSelected, Updates::no_expunge, true, command<imap::parse_search, run_search>, kNumbers},
    {"SELECT", kIn, Updates::none, true, command<imap::parse_select, run_select>},
    {"SETACL", kIn, Updates::all, true, command<imap::parse_setacl, run_setacl>},
    {"SETMETADATA", kIn, Updates::all, true, command<imap::parse_setmetadata, run_setmetadata>},
    {"SETQUOTA", kIn, Updates::all, true, command<imap::parse_setquota, run_setquota>},
    {"SORT", kSelected, Updates::no_expunge, true, command<imap::parse_sort, run_sort>, kNumbers},
    {"STARTTLS", kNot, Updates::none, false, command<imap::parse_none, run_starttls>},
    {"STATUS", kIn, Updates::all, true, command<imap::parse_status, run_status>},
    {"STORE", kSelected, Updates::no_expunge, true, command<imap::parse_store, run_store>, kNumbers},
    {"SUBSCRIBE", kIn, Updates::all, true, command<imap::parse_mailbox_arg, run_subscribe>},
    {"THREAD", kSelected, Updates::no_expunge, true, command<imap::parse_thread, run_thread>, kNumbers},
    {"UID CONVERT", kSelected, Updates::all, true, command<imap::parse_convert, run_uid_convert>},
    {"UID COPY", kSelected, Updates::all, true, command<imap::parse_copy, run_uid_copy>},
    {"UID ESEARCH", kIn, Updates::all, true, command<imap::parse_esearch, run_esearch>},
    {"UID EXPUNGE", kSelected, Updates::all, true, command<imap::parse_set, run_uid_expunge>},
    {"UID FETCH", kSelected, Updates::all, true, command<parse_uid_fetch, run_uid_fetch>},
    {"UID FILTER", kSelected, Updates::all, true, command<imap::parse_filter, run_uid_filter>, kNumbers},
    {"UID MOVE", kSelected, Updates::all, true, command<imap::parse_copy, run_uid_move>},
    {"UID REPLACE", kSelected, Updates::all, true, command<imap::parse_replace, run_uid_replace>, kMessages},
    {"UID SEARCH", kSelected, Updates::all, true, command<imap::parse_search, run_uid_search>},
    {"UID SORT", kSelected, Updates::all, true, command<imap::parse_sort, run_uid_sort>},
    {"UID STORE", kSelected, Updates::all, true, command<imap::parse_store, run_uid_store>},
    {"UID THREAD", kSelected, Updates::all, true, command<imap::parse_thread, run_uid_thread>},
    {"UNAUTHENTICATE", kIn, Updates::none, false, command<imap::parse_none, run_unauthenticate>, kAscii},
    {"UNSELECT", kSelected, Updates::none, false, command<imap::parse_none, run_unselect>},
    {"UNSUBSCRIBE", kIn, Updates::all, true, command<imap::parse_mailbox_arg, run_unsubscribe>},
    {"URLFETCH", kIn, Updates::all, true, command<imap::parse_urlfetch, run_urlfetch>},
};

// What may be asked of authd now is remembered for a minute: it only changes with the configuration.
constexpr std::uint64_t kOfferMs = 60'000;

// One row a capability.  `condition`: only while it holds (a setting, TLS, who is logged in).  `value`: stands behind "=".
// `commands`: what goes with it when a setting switches it off.
struct CapabilityRow {
  std::string_view atom;
  std::uint8_t states;
  bool (*condition)(const Session&) = nullptr;
  std::uint64_t (*value)(const Session&) = nullptr;
  std::string_view commands = "";
};

bool literal_plus(const Session& s) { return !s.shared.settings.small_literals; }
bool literal_minus(const Session& s) { return s.shared.settings.small_literals; }
bool has_jmap(const Session& s) { return !s.shared.settings.jmap_session.empty(); }
bool can_deflate(const Session& s) { return !s.connection.stream.deflating(); }
std::uint64_t append_limit(const Session& s) { return s.shared.settings.max_request; }
std::uint64_t message_limit(const Session& s) { return s.shared.settings.message_limit; }
std::uint64_t save_limit(const Session& s) { return s.shared.settings.save_limit; }
bool utf8_only(const Session& s) { return s.shared.settings.utf8_only; }
bool utf8_accept(const Session& s) { return !utf8_only(s); }
bool runs_scripts(const Session& s) { return !s.shared.settings.sieve_url.empty(); }
bool limits_messages(const Session& s) { return message_limit(s) != UINT64_MAX; }
bool limits_saving(const Session& s) { return save_limit(s) != UINT64_MAX; }

constexpr CapabilityRow kCapabilities[] = {
    {"IMAP4rev1", kAny},
    {"IMAP4rev2", kAny},
    {"LITERAL+", kAny, literal_plus},
    {"LITERAL-", kAny, literal_minus},
    {"SASL-IR", kNot},
    {"ID", kAny, nullptr, nullptr, "ID"},
    {"LANGUAGE", kAny, nullptr, nullptr, "LANGUAGE"},
    {"ENABLE", kAny},
    {"IDLE", kIn},
    {"NAMESPACE", kIn},
    {"UIDPLUS", kIn},
    {"UNSELECT", kIn},
    {"MOVE", kIn},
    {"CHILDREN", kIn},
    {"SPECIAL-USE", kIn},
    {"CREATE-SPECIAL-USE", kIn},
    {"LIST-EXTENDED", kIn},
    {"LIST-STATUS", kIn},
    {"STATUS=SIZE", kIn},
    {"ESEARCH", kIn},
    {"SEARCHRES", kIn},
    {"SEARCH=FUZZY", kIn},
    {"SORT", kIn},
    {"SORT=DISPLAY", kIn},
    {"ESORT", kIn},
    {"THREAD=ORDEREDSUBJECT", kIn},
    {"THREAD=REFERENCES", kIn},
    {"THREAD=REFS", kIn},
    {"I18NLEVEL=1", kIn},
    {"I18NLEVEL=2", kIn},
    {"CONTEXT=SEARCH", kIn},
    {"CONTEXT=SORT", kIn},
    {"MULTISEARCH", kIn},
    {"NOTIFY", kIn},
    {"PARTIAL", kIn},
    {"WITHIN", kIn},
    {"SAVEDATE", kIn},
    {"CONDSTORE", kIn},
    {"QRESYNC", kIn},
    {"BINARY", kIn},
    {"OBJECTID", kIn},
    {"PREVIEW", kIn},
    {"MULTIAPPEND", kIn},
    {"CATENATE", kIn},
    {"URL-PARTIAL", kIn},
    {"REPLACE", kIn, nullptr, nullptr, "REPLACE,UID REPLACE"},
    {"APPENDLIMIT", kIn, nullptr, append_limit},
    {"MESSAGELIMIT", kIn, limits_messages, message_limit},
    {"SAVELIMIT", kIn, limits_saving, save_limit},
    {"UIDONLY", kIn},
    {"UTF8=ACCEPT", kIn, utf8_accept},
    {"UTF8=ONLY", kAny, utf8_only},
    {"URLAUTH", kIn, nullptr, nullptr, "RESETKEY,GENURLAUTH,URLFETCH"},
    {"URLAUTH=BINARY", kIn},
    {"UNAUTHENTICATE", kIn, nullptr, nullptr, "UNAUTHENTICATE"},
    {"JMAPACCESS", kIn, has_jmap, nullptr, "GETJMAPACCESS"},
    {"INPROGRESS", kIn},
    {"CONVERT", kIn, nullptr, nullptr, "CONVERT,UID CONVERT,CONVERSIONS"},
    {"COMPRESS=DEFLATE", kIn, can_deflate, nullptr, "COMPRESS"},
    {"METADATA", kIn},
    {"METADATA-SERVER", kIn},
    {"LIST-METADATA", kIn},
    {"FILTERS", kIn},
    {"FILTER=SIEVE", kIn, runs_scripts, nullptr, "FILTER,UID FILTER"},
    {"QUOTA", kIn},
    {"QUOTASET", kIn},
    {"QUOTA=RES-STORAGE", kIn},
    {"QUOTA=RES-MESSAGE", kIn},
    {"QUOTA=RES-MAILBOX", kIn},
    {"ACL", kIn},
    {"RIGHTS=texkn", kIn},
    {"LIST-MYRIGHTS", kIn},
    {"ANNOTATE-EXPERIMENT-1", kIn},
};

}  // namespace

const CommandRow* find_command(std::string_view upper_name) {
  auto it = std::ranges::lower_bound(kCommands, upper_name, {}, &CommandRow::name);
  return it != std::end(kCommands) && it->name == upper_name ? &*it : nullptr;
}

std::span<const CommandRow> commands() {
  return kCommands;
}

// Is `name` one of "NAME,NAME"?
static bool lists(std::string_view names, std::string_view name) {
  auto all = base::split(names, ',');
  return std::ranges::find(all, name) != all.end();
}

// The command belongs to a capability that is not offered.
static bool is_switched_off(const Settings& settings, const CommandRow& row) {
  for (const std::string& atom : settings.off)
    for (const CapabilityRow& c : kCapabilities)
      if (base::iequals(c.atom, atom) && lists(c.commands, row.name)) return true;
  return false;
}

std::optional<Reply> refusal(const Session& s, const CommandRow* row) {
  if (!row || is_switched_off(s.shared.settings, *row)) return bad("Unknown command");
  if (!(row->states & static_cast<std::uint8_t>(s.state))) {
    bool select = s.state == State::authenticated && row->states & kSelected;
    return bad(s.state == State::not_authenticated ? "Log in first" : select ? "Select a mailbox first" : "Not possible now");
  }
  if (s.uidonly && row->traits & kNumbers) return bad("Message numbers are off", "UIDREQUIRED");
  bool ascii = row->states & kNot || row->traits & kAscii;
  if (s.shared.settings.utf8_only && !s.utf8 && !ascii) return no("ENABLE UTF8=ACCEPT first", "CANNOT");
  return std::nullopt;
}

io::Task<std::string> capability_text(Session& s) {
  std::string out;
  for (const CapabilityRow& row : kCapabilities) {
    if (!(row.states & static_cast<std::uint8_t>(s.state)) || (row.condition && !row.condition(s))) continue;
    if (std::ranges::find(s.shared.settings.off, base::to_upper(row.atom)) != s.shared.settings.off.end()) continue;
    if (!out.empty()) out += ' ';
    out += row.atom;
    if (!row.value) continue;
    out += '=';
    imap::append_number(out, row.value(s));
  }
  const Settings& settings = s.shared.settings;
  bool sieve = !settings.sieve_url.empty() && std::ranges::find(settings.off, "IMAPSIEVE") == settings.off.end();
  if (s.state != State::not_authenticated) {
    if (sieve) out += " IMAPSIEVE=" + settings.sieve_url;
    co_return out;
  }
  bool tls = s.stream().tls().has_value();
  if (!tls && s.shared.daemon.tls() != nullptr) out += " STARTTLS";
  bool secure = tls || s.stream().peer().is_unix;
  bool loopback = s.stream().peer().is_loopback;
  Shared::Offer& offer = s.shared.offers[(tls ? 4 : 0) + (secure ? 2 : 0) + (loopback ? 1 : 0)];
  if (offer.until < base::monotonic_ms()) {
    authd::Request request;
    request.mutable_mechanisms()->set_secure(secure);
    request.mutable_mechanisms()->set_channel_binding(tls);
    request.mutable_mechanisms()->set_loopback(loopback);
    auto reply = co_await s.shared.auth.call(std::move(request));
    if (reply) {
      offer.mechanisms = reply->mechanisms();
      offer.until = base::monotonic_ms() + kOfferMs;
    }
  }
  for (const std::string& m : offer.mechanisms.names()) {
    out += " AUTH=";
    out += m;
  }
  if (!offer.mechanisms.plain_allowed()) out += " LOGINDISABLED";
  co_return out;
}

}  // namespace postern::imapd
