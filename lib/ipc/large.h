// Payloads past kMaxPayload travel in a descriptor; the protocols that have such say so in their messages.
// Runs in: sieved and its callers.  The bytes of a peer are checked: a regular file or memfd, at most `max`.
// Tests: t/unit/ipc_large.cc
#pragma once
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace postern::ipc {

// A memfd with these bytes.
base::Result<base::Fd> to_descriptor(std::string_view bytes);
// All of it, from its beginning.  Fault::corrupt for what is no file or longer.
base::Result<std::string> from_descriptor(const base::Fd& fd, std::size_t max);

}  // namespace postern::ipc
