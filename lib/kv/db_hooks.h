// Routes Berkeley DB's file calls through kv/disk.h, and those on guarded database files through their
// PageGuard. Also makes the names of new files durable, which the library leaves out.  Internal to lib/kv.
#pragma once
#include <memory>

#include "kv/page_guard.h"

namespace postern::kv {

// Process-wide; done once, before the first environment is made.
void install_db_hooks();

// While it lives, files opened under guard->database() pass through the guard.
class GuardRoute {
 public:
  explicit GuardRoute(std::shared_ptr<PageGuard> guard);
  ~GuardRoute();
  GuardRoute(const GuardRoute&) = delete;
  GuardRoute& operator=(const GuardRoute&) = delete;

 private:
  std::shared_ptr<PageGuard> guard_;
};

}  // namespace postern::kv
