// The JMAP Session object.  RFC 8620 2, RFC 8621 1.3.1.
#pragma once
#include <string>

#include "client/auth_client.h"
#include "cmd/jmapd/shared.h"
#include "proto/sieve.pb.h"
#include "proto/stored.pb.h"

namespace postern::jmapd {

// Changes when anything else in the session object does.
std::string session_state(const Shared& shared, const client::Login& login);
// `sieve`: what scripts may use; null while sieved does not answer, and then nothing of Sieve is announced.
std::string session_object(const Shared& shared, const client::Login& login, const std::string& base_url,
                           const sieved::Described* sieve, const stored::Scripts& scripts);

}  // namespace postern::jmapd
