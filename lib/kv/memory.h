// The in-memory engine: the contract over a std::map, for tests.  Nothing survives it.
#pragma once
#include <memory>

#include "kv/engine.h"

namespace postern::kv {

std::unique_ptr<Engine> open_memory();

}  // namespace postern::kv
