// JMAP's VacationResponse (RFC 8621 8) as a Sieve script of one command.  Its texts are data: nothing in them can end
// their string.  Pure.  Tests: t/unit (through jmap), t/system/test_sieve.py
#pragma once
#include <cstdint>
#include <optional>

#include "client/sieve_client.h"
#include "proto/records.pb.h"

namespace postern::lmtpd {

// Nothing when it does not apply at `now`.
std::optional<client::SieveScript> vacation_script(const records::Vacation& v, std::int64_t now);

}  // namespace postern::lmtpd
