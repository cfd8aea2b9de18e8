// SieveScript objects as JSON, and the ids of their blobs: "S" account "-" script "-" the beginning of the text's checksum,
// so that a changed text has another id.  RFC 9661 2.1.  Pure.  Tests: t/unit/jmap_sieve.cc
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jmap/json.h"
#include "proto/records.pb.h"

namespace postern::jmap {

std::string format_script_blob(std::uint64_t account, const records::Script& s);
struct ScriptBlob {
  std::uint64_t account = 0;
  std::uint32_t script = 0;
  std::string checksum;   // the first 8 bytes
};
// Nothing unless `text` is exactly what format_script_blob() gives.
std::optional<ScriptBlob> parse_script_blob(std::string_view text);

json::object script_json(const records::Script& s, std::uint64_t account, bool active, const json::storage_ptr& sp);

// VacationResponse/set: reads what an update holds into `v`.  The name of the property that is wrong, or nothing.
std::optional<std::string> patch_vacation(const json::object& patch, records::Vacation& v);
json::object vacation_json(const records::Vacation& v, const json::storage_ptr& sp);

}  // namespace postern::jmap
