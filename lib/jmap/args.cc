#include "jmap/args.h"

namespace postern::jmap {

void Args::fail(std::string what) {
  if (error_.empty()) error_ = std::move(what);
}

void Args::wrong_type(std::string_view name, std::string_view wanted) {
  if (!error_.empty()) return;
  wrong_ = name;
  error_ = "'" + std::string(name) + "' must be " + std::string(wanted);
}

const json::value* Args::any(std::string_view name) {
  auto it = object_.find(name);
  if (it == object_.end()) return nullptr;
  used_[static_cast<std::size_t>(it - object_.begin())] = true;
  return &it->value();
}

std::optional<std::string_view> Args::string(std::string_view name) {
  const auto* v = any(name);
  if (!v || v->is_null()) return std::nullopt;
  if (v->is_string()) return sv(v->get_string());
  wrong_type(name, "a string");
  return std::nullopt;
}

std::string_view Args::required_string(std::string_view name) {
  const auto* v = any(name);
  if (v && v->is_string()) return sv(v->get_string());
  wrong_type(name, "a string");
  return {};
}

bool Args::boolean(std::string_view name, bool fallback) {
  const auto* v = any(name);
  if (!v) return fallback;
  if (v->is_bool()) return v->get_bool();
  wrong_type(name, "true or false");
  return fallback;
}

std::int64_t Args::integer(std::string_view name, std::int64_t fallback) {
  const auto* v = any(name);
  if (!v) return fallback;
  if (auto n = int_of(*v)) return *n;
  wrong_type(name, "an integer");
  return fallback;
}

std::optional<std::uint64_t> Args::unsigned_int(std::string_view name) {
  const auto* v = any(name);
  if (!v || v->is_null()) return std::nullopt;
  auto n = uint_of(*v);
  if (!n) wrong_type(name, "a non-negative integer");
  return n;
}

const json::object* Args::object(std::string_view name) {
  const auto* v = any(name);
  if (!v || v->is_null()) return nullptr;
  if (!v->is_object()) wrong_type(name, "an object");
  return v->if_object();
}

const json::array* Args::array(std::string_view name) {
  const auto* v = any(name);
  if (!v || v->is_null()) return nullptr;
  if (!v->is_array()) wrong_type(name, "an array");
  return v->if_array();
}

std::optional<std::vector<std::string_view>> Args::strings(std::string_view name) {
  const auto* a = array(name);
  if (!a) return std::nullopt;
  std::vector<std::string_view> out;
  out.reserve(a->size());
  for (const auto& v : *a) {
    if (!v.is_string()) {
      wrong_type(name, "an array of strings");
      return std::nullopt;
    }
    out.push_back(sv(v.get_string()));
  }
  return out;
}

Method<void> Args::finish() {
  if (error_.empty())
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i]) {
        wrong_ = (object_.begin() + static_cast<std::ptrdiff_t>(i))->key();
        error_ = "unknown argument '" + wrong_.substr(0, 100) + "'";
        break;
      }
  if (!error_.empty()) return invalid_arguments(error_);
  return {};
}

}  // namespace postern::jmap
