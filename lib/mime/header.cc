#include "mime/header.h"

#include <cstring>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/limits.h"

namespace postern::mime {
namespace {

bool name_char(char c) {
  return c > 32 && c < 127 && c != ':';
}

// The name at the start of `line`, up to its colon; empty when the line is no field.
std::string_view field_name(std::string_view line) {
  auto* colon = static_cast<const char*>(std::memchr(line.data(), ':', line.size()));
  if (colon == nullptr) return {};
  auto name = line.substr(0, static_cast<std::size_t>(colon - line.data()));
  while (!name.empty() && detail::is_blank(name.back())) name.remove_suffix(1);
  for (char c : name)
    if (!name_char(c)) return {};
  return name;
}

// One past the line end that ends the field or line at `at`, folds included.
std::size_t field_end(std::string_view block, std::size_t at) {
  while (at < block.size()) {
    auto* nl = static_cast<const char*>(std::memchr(block.data() + at, '\n', block.size() - at));
    if (nl == nullptr) return block.size();
    at = static_cast<std::size_t>(nl - block.data()) + 1;
    if (at == block.size() || !detail::is_blank(block[at])) return at;
  }
  return at;
}

std::string_view without_line_end(std::string_view s) {
  if (!s.empty() && s.back() == '\n') s.remove_suffix(1);
  if (!s.empty() && s.back() == '\r') s.remove_suffix(1);
  return s;
}

}  // namespace

bool FieldReader::next(Field& field) {
  while (at_ < block_.size()) {
    std::size_t begin = at_;
    if (block_[at_] == '\n' || (block_[at_] == '\r' && at_ + 1 < block_.size() && block_[at_ + 1] == '\n'))
      break;
    if (count_ == kMaxHeaderFields) {
      truncated_ = true;
      break;
    }
    at_ = field_end(block_, at_);
    auto whole = block_.substr(begin, at_ - begin);
    auto name = field_name(whole);
    if (name.empty()) continue;
    ++count_;
    auto colon = whole.find(':', name.size());
    field = {name, without_line_end(whole.substr(colon + 1)), begin, at_};
    return true;
  }
  return false;
}

HeaderFields::HeaderFields(std::string_view block) {
  FieldReader reader(block);
  for (Field f; reader.next(f);) fields_.push_back(f);
  truncated_ = reader.truncated();
}

const Field* HeaderFields::first(std::string_view name) const {
  for (const auto& f : fields_)
    if (f.name.size() == name.size() && base::iequals(f.name, name)) return &f;
  return nullptr;
}

const Field* HeaderFields::last(std::string_view name) const {
  for (std::size_t i = fields_.size(); i-- > 0;)
    if (fields_[i].name.size() == name.size() && base::iequals(fields_[i].name, name)) return &fields_[i];
  return nullptr;
}

std::vector<const Field*> HeaderFields::each(std::string_view name) const {
  std::vector<const Field*> out;
  for (const auto& f : fields_)
    if (f.name.size() == name.size() && base::iequals(f.name, name)) out.push_back(&f);
  return out;
}

std::string_view first_value(std::string_view block, std::string_view name) {
  FieldReader reader(block);
  for (Field f; reader.next(f);)
    if (f.name.size() == name.size() && base::iequals(f.name, name)) return f.value;
  return {};
}

std::string_view last_value(std::string_view block, std::string_view name) {
  FieldReader reader(block);
  std::string_view found;
  for (Field f; reader.next(f);)
    if (f.name.size() == name.size() && base::iequals(f.name, name)) found = f.value;
  return found;
}

std::string unfold(std::string_view raw, std::size_t max) {
  raw = base::trim(raw);
  std::string out;
  if (raw.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos)
    return out.assign(raw.substr(0, max));
  out.reserve(std::min(raw.size(), max));
  for (char c : raw) {
    if (c == '\r' || c == '\n' || c == '\0') continue;
    if (out.size() == max) break;
    out += c;
  }
  return out;
}

std::size_t skip_cfws(std::string_view s, std::size_t at) {
  while (at < s.size()) {
    if (detail::is_lwsp(s[at]))
      ++at;
    else if (s[at] == '(')
      at = detail::read_comment(s, at, nullptr, 0);
    else
      break;
  }
  return at;
}

std::string_view find_param(const std::vector<Param>& params, std::string_view name) {
  for (const auto& p : params)
    if (p.name == name) return p.value;
  return {};
}

std::string_view ParamValue::param(std::string_view name) const {
  return find_param(params, name);
}

}  // namespace postern::mime
