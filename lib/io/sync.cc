#include "io/sync.h"

namespace postern::io {

void Notifier::notify() {
  if (waiting_.empty())
    pending_ = true;
  else
    static_cast<detail::SignalWait*>(waiting_.next())->grant();
}

void Notifier::notify_all() {
  while (!waiting_.empty()) static_cast<detail::SignalWait*>(waiting_.next())->grant();
}

void Event::set() {
  set_ = true;
  while (!waiting_.empty()) static_cast<detail::SignalWait*>(waiting_.next())->grant();
}

void Semaphore::release() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  auto* next = static_cast<Acquire*>(waiting_.next());
  next->permit_ = Permit(*this);
  next->wake();
}

}  // namespace postern::io
