#include "mime/part_reader.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/limits.h"

namespace postern::mime {

bool PartReader::charge(std::size_t n) {
  if (n > text_left_) {
    text_left_ = 0;  // spent for good: parts after this one are read as plain text
    complete_ = false;
    return false;
  }
  text_left_ -= n;
  return true;
}

std::string PartReader::text(std::string_view raw) {
  std::string s = unfold(raw, kMaxFieldKept);
  if (!detail::is_ascii(s)) s = utf8_or_1252(s);
  detail::blank_controls(s);
  return charge(s.size()) ? s : std::string();
}

std::vector<Param> PartReader::charge(std::vector<Param> params) {
  for (std::size_t i = 0; i < params.size(); ++i)
    if (!charge(params[i].name.size() + params[i].value.size() + sizeof(Param))) params.resize(i);
  return params;
}

void PartReader::content_type(std::string_view raw) {
  auto v = parse_params(raw);
  if (v.truncated) complete_ = false;
  bool bare_text = v.value == "text" && v.subtype.empty();
  if (v.value.empty() || (v.subtype.empty() && !bare_text)) return;
  if (!charge(v.value.size() + v.subtype.size())) return;
  part_.has_type = !bare_text;
  part_.type = std::move(v.value);
  part_.subtype = bare_text ? "plain" : std::move(v.subtype);
  part_.params = charge(std::move(v.params));
}

void PartReader::disposition(std::string_view raw) {
  auto v = parse_params(raw);
  if (v.truncated) complete_ = false;
  if (v.value.empty() || !charge(v.value.size())) return;
  part_.disposition = std::move(v.value);
  part_.disposition_params = charge(std::move(v.params));
}

void PartReader::languages(std::string_view raw) {
  for (auto tag : base::split(unfold(raw, kMaxFieldKept), ',')) {
    tag = base::trim(tag);
    if (tag.empty() || tag.size() > 64) continue;
    if (part_.language.size() == kMaxLanguages || !charge(tag.size() + sizeof(std::string))) {
      complete_ = false;
      break;
    }
    part_.language.push_back(utf8_or_1252(tag));
    detail::blank_controls(part_.language.back());
  }
}

void PartReader::field(const Field& f) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "type", "transfer-encoding", "disposition", "id", "description", "md5", "location", "language"};
  if (f.name.size() < 10 || !base::istarts_with(f.name, "content-")) return;
  auto rest = f.name.substr(8);
  std::size_t i = 0;
  while (i < kNames.size() && !(kNames[i].size() == rest.size() && base::iequals(kNames[i], rest))) ++i;
  if (i == kNames.size() || (seen_ & 1u << i)) return;
  seen_ |= 1u << i;
  switch (i) {
    case 0:
      return content_type(f.value);
    case 1: {
      auto v = parse_params(f.value);
      if (!v.value.empty() && charge(v.value.size())) part_.encoding = std::move(v.value);
      return;
    }
    case 2:
      return disposition(f.value);
    case 3:
      part_.content_id = text(f.value);
      return;
    case 4:
      part_.description = text(f.value);
      return;
    case 5:
      part_.md5 = text(f.value);
      return;
    case 6:
      part_.location = text(f.value);
      return;
    default:
      return languages(f.value);
  }
}

bool PartReader::read(std::string_view block) {
  if (text_left_ == 0) return false;
  FieldReader reader(block);
  for (Field f; reader.next(f);) field(f);
  return complete_ && !reader.truncated();
}

}  // namespace postern::mime
