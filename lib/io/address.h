// Socket addresses to and from text.  Private to lib/io.
#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/result.h"
#include "io/stream.h"

namespace postern::io {

Address address_of(const sockaddr_storage& a, socklen_t size);
Address peer_address(int fd);
Address local_address(int fd);
// REQUIRES nothing of `ip`: a malformed one is Fault::permanent.
base::Result<socklen_t> parse_address(const std::string& ip, std::uint16_t port, sockaddr_storage& out);

}  // namespace postern::io
