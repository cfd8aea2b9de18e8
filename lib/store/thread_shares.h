// The mailboxes that a thread is in, and where it is unread (RFC 8621 2, unreadThreads): what is only in the trash does
// not make a thread unread elsewhere, and what is not in the trash does not make it unread there.  The mailbox that shows
// all mail changes nothing of that: what is in the trash and there is only in the trash.
// Pure.  Runs in: stored.  Tests: t/unit/store_model.cc
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "proto/records.pb.h"

namespace postern::store {

struct ThreadShare {
  std::uint32_t mailbox;
  bool unread;
};
std::vector<ThreadShare> thread_shares(const records::Thread& t,
                                       const std::function<bool(std::uint32_t mailbox)>& is_trash,
                                       const std::function<bool(std::uint32_t mailbox)>& shows_all);

}  // namespace postern::store
