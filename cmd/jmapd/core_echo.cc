// Core/echo.  RFC 8620 4.
#include "cmd/jmapd/methods.h"

namespace postern::jmapd {

io::Task<Method<json::object>> core_echo(Context& c, Args& args) {
  co_return json::object(args.object_itself(), c.sp);
}

}  // namespace postern::jmapd
