#include "service/options.h"

#include <algorithm>

namespace postern::service {
namespace {

constexpr std::uint64_t K = 1024, M = K * K, G = M * K;
constexpr Kind T = Kind::text, N = Kind::number, S = Kind::size, D = Kind::duration, B = Kind::boolean, L = Kind::list;

constexpr Option kOptions[] = {
    {"hostname", T, "", 0, 0, "all", "name of this server in greetings and trace lines; empty: the system's"},
    {"default_domain", T, "", 0, 0, "authd postern lmtpd sieved", "domain of names that are written without one"},
    {"run_dir", T, "/run/postern", 0, 0, "all", "sockets and pid files"},
    {"var_dir", T, "/var/lib/postern", 0, 0, "all", "the store, the directory, spools"},
    {"log", T, "stderr", 0, 0, "all", "stderr, syslog, or a file that SIGHUP opens again"},
    {"log_level", T, "info", 0, 0, "all", "lowest level that is logged", "debug|info|warning|error"},
    {"quickstart", B, "no", 0, 0, "all",
     "a trial instance: clear-text login from loopback, no cap on connections of one address"},
    {"sandbox", B, "yes", 0, 0, "all", "seccomp filter and Landlock after start-up"},
    {"resolver", T, "127.0.0.1:53", 0, 0, "all", "address and port of the DNS resolver"},
    {"drain_timeout", D, "1h", 1, 7 * 86400, "all", "how long sessions of a replaced process may go on"},

    {"tls.certificate", T, "", 0, 0, "imapd jmapd lmtpd managesieved pop3d", "PEM file with the certificate chain"},
    {"tls.key", T, "", 0, 0, "imapd jmapd lmtpd managesieved pop3d", "PEM file with the private key"},
    {"tls.extra", L, "", 0, 0, "imapd jmapd lmtpd managesieved pop3d", "more pairs CERTIFICATE:KEY, chosen by the name a client asks for (SNI)"},
    {"tls.priorities", T, "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1", 0, 0, "imapd jmapd lmtpd managesieved pop3d", "GnuTLS priority string"},

    {"auth.clear_text", T, "never", 0, 0, "authd imapd jmapd managesieved pop3d", "passwords without TLS: never, from loopback, always",
     "never|loopback|always"},
    {"auth.password_cache", D, "10m", 1, 86400, "authd", "how long a verified password is remembered, as a keyed hash"},
    {"auth.scram_iterations", N, "10000", 4096, 1000000, "authd postern", "of SCRAM keys made from plain passwords"},
    {"auth.apop", B, "no", 0, 0, "authd pop3d", "passwords are kept in the clear from their next change or login on, so that POP3 offers APOP"},
    {"auth.slow_loopback", B, "yes", 0, 0, "authd", "failures from loopback are slowed too"},
    {"auth.failure_delay", D, "2s", 0, 60, "authd", "first delay after a failed login; it doubles with each further one"},
    {"auth.subaddress_separator", T, "+", 0, 0, "authd sieved", "parts user and detail of user+detail; empty: no subaddressing"},
    {"auth.hash_threads", N, "2", 1, 64, "authd", "password hashes computed at the same time"},

    {"store.cache", S, "256M", 1 * M, 1024 * G, "stored", "Berkeley DB page cache"},
    {"store.memory", S, "128M", 1 * M, 1024 * G, "stored", "accounts, mailboxes and sheets kept ready"},
    {"store.segment_size", S, "256M", 1 * M, 4 * G, "stored", "size of a file of message bodies"},
    {"store.checkpoint_log", S, "64M", 1 * M, 4 * G, "stored", "log written before a checkpoint"},
    {"store.checkpoint_interval", D, "60s", 1, 86400, "stored", "longest time between checkpoints"},
    {"store.change_log", D, "30d", 60, 3650 * 86400ull, "stored", "how long changes are remembered for JMAP and QRESYNC"},
    {"store.keep_deleted", D, "14d", 0, 3650 * 86400ull, "authd stored", "how long deleted mail and accounts can be restored"},
    {"store.default_mailboxes", L, "Drafts:drafts,Sent:sent,Junk:junk,Trash:trash,Archive:archive", 0, 0, "stored",
     "mailboxes of a new account beside INBOX, as NAME or NAME:ROLE"},
    {"store.all_mail", T, "", 0, 0, "stored", "name of the mailbox of each account that shows all of its mail; empty: none"},
    {"store.compression", T, "lz4", 0, 0, "stored", "of message bodies", "lz4|zstd|none"},

    {"backup.dir", T, "", 0, 0, "postern", "folder of the backup that cron makes by night; empty: it makes none"},

    {"sieve.max_scripts", N, "100", 1, 1000, "stored", "Sieve scripts of one account"},
    {"sieve.max_script_storage", S, "8M", 1 * K, 1 * G, "stored", "of all its scripts together"},
    {"sieve.before", L, "", 0, 0, "lmtpd", "scripts that run before each user's: files, relative to this one's folder"},
    {"sieve.default", L, "", 0, 0, "lmtpd", "script of users who have no active one"},
    {"sieve.after", L, "", 0, 0, "lmtpd", "scripts that run after each user's"},
    {"sieve.global_dir", T, "", 0, 0, "lmtpd imapd", "folder of the scripts NAME.sieve that include :global finds"},
    {"sieve.list_dir", T, "", 0, 0, "lmtpd imapd", "folder of the lists that scripts may ask and redirect to (extlists)"},
    {"sieve.extensions_off", L, "", 0, 0, "sieved", "extensions that the scripts of users may not require; the administrator's may"},
    {"sieve.environment", L, "", 0, 0, "sieved", "NAME=VALUE, which scripts see as the item vnd.dovecot.config.NAME of the environment"},
    {"sieve.max_string", S, "64K", 1 * K, 1 * M, "sieved", "one string in a script"},
    {"sieve.max_pattern", S, "4K", 64, 64 * K, "sieved", "one pattern of :matches or :regex"},
    {"sieve.max_nesting", N, "15", 1, 64, "sieved", "blocks within blocks, and tests within tests"},
    {"sieve.max_includes", N, "64", 0, 1000, "sieved", "scripts that one run includes; 3 deep at most"},
    {"sieve.max_redirects", N, "1", 0, 32, "sieved", "redirects of one message by one script"},
    {"sieve.max_outgoing", N, "3", 0, 32, "sieved", "messages that one run may send, redirects included"},
    {"sieve.max_notifications", N, "10", 0, 32, "sieved", "notifications of one run; 0: scripts may ask for none"},
    {"sieve.max_actions", N, "32", 1, 1000, "sieved", "of one run"},
    {"sieve.max_variable", S, "4K", 256, 1 * M, "sieved", "value of one variable"},
    {"sieve.max_steps", N, "5000", 100, 10000000, "sieved", "instructions that one run executes"},
    {"sieve.max_cpu_time", D, "10s", 1, 60, "sieved", "of one run"},
    {"sieve.vacation_default", D, "7d", 1, 3650 * 86400ull, "sieved", "between two vacation responses to one sender, where a script does not say"},
    {"sieve.vacation_min", D, "1d", 0, 3650 * 86400ull, "sieved", "at least; 0 lets scripts answer every message"},
    {"sieve.vacation_max", D, "30d", 1, 3650 * 86400ull, "sieved", "at most"},
    {"sieve.duplicate_default", D, "7d", 1, 3650 * 86400ull, "sieved", "how long the duplicate test remembers, where a script does not say"},
    {"sieve.duplicate_max", D, "7d", 0, 3650 * 86400ull, "sieved", "at most; 0: nothing is remembered"},
    {"sieve.protected_headers", L, "Received,Auto-Submitted", 0, 0, "sieved", "fields that editheader can neither add nor delete"},
    {"sieve.postmaster", T, "", 0, 0, "sieved", "sender of rejections; empty: postmaster@ the default domain"},
    {"sieve.spam_header", T, "", 0, 0, "sieved", "field with a spam scanner's score, for spamtest; empty: none"},
    {"sieve.spam_pattern", T, "", 0, 0, "sieved", "RE2 with one group that holds the score; empty: the value begins with it"},
    {"sieve.spam_by_length", B, "no", 0, 0, "sieved", "the score is how long the value is, as of \"*****\""},
    {"sieve.spam_max", T, "10", 0, 0, "sieved", "score that counts as 10"},
    {"sieve.virus_header", T, "", 0, 0, "sieved", "field with a virus scanner's verdict, for virustest; empty: none"},
    {"sieve.virus_pattern", T, "", 0, 0, "sieved", "RE2 with one group that holds the verdict as a number"},
    {"sieve.virus_max", T, "5", 0, 0, "sieved", "verdict that counts as 5"},

    {"managesieve.timeout", D, "30m", 1, 86400, "managesieved", "of a session that is logged in (RFC 5804 1.2: at least 30 minutes)"},
    {"managesieve.login_timeout", D, "60s", 1, 3600, "managesieved", "until login"},
    {"managesieve.login_failures", N, "3", 1, 100, "managesieved", "failed logins before the connection is closed"},
    {"managesieve.connections_per_address", N, "15", 1, kNone, "managesieved", "at the same time"},

    {"lmtp.max_message_size", S, "50M", 1 * K, 4 * G, "lmtpd", "larger messages are refused"},
    {"lmtp.max_recipients", N, "1000", 1, 100000, "lmtpd", "of one message"},
    {"lmtp.over_quota", T, "temporary", 0, 0, "lmtpd", "answer for a full account: 452 or 552", "temporary|permanent"},
    {"lmtp.hop_limit", N, "50", 5, 1000, "lmtpd", "Received lines of a message that loops"},
    {"lmtp.delivered_to", B, "yes", 0, 0, "lmtpd", "put Delivered-To before each message"},
    {"lmtp.timeout", D, "5m", 1, 3600, "lmtpd", "for the next command or data"},

    {"imap.max_request_size", S, "50M", 1 * K, 4 * G, "imapd", "of one command with its literals"},
    {"imap.timeout", D, "30m", 1, 86400, "imapd", "of a session that is logged in (RFC 9051 5.4: at least 30 minutes)"},
    {"imap.login_timeout", D, "60s", 1, 3600, "imapd", "until login"},
    {"imap.login_failures", N, "3", 1, 100, "imapd", "failed logins before the connection is closed"},
    {"imap.connections_per_address", N, "15", 1, kNone, "imapd", "at the same time"},
    {"imap.other_users_namespace", T, "Other Users", 0, 0, "imapd postern", "where mailboxes stand that other users share; empty: nowhere"},
    {"imap.shared_namespace", T, "Shared", 0, 0, "imapd postern",
     "where shared mailboxes stand of accounts that nobody logs in to; empty: nowhere"},
    {"imap.connections_per_account", N, "15", 1, kNone, "imapd", "at the same time"},
    {"imap.commands_per_minute", N, "none", 1, kNone, "imapd", "of one account; more of them wait for their turn"},
    {"imap.message_limit", N, "1000000", 1, kNone, "imapd", "messages that one command works on (RFC 9738)"},
    {"imap.save_limit", N, "1000000", 1, kNone, "imapd", "messages that one COPY or APPEND makes (RFC 9738)"},
    {"imap.progress_interval", D, "15s", 0, 3600, "imapd", "between two notes about the progress of a long command"},
    {"imap.nonsync_literals", T, "any", 0, 0, "imapd", "size of literals that are sent without waiting: any, or up to 4096 bytes (LITERAL-)", "any|small"},
    {"imap.raw_headers", B, "yes", 0, 0, "imapd", "take messages with raw 8-bit headers from clients that did not enable UTF-8 (RFC 6855 4 says no)"},
    {"imap.utf8_only", B, "no", 0, 0, "imapd", "serve only clients that enable UTF-8 (UTF8=ONLY, RFC 6855 6)"},
    {"imap.submit_users", L, "", 0, 0, "imapd", "accounts of submission servers, which may use URLs signed for submit+NAME (RFC 4467)"},
    {"imap.id", L, "name=Postern,vendor=Postern", 0, 0, "imapd", "the answer to ID, as FIELD=VALUE; empty: nothing is told"},
    {"imap.sieve", B, "yes", 0, 0, "imapd", "run the scripts that mailboxes name in /shared/imapsieve/script (IMAPSIEVE)"},
    {"imap.sieve_event", Kind::sieve_events, "", 0, 0, "imapd", "one script of the administrator's that runs when messages come or change by IMAP, and when; each line adds one"},
    {"imap.capabilities_off", L, "", 0, 0, "imapd", "capabilities that are not offered, and whose commands are refused"},

    {"pop3.timeout", D, "10m", 1, 86400, "pop3d", "of a session that is logged in (RFC 1939 3: at least 10 minutes)"},
    {"pop3.login_timeout", D, "60s", 1, 3600, "pop3d", "until login"},
    {"pop3.login_failures", N, "3", 1, 100, "pop3d", "failed logins before the connection is closed"},
    {"pop3.connections_per_address", N, "15", 1, kNone, "pop3d", "at the same time"},
    {"pop3.login_delay", D, "0s", 0, 86400, "pop3d", "from one login of an account to the next (LOGIN-DELAY)"},
    {"pop3.lock_takeover", D, "60s", 1, 86400, "pop3d", "silence after which a session gives its maildrop up to the next"},
    {"pop3.delete", T, "remove", 0, 0, "pop3d",
     "what becomes of deleted messages: removed, or read and hidden from POP3 only", "remove|hide"},
    {"pop3.keep", D, "none", 0, kNone, "pop3d", "how old a hidden message must be for the next session to remove it; none: it stays"},
    {"pop3.utf8_headers", T, "send", 0, 0, "pop3d", "UTF-8 in a header for a client that has not said UTF8", "send|refuse"},

    {"index.language", T, "", 0, 0, "indexer", "language of texts that do not say theirs, as de or pt-BR; empty: none is assumed"},
    {"index.batch", N, "200", 1, 1000000, "indexer", "changes of an account after which its index is brought up at once"},
    {"index.interval", D, "15m", 1, 86400, "indexer", "how long fewer changes wait; those of an account with a session wait a second"},
    {"index.sync_interval", D, "60s", 1, 86400, "indexer", "between two flushes of what was written to the disk"},
    {"index.message_time", D, "60s", 1, 3600, "indexer", "for one message; past it indexer starts again, after the second time without it"},
    {"index.alarm", D, "15m", 1, 86400, "indexer", "how long work may wait while none is done; past it the log and postern status say so"},

    {"search.substring", T, "exact", 0, 0, "imapd jmapd",
     "how text is searched for: any part of the text, or words, which is faster", "exact|words"},
    {"search.memory", S, "64M", 1 * M, 1024 * G, "searchd", "for indexes that are kept open"},

    {"runner.command", Kind::commands, "", 0, 0, "runner sieved", "one program that may be started; each line adds one to those of runner(8)"},
    {"runner.at_once", N, "4", 1, 1000, "runner", "programs that run at the same time; others wait"},
    {"runner.time", D, "20s", 1, 3600, "runner", "of a program whose row says nothing else"},
    {"runner.memory", S, "512M", 1 * M, kNone, "runner", "address space of each process of a program"},
    {"runner.output", S, "16M", 1 * K, 1 * G, "runner", "of a program; more ends it"},
    {"runner.processes", N, "16", 1, 10000, "runner", "processes and threads of a program"},
    {"runner.input", S, "64M", 1 * K, 4 * G, "runner", "what a program may be given to read"},
    {"runner.read", L, "", 0, 0, "runner", "folders beside /usr and /etc that programs may read and start programs from"},
    {"runner.write", L, "", 0, 0, "runner", "folders that programs may change"},

    {"http.url", T, "", 0, 0, "imapd jmapd", "how clients reach this server, as https://mail.example.org; empty: from the Host header"},
    {"http.max_request_size", S, "10M", 1 * K, 1 * G, "jmapd", "of one API request"},
    {"http.max_upload_size", S, "50M", 1 * K, 4 * G, "jmapd", "of one upload"},
    {"http.timeout", D, "60s", 1, 3600, "jmapd", "of a connection without a request"},
    {"http.allow_origin", T, "*", 0, 0, "jmapd", "Access-Control-Allow-Origin for browser clients; empty: none"},
    {"http.connections_per_address", N, "50", 1, kNone, "jmapd", "at the same time"},
};

}  // namespace

std::span<const Option> options() { return kOptions; }

const Option* find_option(std::string_view name) {
  auto it = std::ranges::find(kOptions, name, &Option::name);
  return it == std::end(kOptions) ? nullptr : it;
}

}  // namespace postern::service
