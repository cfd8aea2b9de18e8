// The comparators of lib/mime/collation.h under the name that searching and sorting use.
#pragma once
#include "mime/collation.h"

namespace postern::query {

using mime::Collation;
using mime::find_collation;
using mime::has_substring;
using mime::match_key;
using mime::name_of;
using mime::sort_key;

}  // namespace postern::query
