#include "cmd/sieved/settings.h"

#include <algorithm>

#include "base/text.h"
#include "service/commands.h"

namespace postern::sieved_daemon {

namespace {

sieve::ScoreSource source(const service::Config& c, const std::string& what) {
  sieve::ScoreSource s;
  s.header = c.text("sieve." + what + "_header");
  s.pattern = c.text("sieve." + what + "_pattern");
  s.max = c.text("sieve." + what + "_max");
  return s;
}

// Rows NAME=VALUE.
std::map<std::string, std::string> items(const service::Config& c) {
  std::map<std::string, std::string> out;
  for (const std::string& row : c.list("sieve.environment"))
    if (auto eq = row.find('='); eq != row.npos)
      out["vnd.dovecot.config." + base::to_lower(base::trim(row.substr(0, eq)))] = base::trim(std::string_view(row).substr(eq + 1));
  return out;
}

}  // namespace

Settings::Settings(const service::Config& c)
    : hostname(c.hostname()), delimiters(c.text("auth.subaddress_separator")),
      protected_headers(c.list("sieve.protected_headers")), spam(source(c, "spam")), virus(source(c, "virus")) {
  spam.by_length = c.yes("sieve.spam_by_length");
  environment = items(c);
  for (const std::string& name : c.list("sieve.extensions_off"))
    if (auto ext = sieve::find_extension(name)) sieve::add(off, *ext);
  limits.string = c.number("sieve.max_string");
  limits.pattern = c.number("sieve.max_pattern");
  limits.block_nesting = limits.test_nesting = c.number("sieve.max_nesting");
  limits.includes = c.number("sieve.max_includes");
  limits.redirects = c.number("sieve.max_redirects");
  limits.outgoing = c.number("sieve.max_outgoing");
  limits.notifications = c.number("sieve.max_notifications");
  limits.actions = c.number("sieve.max_actions");
  limits.variable = c.number("sieve.max_variable");
  limits.steps = c.number("sieve.max_steps");
  limits.run_ms = c.number("sieve.max_cpu_time") * 1000;
  limits.vacation_days = std::max<std::uint64_t>(c.number("sieve.vacation_default") / 86'400, 1);
  limits.vacation_min_seconds = c.number("sieve.vacation_min");
  limits.vacation_max_seconds = c.number("sieve.vacation_max");
  limits.duplicate_seconds = c.number("sieve.duplicate_default");
  limits.duplicate_max_seconds = c.number("sieve.duplicate_max");
  for (std::string_view line : base::split(c.raw("runner.command"), '\n')) {
    auto row = service::parse_command(line);
    if (!row) continue;
    bool on = !row->second.argv.empty();
    if (row->first == "sendmail") sendmail = on;
    if (row->first == "notify:xmpp") notify.xmpp = on;
    if (row->first == "notify:sip") notify.sip = on;
    for (const char* kind : {"pipe:", "filter:", "execute:"}) commands = commands || (on && row->first.starts_with(kind));
  }
  notify.mailto = sendmail;
  postmaster = c.text("sieve.postmaster");
  if (postmaster.empty()) postmaster = "postmaster@" + (c.text("default_domain").empty() ? hostname : c.text("default_domain"));
}

sieve::CompileOptions Settings::for_check() const {
  sieve::CompileOptions o;
  o.limits = limits;
  o.notify = notify;
  o.extensions = sieve::available({.delivery = true, .imap_events = true, .commands = commands});
  auto without = [&o](sieve::Ext e) { o.extensions.reset(static_cast<std::size_t>(e)); };
  if (!sendmail)
    for (auto e : {sieve::Ext::vacation, sieve::Ext::vacation_seconds, sieve::Ext::redirect_dsn, sieve::Ext::redirect_deliverby,
                   sieve::Ext::dovecot_report})
      without(e);
  if ((!sendmail && !notify.xmpp && !notify.sip) || limits.notifications == 0) without(sieve::Ext::enotify);
  o.extensions &= ~off;
  return o;
}

sieve::CompileOptions Settings::for_run(bool imap_event, bool global) const {
  sieve::CompileOptions o;
  o.limits = limits;
  o.notify = notify;
  o.notify.mailto = true;   // a script that was stored before is not refused for it: the notification fails, and is logged
  o.extensions = sieve::available({.delivery = !imap_event, .imap_events = imap_event, .commands = commands});
  if (!global) o.extensions &= ~off;
  return o;
}

}  // namespace postern::sieved_daemon
