// "Did you mean": the name that somebody most likely meant who wrote another.
#pragma once
#include <span>
#include <string_view>

namespace postern::base {

// The one of `names` that differs least from `written`, without case: at most a third of its letters left out, put in,
// written wrong or in the place of their neighbour.  The first of several; empty when none is that near, or `written` has
// more than 64 bytes.
std::string_view nearest(std::string_view written, std::span<const std::string_view> names);

}  // namespace postern::base
