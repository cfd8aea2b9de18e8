#include "cmd/imapd/special_use_entry.h"

#include <algorithm>

#include "cmd/imapd/commands.h"
#include "model/metadata.h"

namespace postern::imapd {

void tell_special_use(std::string_view use, const imap::GetMetadataArgs& args, stored::Metadata& found) {
  bool asked = std::ranges::any_of(args.entries, [&args](const std::string& entry) {
    return model::entry_matches(entry, kSpecialUseEntry, static_cast<int>(args.depth));
  });
  if (!asked) return;
  auto& entries = *found.mutable_entries();
  auto kept = std::remove_if(entries.begin(), entries.end(),
                             [](const auto& e) { return e.entry() == kSpecialUseEntry; });
  entries.erase(kept, entries.end());
  if (use.empty()) return;
  if (args.max_size_given && use.size() > args.max_size) {
    found.set_longest(std::max<std::uint64_t>(found.longest(), use.size()));
    return;
  }
  auto& one = *found.add_entries();
  one.set_entry(std::string(kSpecialUseEntry));
  one.set_value(std::string(use));
}

io::Task<Reply> set_special_use(Session& s, std::uint32_t mailbox, imap::EntryValue value) {
  std::string_view role;
  if (!value.nil && !value.value.empty()) {
    role = role_of(value.value);
    if (role.empty()) co_return no("That use is not supported", "USEATTR");
  }
  stored::Request request;
  request.mutable_update_mailbox()->set_id(mailbox);
  request.mutable_update_mailbox()->set_role(std::string(role));
  auto reply = co_await s.shared.store.write(*s.self, std::move(request));
  if (!reply && (reply.error().code == "INVALID" || reply.error().code == "CONFLICT"))
    co_return no("Another mailbox has that use", "USEATTR");
  if (!reply) co_return from_error(reply.error());
  co_return ok("Set");
}

}  // namespace postern::imapd
