// Room in a string for bytes that come from elsewhere (a read, a decoder), without filling it first.
#pragma once
#include <cstddef>
#include <string>

namespace postern::base {

// Makes `out` n bytes longer and returns where the new bytes begin; they are undefined until written.
// The size is our own: libstdc++ 12 hands the lambda a larger one where it rounds the capacity up.
inline char* extend(std::string& out, std::size_t n) {
  std::size_t at = out.size();
  out.resize_and_overwrite(at + n, [size = at + n](char*, std::size_t) { return size; });
  return out.data() + at;
}

}  // namespace postern::base
