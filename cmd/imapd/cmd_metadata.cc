// GETMETADATA and SETMETADATA.  RFC 5464.
#include <algorithm>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/mailboxes.h"
#include "cmd/imapd/metadata.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/special_use_entry.h"
#include "imap/writer.h"
#include "model/metadata.h"

namespace postern::imapd {

namespace {

void begin_line(Session& s, std::string& out, std::string_view mailbox) {
  out += "* METADATA ";
  if (mailbox.empty()) {
    out += "\"\"";
  } else {
    imap::append_mailbox(out, mailbox, s.utf8_names());
  }
  out += " (";
}

void add_entry(Session& s, std::string& out, std::string_view entry, const std::string* value) {
  if (out.back() != '(') out += ' ';
  imap::append_astring(out, entry);
  out += ' ';
  if (value) {
    imap::append_value(out, *value, s.utf8_names());
  } else {
    out += "NIL";
  }
}

// The mailbox that an annotation command names, or the server for the empty name.
struct Target {
  std::uint32_t mailbox = 0;
  std::string name;
  std::shared_ptr<client::Login> login;
  std::string_view use;
  bool own_mailbox = false;
};

io::Task<base::Result<Target>> find_target(Session& s, std::string wire) {
  if (wire.empty()) co_return Target{0, {}, s.self, {}};
  auto found = co_await find_mailbox(s, std::move(wire));
  if (!found) co_return base::pass(found);
  co_return Target{found->record.id(), found->name, found->login, special_use(found->record), found->account == s.home};
}

// What was asked for by its own name and has no value is told as NIL; what is too long is left out.
std::string answer_line(Session& s, const imap::GetMetadataArgs& args, const std::string& name,
                        const stored::Metadata& found) {
  std::string out;
  begin_line(s, out, name);
  std::size_t start = out.size();
  for (const auto& e : found.entries()) add_entry(s, out, e.entry(), &e.value());
  if (args.depth == 0 && !found.longest())
    for (const std::string& asked : args.entries)
      if (std::ranges::find(found.entries(), asked, &stored::MetadataEntry::entry) == found.entries().end())
        add_entry(s, out, asked, nullptr);
  if (out.size() == start) return {};
  out += ")\r\n";
  return out;
}

}  // namespace

Answer run_getmetadata(Session& s, imap::GetMetadataArgs args) {
  auto target = co_await find_target(s, args.mailbox);
  if (!target) co_return from_error(target.error());
  stored::Request request;
  stored::GetMetadata& get = *request.mutable_get_metadata();
  get.set_mailbox(target->mailbox);
  for (const std::string& e : args.entries) get.add_entries(e);
  get.set_depth(args.depth);
  get.set_max_size(args.max_size);
  auto reply = co_await s.shared.store.read(*target->login, std::move(request));
  if (!reply) co_return from_error(reply.error());
  // A limit of 0 lets only empty values pass, which stored has no word for.
  stored::Metadata& found = *reply->mutable_metadata();
  if (args.max_size_given && args.max_size == 0)
    for (int i = found.entries_size(); i-- > 0;) {
      if (found.entries(i).value().empty()) continue;
      found.set_longest(std::max<std::uint64_t>(found.longest(), found.entries(i).value().size()));
      found.mutable_entries()->DeleteSubrange(i, 1);
    }
  if (target->own_mailbox) tell_special_use(target->use, args, found);
  std::string line = answer_line(s, args, target->name, found);
  if (!line.empty()) s.write(std::move(line));
  if (!found.longest()) co_return ok("Done");
  std::string code = "METADATA LONGENTRIES ";
  imap::append_number(code, found.longest());
  co_return ok("Done", std::move(code));
}

Answer run_setmetadata(Session& s, imap::SetMetadataArgs args) {
  auto target = co_await find_target(s, args.mailbox);
  if (!target) co_return from_error(target.error());
  auto use = std::ranges::find(args.entries, kSpecialUseEntry, &imap::EntryValue::entry);
  if (target->own_mailbox && use != args.entries.end()) {
    // A command is done whole or not at all, and this is another call of stored.
    if (args.entries.size() > 1) co_return no("The special use is set by itself", "CANNOT");
    co_return co_await set_special_use(s, target->mailbox, std::move(*use));
  }
  stored::Request request;
  stored::SetMetadata& set = *request.mutable_set_metadata();
  set.set_mailbox(target->mailbox);
  for (imap::EntryValue& e : args.entries) {
    if (e.value.size() > model::kMaxEntryValue) {
      std::string code = "METADATA MAXSIZE ";
      imap::append_number(code, model::kMaxEntryValue);
      co_return no("The value is too long", std::move(code));
    }
    if (s.notify) s.notify->mine({target->mailbox ? target->login->account() : 0, target->mailbox}, e.entry);
    auto& one = *set.add_entries();
    one.set_entry(std::move(e.entry));
    one.set_value(std::move(e.value));
    one.set_remove(e.nil);
  }
  auto reply = co_await s.shared.store.write(*target->login, std::move(request));
  if (!reply && reply.error().code == "LIMIT") co_return no("Too many annotations", "METADATA TOOMANY");
  if (!reply) co_return from_error(reply.error());
  s.shared.account(target->login->account())->scriptless.clear();
  co_return ok("Set");
}

io::Task<base::Result<AllMetadata>> load_metadata(Session& s, const MailboxList& list, std::vector<std::string> entries) {
  std::vector<std::shared_ptr<client::Login>> accounts;
  for (const Mailbox& m : list.all())
    if (std::ranges::none_of(accounts, [&m](const auto& l) { return l->account() == m.login->account(); }))
      accounts.push_back(m.login);
  AllMetadata out;
  for (const std::shared_ptr<client::Login>& login : accounts) {
    stored::Request request;
    request.mutable_get_metadata()->set_all_mailboxes(true);
    for (const std::string& e : entries) request.mutable_get_metadata()->add_entries(e);
    std::function<bool(stored::Reply&)> take = [&out, &login](stored::Reply& reply) {
      for (auto& e : *reply.mutable_metadata()->mutable_entries())
        out[{login->account(), e.mailbox()}][e.entry()] = std::move(*e.mutable_value());
      return true;
    };
    auto done = co_await s.shared.store.items(*login, std::move(request), take);
    if (!done && done.error().code != "DENIED") co_return base::pass(done);
  }
  if (std::ranges::find(entries, kSpecialUseEntry) == entries.end()) co_return out;
  for (const Mailbox& m : list.all()) {
    if (m.account != s.home) continue;
    auto& of_mailbox = out[{m.login->account(), m.record.id()}];
    of_mailbox.erase(std::string(kSpecialUseEntry));
    std::string_view use = special_use(m.record);
    if (!use.empty()) of_mailbox[std::string(kSpecialUseEntry)] = use;
  }
  co_return out;
}

void metadata_line(Session& s, std::string& out, const Mailbox& m, const std::vector<std::string>& entries,
                   const AllMetadata& all) {
  begin_line(s, out, m.name);
  auto of_mailbox = all.find({m.login->account(), m.record.id()});
  for (const std::string& entry : entries) {
    const std::string* value = nullptr;
    if (of_mailbox != all.end())
      if (auto it = of_mailbox->second.find(entry); it != of_mailbox->second.end()) value = &it->second;
    add_entry(s, out, entry, value);
  }
  out += ")\r\n";
}

}  // namespace postern::imapd
