#include "jmap/request.h"

#include <algorithm>

#include "base/text.h"
#include "jmap/limits.h"

namespace postern::jmap {
namespace {

using Refused = std::unexpected<RequestError>;

std::optional<RequestError> read_using(const json::object& root,
                                       std::span<const std::string_view> capabilities, Request& out) {
  const auto* v = find(root, "using");
  if (!v || !v->is_array()) return not_request("'using' must be an array of strings.");
  for (const auto& c : v->get_array()) {
    if (!c.is_string()) return not_request("'using' must be an array of strings.");
    auto uri = text_of(c);
    if (std::ranges::find(capabilities, uri) == capabilities.end()) return unknown_capability(uri);
    if (!out.uses_capability(uri)) out.uses.push_back(uri);
  }
  return std::nullopt;
}

std::optional<RequestError> read_calls(json::object& root, Request& out) {
  auto* v = root.if_contains("methodCalls");
  if (!v || !v->is_array()) return not_request("'methodCalls' must be an array.");
  auto& calls = v->get_array();
  if (calls.size() > kMaxCallsInRequest) return over_limit("maxCallsInRequest");
  for (auto& c : calls) {
    auto* call = c.if_array();
    if (!call || call->size() != 3 || !(*call)[0].is_string() || !(*call)[1].is_object() ||
        !(*call)[2].is_string())
      return not_request("A method call must be [name, arguments, id].");
    Call one{text_of((*call)[0]), &(*call)[1].get_object(), text_of((*call)[2])};
    if (one.name.size() > kMaxMethodName || one.id.size() > kMaxCallId)
      return not_request("The name or the id of a method call is too long.");
    out.calls.push_back(one);
  }
  return std::nullopt;
}

std::optional<RequestError> read_created_ids(const json::object& root, Request& out) {
  const auto* v = find(root, "createdIds");
  if (!v || v->is_null()) return std::nullopt;
  const auto* ids = v->if_object();
  if (!ids) return not_request("'createdIds' must be an object.");
  out.has_created_ids = true;
  for (const auto& m : *ids) {
    if (!valid_id(m.key()) || !valid_id(text_of(m.value())))
      return not_request("'createdIds' must map ids to ids.");
    if (!out.created_ids.add(m.key(), text_of(m.value()))) return not_request("Too many 'createdIds'.");
  }
  return std::nullopt;
}

// A token of a JSON Pointer (RFC 6901): ~1 is '/', ~0 is '~'.
std::optional<std::string> unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    out += token[i] == '0' ? '~' : '/';
  }
  return out;
}

// An array index as RFC 6901 writes it.
std::optional<std::size_t> index_of(std::string_view token) {
  if (token.size() > 1 && token[0] == '0') return std::nullopt;
  auto n = base::parse_u32(token);
  return n ? std::optional<std::size_t>(*n) : std::nullopt;
}

// Applies pointer tokens.  Every node of the answers is visited once at most, so the cost is linear in them;
// the depth is bounded by the depth of the answers, which we made.
class Pointer {
 public:
  explicit Pointer(std::span<const std::string> tokens) : tokens_(tokens) {}

  // nullptr: failed.  A value found without `*` is returned in place; else the items are in items().
  const json::value* apply(const json::value& v) {
    const json::value* at = &v;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (at->is_array() && tokens_[i] == "*") {
        mapped_ = true;
        return map(*at, i + 1) ? at : nullptr;
      }
      at = step(*at, tokens_[i]);
      if (!at) return nullptr;
    }
    return at;
  }
  bool mapped() const { return mapped_; }
  const std::vector<const json::value*>& items() const { return items_; }

 private:
  static const json::value* step(const json::value& v, const std::string& token) {
    if (const auto* o = v.if_object()) return o->if_contains(token);
    const auto* a = v.if_array();
    if (!a) return nullptr;
    auto i = index_of(token);
    return i && *i < a->size() ? &(*a)[*i] : nullptr;
  }

  bool map(const json::value& array, std::size_t from) {
    for (const auto& item : array.get_array()) {
      const json::value* at = &item;
      std::size_t i = from;
      for (; i < tokens_.size(); ++i) {
        if (at->is_array() && tokens_[i] == "*") break;
        at = step(*at, tokens_[i]);
        if (!at) return false;
      }
      if (i < tokens_.size()) {
        if (!map(*at, i + 1)) return false;
        continue;
      }
      if (!keep(*at)) return false;
    }
    return true;
  }

  // Arrays are flattened by one level.
  bool keep(const json::value& v) {
    if (const auto* a = v.if_array()) {
      if (items_.size() + a->size() > kMaxReferenceItems) return false;
      for (const auto& x : *a) items_.push_back(&x);
      return true;
    }
    if (items_.size() == kMaxReferenceItems) return false;
    items_.push_back(&v);
    return true;
  }

  std::span<const std::string> tokens_;
  std::vector<const json::value*> items_;
  bool mapped_ = false;
};

