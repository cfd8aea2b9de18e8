// Parts of a date as the `date` and `currentdate` tests compare them (RFC 5260 4.2).
// Pure.
#pragma once
#include <string>
#include <string_view>

#include "mime/date.h"
#include "sieve/names.h"

namespace postern::sieve {

std::string date_part(const mime::DateTime& t, DatePart part);
// The date in a field: of its whole value, or of what follows its last ";" (Received).
std::optional<mime::DateTime> date_in(std::string_view raw);

}  // namespace postern::sieve
