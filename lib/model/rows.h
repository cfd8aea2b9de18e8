// The fixed-width row of one message in one mailbox, as stored under key "U" mailbox uid.  73 bytes, big-endian; the
// engine adds a checksum.  It is written once: flags and modseq are those the row was born with, until its slot in a
// block of flags (flag_block.h) says otherwise.
// Runs in: stored.  Input: the disk, checked.  Tests: t/unit/model_rows.cc
#pragma once
#include <optional>
#include <string>

#include "model/sheet.h"

namespace postern::model {

inline constexpr std::uint8_t kUidRowVersion = 1;

// Without the uid, which is in the key.
std::string encode_uid_row(const SheetRow& row);
// Nothing when the length or the version is wrong.
std::optional<SheetRow> decode_uid_row(std::uint32_t uid, std::string_view bytes);

}  // namespace postern::model
