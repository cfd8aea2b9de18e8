#include "cmd/jmapd/set_result.h"

#include <algorithm>

namespace postern::jmapd {

Method<SetArguments> read_set_arguments(Args& args) {
  SetArguments out;
  out.create = args.object("create");
  out.update = args.object("update");
  out.if_in_state = args.string("ifInState");
  auto destroy = args.strings("destroy");
  std::size_t objects = (out.create ? out.create->size() : 0) + (out.update ? out.update->size() : 0);
  if (destroy) {
    objects += destroy->size();
    std::ranges::sort(*destroy);
    destroy->erase(std::unique(destroy->begin(), destroy->end()), destroy->end());
    out.destroy = std::move(*destroy);
  }
  if (objects > jmap::kMaxObjectsInSet)
    return jmap::method_error("requestTooLarge", "more than maxObjectsInSet objects");
  auto bad_member = [](const json::object* o, bool creation) {
    return o && std::ranges::any_of(*o, [&](const auto& m) {
             return !m.value().is_object() || (creation && !jmap::valid_id(m.key()));
           });
  };
  if (bad_member(out.create, true)) args.fail("'create' must map creation ids to objects");
  if (bad_member(out.update, false)) args.fail("'update' must map ids to objects");
  return out;
}

}  // namespace postern::jmapd
