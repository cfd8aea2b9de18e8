#include "jmap/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>

#include "jmap/limits.h"

namespace postern::jmap {
namespace {

constexpr std::int64_t kMaxInt = (std::int64_t{1} << 53) - 1;

// Builds the value and counts on the way.
struct Builder {
  using Code = boost::json::error_code;
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit Builder(json::storage_ptr sp) : stack(std::move(sp)) { stack.reset(stack_storage); }
  json::storage_ptr stack_storage;
  json::value_stack stack;
  std::size_t keys = 0, values = 0;
  bool too_many = false;

  bool count(Code& ec) {
    if (++values <= kMaxJsonValues) return true;
    too_many = true;
    ec = json::error::array_too_large;
    return false;
  }
  static bool refuse(Code& ec) {
    ec = json::error::syntax;
    return false;
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code& ec) { return count(ec); }
  bool on_array_end(std::size_t n, Code&) {
    stack.push_array(n);
    return true;
  }
  bool on_object_begin(Code& ec) { return count(ec); }
  bool on_object_end(std::size_t n, Code&) {
    stack.push_object(n);
    return true;
  }
  bool on_key_part(json::string_view s, std::size_t, Code& ec) {
    if (s.find('\0') != json::string_view::npos) return refuse(ec);
    stack.push_chars(s);
    return true;
  }
  bool on_key(json::string_view s, std::size_t, Code& ec) {
    if (s.find('\0') != json::string_view::npos) return refuse(ec);
    ++keys;
    stack.push_key(s);
    return count(ec);
  }
  bool on_string_part(json::string_view s, std::size_t, Code&) {
    stack.push_chars(s);
    return true;
  }
  bool on_string(json::string_view s, std::size_t, Code& ec) {
    stack.push_string(s);
    return count(ec);
  }
  bool on_number_part(json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t i, json::string_view, Code& ec) {
    stack.push_int64(i);
    return count(ec);
  }
  bool on_uint64(std::uint64_t u, json::string_view, Code& ec) {
    stack.push_uint64(u);
    return count(ec);
  }
  bool on_double(double d, json::string_view, Code& ec) {
    if (!std::isfinite(d)) return refuse(ec);
    stack.push_double(d);
    return count(ec);
  }
  bool on_bool(bool b, Code& ec) {
    stack.push_bool(b);
    return count(ec);
  }
  bool on_null(Code& ec) {
    stack.push_null();
    return count(ec);
  }
  bool on_comment_part(json::string_view, Code& ec) { return refuse(ec); }
  bool on_comment(json::string_view, Code& ec) { return refuse(ec); }
};

// Members that are there.  A repeated name replaced an earlier member, so fewer are there than were read.
// Recursion is bounded by kMaxJsonDepth.
std::size_t members(const json::value& v) {
  std::size_t n = 0;
  if (const auto* o = v.if_object()) {
    n = o->size();
    for (const auto& m : *o) n += members(m.value());
  } else if (const auto* a = v.if_array()) {
    for (const auto& x : *a) n += members(x);
  }
  return n;
}

}  // namespace

std::optional<std::int64_t> int_of(const json::value& v) {
  std::int64_t n = 0;
  if (v.is_int64()) {
    n = v.get_int64();
  } else if (v.is_uint64()) {
    if (v.get_uint64() > static_cast<std::uint64_t>(kMaxInt)) return std::nullopt;
    n = static_cast<std::int64_t>(v.get_uint64());
  } else if (v.is_double()) {
    double d = v.get_double();
    if (!(std::fabs(d) <= static_cast<double>(kMaxInt)) || d != std::trunc(d)) return std::nullopt;
    n = static_cast<std::int64_t>(d);
  } else {
    return std::nullopt;
  }
  return n >= -kMaxInt && n <= kMaxInt ? std::optional(n) : std::nullopt;
}

std::optional<std::uint64_t> uint_of(const json::value& v) {
  auto n = int_of(v);
  return n && *n >= 0 ? std::optional(static_cast<std::uint64_t>(*n)) : std::nullopt;
}

const json::value* find(const json::object& o, std::string_view name) {
  return o.if_contains(name);
}

Parsed parse_ijson(std::string_view text, json::storage_ptr sp) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<Builder> parser(options, json::storage_ptr());
  parser.handler().stack.reset(sp);
  Parsed out;
  boost::json::error_code ec;
  auto used = parser.write_some(false, text.data(), text.size(), ec);
  out.too_many = parser.handler().too_many;
  if (ec || used != text.size() || !parser.done()) return out;
  out.value = parser.handler().stack.release();
  out.ok = members(out.value) == parser.handler().keys;
  return out;
}

std::string to_text(const json::value& v) {
  return json::serialize(v);
}

}  // namespace postern::jmap
