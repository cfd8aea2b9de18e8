// Header fields of an Email to be created, in each of the forms of RFC 8621 4.1.2.  Runs in: jmapd.  Input:
// hostile.
#pragma once
#include "base/result.h"
#include "jmap/header_property.h"
#include "mime/builder.h"

namespace postern::jmap {

// Adds the field, or with `all` each of the fields.  The error tells what is wrong with the value.
base::Result<> write_header(mime::HeaderBuilder& to, const HeaderProperty& property,
                            const json::value& value);

}  // namespace postern::jmap
