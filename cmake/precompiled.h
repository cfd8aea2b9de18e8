// What nearly every file includes, compiled once (CMakeLists.txt).  No file names this header: each includes what it uses.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <coroutine>
#include <expected>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
