// What the SieveScript methods share: the scripts of stored, and the text behind a blob id.
#pragma once
#include <string>
#include <vector>

#include "cmd/jmapd/context.h"
#include "jmap/errors.h"

namespace postern::jmapd {

// All scripts, by name, and which is active.
io::Task<Method<stored::Scripts>> list_scripts(Context& c);

// The text of an uploaded blob or of a script; blobNotFound, tooLarge.
io::Task<std::expected<std::string, jmap::SetError>> script_text(Context& c, std::string blob_id);
// What is wrong with a text: invalidSieve; nothing when it compiles.
io::Task<std::optional<jmap::SetError>> check_script(Context& c, std::string text);

}  // namespace postern::jmapd
