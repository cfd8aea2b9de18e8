#include "sieve/extensions.h"

#include <array>

namespace postern::sieve {
namespace {

using enum Needs;

constexpr Extension kTable[] = {
    {Ext::fileinto, "fileinto", nothing},
    {Ext::reject, "reject", delivery},
    {Ext::ereject, "ereject", delivery},
    {Ext::envelope, "envelope", delivery},
    {Ext::encoded_character, "encoded-character", nothing},
    {Ext::vacation, "vacation", delivery},
    {Ext::vacation_seconds, "vacation-seconds", delivery, "vacation"},
    {Ext::subaddress, "subaddress", nothing},
    {Ext::comparator_octet, "comparator-i;octet", nothing},
    {Ext::comparator_casemap, "comparator-i;ascii-casemap", nothing},
    {Ext::comparator_numeric, "comparator-i;ascii-numeric", nothing},
    {Ext::comparator_unicode, "comparator-i;unicode-casemap", nothing},
    {Ext::relational, "relational", nothing},
    {Ext::regex, "regex", nothing},
    {Ext::imap4flags, "imap4flags", nothing},
    {Ext::copy, "copy", nothing},
    {Ext::include, "include", nothing},
    {Ext::variables, "variables", nothing},
    {Ext::body, "body", nothing},
    {Ext::enotify, "enotify", nothing},
    {Ext::environment, "environment", nothing},
    {Ext::mailbox, "mailbox", nothing},
    {Ext::mboxmetadata, "mboxmetadata", nothing},
    {Ext::servermetadata, "servermetadata", nothing},
    {Ext::mailboxid, "mailboxid", nothing},
    {Ext::special_use, "special-use", nothing},
    {Ext::date, "date", nothing},
    {Ext::index, "index", nothing},
    {Ext::ihave, "ihave", nothing},
    {Ext::duplicate, "duplicate", nothing},
    {Ext::mime, "mime", nothing},
    {Ext::foreverypart, "foreverypart", nothing},
    {Ext::extracttext, "extracttext", nothing},
    {Ext::replace, "replace", nothing},
    {Ext::enclose, "enclose", nothing},
    {Ext::convert, "convert", nothing},
    {Ext::editheader, "editheader", nothing},
    {Ext::extlists, "extlists", nothing},
    {Ext::fcc, "fcc", nothing},
    {Ext::spamtest, "spamtest", nothing},
    {Ext::spamtestplus, "spamtestplus", nothing, "spamtest"},
    {Ext::virustest, "virustest", nothing},
    {Ext::envelope_dsn, "envelope-dsn", delivery},
    {Ext::envelope_deliverby, "envelope-deliverby", delivery},
    {Ext::redirect_dsn, "redirect-dsn", nothing},
    {Ext::redirect_deliverby, "redirect-deliverby", nothing},
    {Ext::imapsieve, "imapsieve", imap},
    {Ext::dovecot_environment, "vnd.dovecot.environment", nothing, "environment"},
    {Ext::dovecot_imapsieve, "vnd.dovecot.imapsieve", imap, "imapsieve"},
    {Ext::dovecot_debug, "vnd.dovecot.debug", nothing},
    {Ext::dovecot_report, "vnd.dovecot.report", nothing},
    {Ext::dovecot_pipe, "vnd.dovecot.pipe", commands},
    {Ext::dovecot_filter, "vnd.dovecot.filter", commands},
    {Ext::dovecot_execute, "vnd.dovecot.execute", commands},
    {Ext::dovecot_testsuite, "vnd.dovecot.testsuite", testsuite},
};

bool met(Needs needs, const Place& place) {
  switch (needs) {
    case nothing:
      return true;
    case delivery:
      return place.delivery;
    case imap:
      return place.imap_events;
    case commands:
      return place.commands;
    case testsuite:
      return place.testsuite;
  }
  return false;
}

}  // namespace

std::span<const Extension> extension_table() {
  return kTable;
}

std::optional<Ext> find_extension(std::string_view name) {
  for (const Extension& e : kTable)
    if (e.name == name) return e.ext;
  return std::nullopt;
}

std::string_view name_of(Ext ext) {
  for (const Extension& e : kTable)
    if (e.ext == ext) return e.name;
  return "";
}

ExtensionSet available(const Place& place) {
  ExtensionSet out;
  add(out, Ext::base);
  for (const Extension& e : kTable)
    if (met(e.needs, place)) add(out, e.ext);
  return out;
}

std::string announced(const ExtensionSet& available) {
  std::string out;
  for (const Extension& e : kTable) {
    if (!has(available, e.ext) || e.needs == testsuite) continue;
    if (!out.empty()) out += ' ';
    out += e.name;
  }
  return out;
}

std::string announced(const NotifyMethods& methods) {
  std::string out;
  auto put = [&](bool on, std::string_view name) {
    if (!on) return;
    if (!out.empty()) out += ' ';
    out += name;
  };
  put(methods.mailto, "mailto");
  put(methods.xmpp, "xmpp");
  put(methods.sip, "sip");
  return out;
}

}  // namespace postern::sieve
