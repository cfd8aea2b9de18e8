// Where Xapian's exceptions stop: everything that calls it in this library goes through here.  Private to lib/index.
#pragma once
#include <new>
#include <string>
#include <utility>

#include <xapian.h>

#include "base/result.h"

namespace postern::index {

// The error for an exception in flight; codes as reader.h has them.
base::Error xapian_error(const char* doing);

// The result of f(), itself a Result, or the error.
template <class F>
auto guarded(const char* doing, F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (...) {
    return std::unexpected(xapian_error(doing));
  }
}

}  // namespace postern::index
