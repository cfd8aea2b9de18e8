// GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS.  RFC 4314.  Identifiers are accounts and groups of the directory by
// name, "anyone", and with "-" before them what is taken away; stored knows them by number.
#include <algorithm>

#include "base/text.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/sharing.h"
#include "imap/writer.h"
#include "model/sharing.h"

namespace postern::imapd {

namespace {

struct Identifier {
  std::uint64_t principal = 0;
  bool negative = false;
};

// NOT_FOUND: the directory has no such account or group.
io::Task<base::Result<Identifier>> resolve(Session& s, std::string_view written) {
  Identifier id;
  id.negative = written.starts_with('-');
  std::string name(written.substr(id.negative ? 1 : 0));
  if (base::iequals(name, model::kAnyoneName)) {
    id.principal = model::kAnyone;
    co_return id;
  }
  if (auto number = model::parse_nameless(name)) {
    id.principal = *number;
    co_return id;
  }
  std::vector<std::string> names{std::move(name)};
  auto found = co_await s.shared.auth.look_up(*s.self, std::move(names), {});
  if (!found) co_return base::pass(found);
  id.principal = found->front().id();
  if (!id.principal) co_return base::fail(base::Fault::permanent, "no such account or group", "NO_SUCH_IDENTIFIER");
  co_return id;
}

Reply no_such_identifier() {
  return no("No such account or group", "CANNOT");
}

// The mailbox, if the user may see and change its list.
io::Task<base::Result<Mailbox>> find_administered(Session& s, std::string wire) {
  auto found = co_await find_mailbox(s, std::move(wire));
  if (!found) co_return found;
  if (auto may = permit(*found, model::kAdminister); !may) co_return base::pass(may);
  co_return found;
}

void append_identifier(Session& s, std::string& out, std::string_view name, bool negative) {
  std::string whole = negative ? "-" : "";
  whole += name;
  out += ' ';
  bool ascii = std::ranges::all_of(whole, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    imap::append_astring(out, whole);
  } else {
    imap::append_string(out, whole, s.utf8_names());
  }
}

io::Task<Reply> change(Session& s, std::string mailbox, std::string identifier, stored::SetAcl acl) {
  auto found = co_await find_administered(s, std::move(mailbox));
  if (!found) co_return from_error(found.error());
  if (identifier.empty() || identifier == "-") co_return bad("The identifier is empty");
  auto id = co_await resolve(s, identifier);
  if (!id) co_return id.error().code == "NO_SUCH_IDENTIFIER" ? no_such_identifier() : from_error(id.error());
  if (id->principal == found->account->id) co_return no("The owner has all rights, always", "CANNOT");
  acl.set_mailbox(found->record.id());
  acl.set_principal(id->principal);
  acl.set_negative(id->negative);
  stored::Request request;
  *request.mutable_set_acl() = std::move(acl);
  auto reply = co_await s.shared.store.write(*found->login, std::move(request));
  if (!reply) co_return from_error(reply.error());
  co_return ok("Done");
}

}  // namespace

Answer run_getacl(Session& s, imap::MailboxArgs args) {
  auto found = co_await find_administered(s, std::move(args.mailbox));
  if (!found) co_return from_error(found.error());
  std::vector<std::uint64_t> ids{found->account->id};
  for (const auto& g : found->record.acl())
    if (g.principal() != model::kAnyone) ids.push_back(g.principal());
  auto who = co_await people(s, ids);
  if (!who) co_return from_error(who.error());
  std::string out = "* ACL ";
  imap::append_mailbox(out, found->name, s.utf8_names());
  append_identifier(s, out, who->front().name(), false);
  out += ' ';
  out += model::format_rights(model::possible_rights(found->record.all()));
  std::size_t at = 1;
  for (const auto& g : found->record.acl()) {
    std::string name(model::kAnyoneName);
    if (g.principal() != model::kAnyone) name = (*who)[at++].name();
    append_identifier(s, out, name.empty() ? model::nameless(g.principal()) : name, g.negative());
    out += ' ';
    out += model::format_rights(g.rights());
  }
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

Answer run_setacl(Session& s, imap::SetAclArgs args) {
  stored::SetAcl acl;
  acl.set_rights(args.rights);
  acl.set_mode(args.mode == imap::SetAclArgs::Mode::add      ? stored::SetAcl::ADD
               : args.mode == imap::SetAclArgs::Mode::remove ? stored::SetAcl::REMOVE
                                                             : stored::SetAcl::SET);
  return change(s, std::move(args.mailbox), std::move(args.identifier), std::move(acl));
}

Answer run_deleteacl(Session& s, imap::AclArgs args) {
  return change(s, std::move(args.mailbox), std::move(args.identifier), {});
}

// No rights are tied together, and only the owner always has them all.
Answer run_listrights(Session& s, imap::AclArgs args) {
  auto found = co_await find_administered(s, std::move(args.mailbox));
  if (!found) co_return from_error(found.error());
  if (args.identifier.empty()) co_return bad("The identifier is empty");
  auto id = co_await resolve(s, args.identifier);
  if (!id) co_return id.error().code == "NO_SUCH_IDENTIFIER" ? no_such_identifier() : from_error(id.error());
  std::string out = "* LISTRIGHTS ";
  imap::append_mailbox(out, found->name, s.utf8_names());
  append_identifier(s, out, args.identifier, false);
  std::string all = model::format_rights(model::possible_rights(found->record.all()));
  if (id->principal == found->account->id) {
    out += ' ';
    out += all;
  } else {
    out += " \"\"";
    for (char right : all) {
      out += ' ';
      out += right;
    }
  }
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

Answer run_myrights(Session& s, imap::MailboxArgs args) {
  auto found = co_await find_mailbox(s, std::move(args.mailbox));
  if (!found) co_return from_error(found.error());
  std::string out = "* MYRIGHTS ";
  imap::append_mailbox(out, found->name, s.utf8_names());
  out += ' ';
  out += model::format_rights(found->rights);
  out += "\r\n";
  s.write(std::move(out));
  co_return ok("Done");
}

}  // namespace postern::imapd
