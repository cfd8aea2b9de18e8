#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

constexpr OptionRow kJson{"--json", "", "print JSON"};
constexpr OptionRow kDry{"--dry-run", "", "say what would be done and do nothing"};
constexpr OptionRow kQuota{"--quota", "SIZE", "bytes, or with K, M, G; none for no limit"};
constexpr OptionRow kDescription{"--description", "TEXT", "a name or note for people"};
constexpr OptionRow kAccount{"--account", "NAME@DOMAIN", "whose mail"};
constexpr OptionRow kMailbox{"--mailbox", "NAME", "mailbox; levels are parted by /"};
constexpr OptionRow kMember{"--member", "NAME@DOMAIN", "a member; may be given many times"};
constexpr OptionRow kTarget{"--to", "NAME@DOMAIN", "where it leads; may be given many times"};
constexpr OptionRow kDomain{"--domain", "DOMAIN", "only of this domain"};

}  // namespace

std::span<const Verb> verbs() {
  static const std::vector<Verb> kVerbs = {
      {"quickstart", "--dir DIR [--base-port N] [--domain D] [--account NAME@DOMAIN=PASSWORD]...",
       "make a trial instance in one folder",
       {{"--dir", "DIR", "where; made when missing"},
        {"--base-port", "N", "ports are N plus the standard port (10000)"},
        {"--domain", "D", "default domain (that of the first account)"},
        {"--account", "NAME@DOMAIN=PW", "an account to begin with; may be given many times"},
        {"--hints", "", "print accounts, ports and lines to try of the instance named by -C"}},
       quickstart},

      {"domain add", "DOMAIN [--catch-all ADDRESS] [--description TEXT]", "serve mail of a domain",
       {{"--catch-all", "ADDRESS", "account that gets mail to unknown names"}, kDescription}, domain_add},
      {"domain list", "[--json]", "list the domains", {kJson}, domain_list},
      {"domain set", "DOMAIN [--catch-all ADDRESS] [--description TEXT]", "change a domain",
       {{"--catch-all", "ADDRESS", "account that gets mail to unknown names; none for none"}, kDescription}, domain_set},
      {"domain delete", "DOMAIN [--dry-run]", "stop serving a domain; it must be empty", {kDry}, domain_delete},

      {"account add", "NAME@DOMAIN [--quota SIZE] [--description TEXT] [--timezone TZ]",
       "add an account; the password is the first line of standard input, or asked for",
       {kQuota, kDescription, {"--timezone", "TZ", "as Europe/Berlin"}, {"--admin", "", "may administer the server"}}, account_add},
      {"account list", "[--domain DOMAIN] [--json]", "list the accounts", {kDomain, kJson}, account_list},
      {"account show", "NAME@DOMAIN [--json]", "show one account with its use of storage", {kJson}, account_show},
      {"account set", "NAME@DOMAIN [--quota SIZE] [--description TEXT] [--timezone TZ] [--enable|--disable]",
       "change an account",
       {kQuota, kDescription, {"--timezone", "TZ", "as Europe/Berlin"}, {"--enable", "", "let it log in"},
        {"--disable", "", "refuse its logins; mail is still delivered"}}, account_set},
      {"account passwd", "NAME@DOMAIN", "set the password: first line of standard input, or asked for", {}, account_passwd},
      {"account delete", "NAME@DOMAIN [--dry-run]", "delete an account and its mail", {kDry}, account_delete},
      {"account import", "FILE|- [--dry-run]", "add accounts from CSV: email, secret, name, description, quota, timezone",
       {{"--columns", "LIST", "layout when there is no header (email,secret,name,description,quota,timezone)"},
        {"--delimiter", "CHAR", "between fields (,); tab for a tabulator"},
        {"--no-header", "", "the first line is an account"},
        {"--preview", "N", "show how the first N rows are understood and do nothing"},
        kDry, kJson}, account_import},

      {"alias add", "NAME@DOMAIN --to NAME@DOMAIN...", "add an alias", {kTarget}, alias_add},
      {"alias set", "NAME@DOMAIN --to NAME@DOMAIN...", "change where an alias leads", {kTarget}, members_set},
      {"alias list", "[--domain DOMAIN] [--json]", "list the aliases", {kDomain, kJson}, entries_list},
      {"alias show", "NAME@DOMAIN [--json]", "show one alias", {kJson}, entry_show},
      {"alias delete", "NAME@DOMAIN [--dry-run]", "delete an alias", {kDry}, entry_delete},
      {"group add", "NAME@DOMAIN [--member NAME@DOMAIN]...", "add a group", {kMember, kDescription}, group_add},
      {"group set", "NAME@DOMAIN --member NAME@DOMAIN...", "change who is in a group", {kMember}, members_set},
      {"group list", "[--domain DOMAIN] [--json]", "list the groups", {kDomain, kJson}, entries_list},
      {"group show", "NAME@DOMAIN [--json]", "show one group", {kJson}, entry_show},
      {"group delete", "NAME@DOMAIN [--dry-run]", "delete a group", {kDry}, entry_delete},
      {"list add", "NAME@DOMAIN [--member NAME@DOMAIN]...", "add a mailing list", {kMember, kDescription}, list_add},
      {"list set", "NAME@DOMAIN --member NAME@DOMAIN...", "change who is on a mailing list", {kMember}, members_set},
      {"list list", "[--domain DOMAIN] [--json]", "list the mailing lists", {kDomain, kJson}, entries_list},
      {"list show", "NAME@DOMAIN [--json]", "show one mailing list", {kJson}, entry_show},
      {"list delete", "NAME@DOMAIN [--dry-run]", "delete a mailing list", {kDry}, entry_delete},

      {"mailbox list", "--account NAME@DOMAIN [--json]", "list the mailboxes of an account", {kAccount, kJson}, mailbox_list},
      {"mailbox create", "--account NAME@DOMAIN NAME [--role ROLE]", "make a mailbox, and those above it",
       {kAccount, {"--role", "ROLE", "drafts, sent, junk, trash, archive ..."}}, mailbox_create},
      {"mailbox rename", "--account NAME@DOMAIN OLD NEW", "rename or move a mailbox with those below it", {kAccount}, mailbox_rename},
      {"mailbox delete", "--account NAME@DOMAIN NAME [--dry-run]", "delete a mailbox and its mail", {kAccount, kDry}, mailbox_delete},
      {"mailbox status", "--account NAME@DOMAIN [NAME] [--json]", "counts, sizes and UIDs of mailboxes", {kAccount, kJson}, mailbox_status},

      {"import mbox", "--account NAME@DOMAIN [--mailbox NAME] FILE|DIR|-...", "import mbox files",
       {kAccount, kMailbox, kDry, kJson}, import_mail},
      {"import maildir", "--account NAME@DOMAIN [--mailbox NAME] DIR...", "import Maildir++ and nested Maildir folders",
       {kAccount, kMailbox, kDry, kJson}, import_mail},
      {"import eml", "--account NAME@DOMAIN [--mailbox NAME] FILE|DIR|-...", "import files of one message each",
       {kAccount, kMailbox, kDry, kJson}, import_mail},
      {"export mbox", "--account NAME@DOMAIN [--mailbox NAME] DIR|-", "export to mbox files, or one to standard output",
       {kAccount, kMailbox, kDry, kJson}, export_mail},
      {"export maildir", "--account NAME@DOMAIN [--mailbox NAME] DIR", "export to a Maildir++ folder",
       {kAccount, kMailbox, kDry, kJson}, export_mail},
      {"export eml", "--account NAME@DOMAIN [--mailbox NAME] DIR", "export to files of one message each",
       {kAccount, kMailbox, kDry, kJson}, export_mail},

      {"status", "[--json]", "services, processes, connections, restarts, memory", {kJson}, status},
      {"who", "[--json]", "who is connected", {kJson}, who},
      {"kick", "USER|SESSION|* [--dry-run]", "end sessions of a user or with an id", {kDry, kJson}, kick},
      {"reload", "", "read the configuration again, as SIGHUP does", {}, reload},
      {"stop", "", "stop the server, as SIGTERM does", {}, stop},
      {"config", "[-n] [--check] [KEY...]", "print effective settings, or check the files",
       {{"-n", "", "only what differs from the defaults"}, {"--check", "", "check postern.conf and master.conf"}, kJson}, config},
      {"call", "SERVICE METHOD [KEY=VALUE]...", "call a method of a daemon's socket and print the answer as JSON",
       {{"--list", "", "list the methods of SERVICE, or the services"}, kAccount}, call},
      {"log", "[-f] [--id ID] [--service NAME]", "print the log, filtered",
       {{"-f", "", "follow it"}, {"--id", "ID", "lines of one message or session"}, {"--service", "NAME", "lines of one program"}}, log},
      {"completion", "bash|zsh|fish", "print the completion script of a shell", {}, completion},
  };
  return kVerbs;
}

}  // namespace postern::cli