// Takes the memory of a copy of `v` from `budget`; false when it does not suffice.
bool charge(const json::value& v, std::size_t& budget) {
  std::size_t own = sizeof(json::value) + (v.is_string() ? v.get_string().size() : 0);
  if (own > budget) return false;
  budget -= own;
  if (const auto* o = v.if_object()) {
    for (const auto& m : *o) {
      if (m.key().size() + 16 > budget) return false;
      budget -= m.key().size() + 16;
      if (!charge(m.value(), budget)) return false;
    }
  } else if (const auto* a = v.if_array()) {
    for (const auto& x : *a)
      if (!charge(x, budget)) return false;
  }
  return true;
}

// RFC 8620 3.7.  The referred answer is the second item of its invocation.
std::optional<json::value> resolve(const json::object& ref, const json::array& responses,
                                   const json::storage_ptr& sp, std::size_t& budget) {
  const auto *of = find(ref, "resultOf"), *name = find(ref, "name"), *path = find(ref, "path");
  if (!of || !name || !path || !of->is_string() || !name->is_string() || !path->is_string())
    return std::nullopt;
  const json::value* arguments = nullptr;
  for (const auto& r : responses) {
    const auto& invocation = r.get_array();
    if (invocation[2] != *of) continue;
    if (invocation[0] != *name) return std::nullopt;
    arguments = &invocation[1];
    break;
  }
  auto text = text_of(*path);
  if (!arguments || text.size() > kMaxReferencePath || (!text.empty() && text[0] != '/')) return std::nullopt;
  std::vector<std::string> tokens;
  if (!text.empty())
    for (auto t : base::split(text.substr(1), '/')) {
      auto token = unescape(t);
      if (!token) return std::nullopt;
      tokens.push_back(std::move(*token));
    }
  Pointer pointer(tokens);
  const auto* found = pointer.apply(*arguments);
  if (!found) return std::nullopt;
  if (!pointer.mapped())
    return charge(*found, budget) ? std::optional(json::value(*found, sp)) : std::nullopt;
  json::array out(sp);
  out.reserve(pointer.items().size());
  for (const auto* item : pointer.items()) {
    if (!charge(*item, budget)) return std::nullopt;
    out.emplace_back(*item);
  }
  return out;
}

}  // namespace

bool valid_id(std::string_view s) {
  return !s.empty() && s.size() <= kMaxIdLength && std::ranges::all_of(s, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
  });
}

bool CreatedIds::add(std::string_view creation_id, std::string_view id) {
  if (ids_.size() >= kMaxCreatedIds) return false;
  ids_.insert_or_assign(std::string(creation_id), std::string(id));
  return true;
}

std::optional<std::string_view> CreatedIds::resolve(std::string_view id) const {
  if (!id.starts_with('#')) return id;
  auto it = ids_.find(id.substr(1));
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

bool Request::uses_capability(std::string_view uri) const {
  return std::ranges::find(uses, uri) != uses.end();
}

std::expected<Request, RequestError> parse_request(std::string_view body,
                                                   std::span<const std::string_view> capabilities,
                                                   json::storage_ptr sp) {
  auto parsed = parse_ijson(body, sp);
  if (parsed.too_many) return Refused(over_limit("maxSizeRequest"));
  if (!parsed.ok) return Refused(not_json("The request is not I-JSON."));
  Request out{.root = std::move(parsed.value)};
  auto* root = out.root.if_object();
  if (!root) return Refused(not_request("The request must be an object."));
  if (auto e = read_using(*root, capabilities, out)) return Refused(std::move(*e));
  if (auto e = read_calls(*root, out)) return Refused(std::move(*e));
  if (auto e = read_created_ids(*root, out)) return Refused(std::move(*e));
  return out;
}

Method<void> resolve_references(json::object& arguments, const json::array& responses, std::size_t& budget) {
  std::vector<std::string> names;
  for (const auto& m : arguments)
    if (std::string_view(m.key()).starts_with('#')) names.emplace_back(m.key());
  if (names.size() > kMaxReferences) return method_error("invalidResultReference", "too many references");
  for (const auto& name : names) {
    auto plain = std::string_view(name).substr(1);
    if (arguments.if_contains(plain))
      return invalid_arguments("'" + std::string(plain) + "' is given twice, once as a reference");
    const auto* ref = arguments.at(name).if_object();
    auto value = ref ? resolve(*ref, responses, arguments.storage(), budget) : std::nullopt;
    if (!value) return method_error("invalidResultReference", "'" + name + "' does not resolve");
    arguments.erase(name);
    arguments.emplace(plain, std::move(*value));
  }
  return {};
}

}  // namespace postern::jmap
