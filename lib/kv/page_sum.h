// Berkeley DB's own page checksum (DB_CHKSUM, btree files, no encryption), so that damage is found without
// handing the page to the library, which would stop the whole environment.  Pure.  Input: hostile.
#pragma once
#include <string_view>

namespace postern::kv {

// True when the page may be given to Berkeley DB: its checksum fits, or it was never written (all of its
// header zero).  `page` is kPageSize bytes.
bool page_intact(std::string_view page);

}  // namespace postern::kv
