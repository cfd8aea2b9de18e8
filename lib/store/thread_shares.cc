#include "store/thread_shares.h"

#include <algorithm>

namespace postern::store {

std::vector<ThreadShare> thread_shares(const records::Thread& t,
                                       const std::function<bool(std::uint32_t mailbox)>& is_trash,
                                       const std::function<bool(std::uint32_t mailbox)>& shows_all) {
  std::vector<ThreadShare> out;
  bool unread_outside = false;
  for (const auto& member : t.members()) {
    bool unread = !member.seen() && !member.draft();
    for (std::uint32_t id : member.mailboxes()) {
      auto it = std::ranges::find(out, id, &ThreadShare::mailbox);
      if (it == out.end()) it = out.insert(out.end(), {id, false});
      if (!unread) continue;
      if (is_trash(id))
        it->unread = true;
      else if (!shows_all(id) || std::ranges::none_of(member.mailboxes(), is_trash))
        unread_outside = true;
    }
  }
  if (unread_outside)
    for (ThreadShare& s : out)
      if (!is_trash(s.mailbox)) s.unread = true;
  return out;
}

}  // namespace postern::store
