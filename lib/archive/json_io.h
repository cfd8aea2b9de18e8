// Members of a struct to and from JSON: fields() in line.cc names each member once, for both ways.  Private to
// lib/archive.
#pragma once
#include <boost/json.hpp>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "archive/limits.h"
#include "base/result.h"

namespace postern::archive {

namespace json = boost::json;

inline std::string_view view_of(const json::string& s) { return {s.data(), s.size()}; }

class JsonOut {
 public:
  template <class T>
  void operator()(std::string_view name, const T& v) {
    if (v == T{}) return;
    object[name] = value_of(v);
  }
  json::object object;

 private:
  static json::value value_of(bool v) { return v; }
  static json::value value_of(std::integral auto v) { return v; }
  static json::value value_of(const std::string& v) { return json::string(v); }
  template <class T>
  static json::value value_of(const std::vector<T>& list) {
    json::array out;
    for (const T& one : list) out.push_back(value_of(one));
    return out;
  }
  template <class T>
    requires std::is_class_v<T>
  static json::value value_of(const T& v) {
    JsonOut inner;
    fields(inner, v);
    return inner.object;
  }
};

// Remembers the first thing that is wrong; members after it stay as they are.
class JsonIn {
 public:
  explicit JsonIn(const json::object& o) : object_(o) {}
  template <class T>
  void operator()(std::string_view name, T& out) {
    if (!wrong.empty()) return;
    const json::value* v = object_.if_contains(name);
    if (v && !get(*v, out)) wrong = std::string(name) + (wrong.empty() ? "" : "." + wrong);
  }
  std::string wrong;   // the member's name

 private:
  bool get(const json::value& v, bool& out) {
    if (v.is_bool()) out = v.get_bool();
    return v.is_bool();
  }
  template <std::integral N>
  bool get(const json::value& v, N& out) {
    if (v.is_uint64() && std::in_range<N>(v.get_uint64()))
      out = static_cast<N>(v.get_uint64());
    else if (v.is_int64() && std::in_range<N>(v.get_int64()))
      out = static_cast<N>(v.get_int64());
    else
      return false;
    return true;
  }
  bool get(const json::value& v, std::string& out) {
    if (!v.is_string() || v.get_string().size() > kMaxText) return false;
    out = view_of(v.get_string());
    return out.find('\0') == std::string::npos;
  }
  template <class T>
  bool get(const json::value& v, std::vector<T>& out) {
    if (!v.is_array() || v.get_array().size() > kMaxItems) return false;
    for (const json::value& one : v.get_array())
      if (!get(one, out.emplace_back())) return false;
    return true;
  }
  template <class T>
    requires std::is_class_v<T>
  bool get(const json::value& v, T& out) {
    if (!v.is_object()) return false;
    JsonIn inner(v.get_object());
    fields(inner, out);
    wrong = inner.wrong;
    return wrong.empty();
  }
  const json::object& object_;
};

}  // namespace postern::archive
