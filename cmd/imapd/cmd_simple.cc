// CAPABILITY, NOOP, CHECK, LOGOUT, ID, ENABLE, NAMESPACE.  RFC 9051 6.1, 6.3.1, 6.3.10; RFC 2971; RFC 5161.
#include "cmd/imapd/command_table.h"
#include "cmd/imapd/commands.h"
#include "imap/mailbox_name.h"
#include "imap/writer.h"

namespace postern::imapd {

Answer run_capability(Session& s, imap::NoArgs) {
  std::string out = "* CAPABILITY ";
  out += co_await capability_text(s);
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

// What happened meanwhile is told after every command; the table says that this one looks for it.
Answer run_noop(Session&, imap::NoArgs) {
  co_return ok("Done");
}

Answer run_logout(Session& s, imap::NoArgs) {
  s.bye("Logging out");
  s.connection.client_done = true;
  s.state = State::logout;
  co_return ok("Done");
}

Answer run_id(Session& s, imap::IdArgs) {
  s.write("* ID " + s.shared.settings.id + "\r\n");
  co_return ok("Done");
}

Answer run_enable(Session& s, imap::EnableArgs args) {
  std::string out = "* ENABLED";
  for (const std::string& name : args.names) {
    if (name == "CONDSTORE") {
      s.enable_condstore();
    } else if (name == "QRESYNC") {
      s.enable_condstore();
      s.qresync = true;
    } else if (name == "IMAP4REV2") {
      s.rev2 = true;
    } else if (name == "UIDONLY") {
      s.uidonly = true;
    } else if (name == "UTF8=ACCEPT") {
      s.utf8 = true;
    } else {
      continue;
    }
    out += ' ';
    out += name == "IMAP4REV2" ? "IMAP4rev2" : name;
  }
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

Answer run_namespace(Session& s, imap::NoArgs) {
  std::string out = "* NAMESPACE ((\"\" \"/\"))";
  for (const std::string* space : {&s.shared.settings.other_users, &s.shared.settings.shared}) {
    if (space->empty()) {
      out += " NIL";
      continue;
    }
    out += " ((";
    imap::append_string(out, imap::mailbox_name_to_wire(*space + "/", s.utf8_names()), s.utf8_names());
    out += " \"/\"))";
  }
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

}  // namespace postern::imapd
