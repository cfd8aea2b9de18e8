#include "cmd/imapd/teller.h"

#include "cmd/imapd/notify.h"

namespace postern::imapd {

void Teller::start() {
  bool selected = s_.box && (idle_ || s_.events.at_once);
  if (selected || (s_.notify && s_.notify->watches())) task_.spawn(run());
}

io::Task<void> Teller::stop() {
  stopping_ = true;
  if (task_.empty()) co_return;
  s_.changed.notify_all();
  co_await task_.drained();
}

// One round; false when something stands in the way and only a new hint is worth another.
io::Task<bool> Teller::tell() {
  bool told = true;
  if (s_.box && (idle_ || s_.events.at_once)) {
    auto synced = co_await s_.sync(idle_ || s_.events.expunge_at_once, false);
    told = synced.has_value();
  }
  if (s_.notify && !s_.ending) co_await s_.notify->look(s_);
  co_return told;
}

io::Task<void> Teller::run() {
  while (!stopping_ && s_.stream()) {
    bool told = co_await tell();
    if (s_.ending) {
      // The mailbox is gone: the reader is woken by the end of the connection.
      (void)co_await s_.stream().flush();
      s_.stream().close();
      co_return;
    }
    if (stopping_) co_return;
    auto sent = co_await s_.stream().flush();
    if (!sent || stopping_) co_return;
    // After a failure of stored wait for its next hint: the watch is renewed when it is back.
    bool box_waits = told && s_.box && s_.box->changed() && (idle_ || s_.events.at_once) && s_.events.messages;
    bool others_wait = told && s_.notify && s_.notify->dirty();
    if (box_waits) continue;
    if (others_wait) {
      (void)co_await s_.changed.wait_for(s_.notify->pause() + 1);
    } else {
      (void)co_await s_.changed.wait();
    }
  }
}

}  // namespace postern::imapd
