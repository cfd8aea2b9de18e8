// What `postern index` asks: how far the indexes are, and to make them anew or to pack them.  lib/proto/indexer.proto.
#pragma once
#include "cmd/indexer/shared.h"
#include "io/task.h"
#include "ipc/server.h"

namespace postern::indexer {

io::Task<void> serve(Shared& s, ipc::Call call);

}  // namespace postern::indexer
