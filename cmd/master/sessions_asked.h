// One answer of `who` while it is gathered: how many processes still have to send their sessions.
#pragma once
#include <vector>

#include "cmd/master/limits.h"
#include "io/sync.h"
#include "proto/control.pb.h"

namespace postern::master {

struct SessionsAsked {
  std::size_t waiting = 0;
  std::vector<control::Session> sessions;
  io::Event done;
  void answered() {
    if (--waiting == 0) done.set();
  }
};

}  // namespace postern::master
