// The tree and what is asked of it; the parser that makes it is in structure_parser.cc.
#include "mime/structure.h"

#include "base/text.h"
#include "mime/detail.h"
#include "mime/limits.h"
#include "mime/words.h"

namespace postern::mime {

std::string_view Part::charset() const {
  if (auto c = find_param(params, "charset"); !c.empty() && (is_text() || has_type)) return c;
  return is_text() ? std::string_view("us-ascii") : std::string_view();
}

std::string Part::filename() const {
  auto name = find_param(disposition_params, "filename");
  if (name.empty()) name = find_param(params, "name");
  if (name.find("=?") == std::string_view::npos) return std::string(name);
  return decode_words(name);
}

std::string_view Part::cid() const {
  std::string_view id = content_id;
  auto open = id.find('<');
  if (open != std::string_view::npos) {
    id.remove_prefix(open + 1);
    id = id.substr(0, id.find('>'));
  }
  return base::trim(id);
}

std::vector<std::int32_t> Structure::children(std::int32_t part) const {
  std::vector<std::int32_t> out;
  const auto& p = parts[static_cast<std::size_t>(part)];
  out.reserve(p.child_count);
  for (std::int32_t c = p.first_child; c != Part::kNone; c = parts[static_cast<std::size_t>(c)].next_sibling)
    out.push_back(c);
  return out;
}

std::optional<std::vector<std::uint32_t>> parse_section_numbers(std::string_view s) {
  std::vector<std::uint32_t> out;
  if (s.empty()) return out;
  for (;;) {
    auto dot = s.find('.');
    auto digits = s.substr(0, dot);
    if (digits.empty() || digits[0] == '0' || out.size() == kMaxDepth) return std::nullopt;
    auto n = base::parse_u32(digits);
    if (!n) return std::nullopt;
    out.push_back(*n);
    if (dot == std::string_view::npos) return out;
    s.remove_prefix(dot + 1);
  }
}

namespace {

const Part& at(const Structure& s, std::int32_t i) {
  return s.parts[static_cast<std::size_t>(i)];
}

// Follows part numbers from the message's root; kNone when a number names nothing.
std::int32_t walk(const Structure& s, std::span<const std::uint32_t> numbers) {
  std::int32_t here = 0;
  bool message_root = true;  // `here` is the root of a message: a body that is no multipart is its part 1
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!message_root && at(s, here).is_message()) {
      here = at(s, here).first_child;
      if (here == Part::kNone) return here;
      message_root = true;
    }
    const Part& p = at(s, here);
    if (p.is_multipart()) {
      if (numbers[i] > p.child_count) return Part::kNone;
      std::int32_t c = p.first_child;
      for (std::uint32_t n = 1; n < numbers[i]; ++n) c = at(s, c).next_sibling;
      here = c;
    } else if (!message_root || numbers[i] != 1) {
      return Part::kNone;
    }
    message_root = false;
  }
  return here;
}

}  // namespace

std::optional<Range> Structure::section(std::span<const std::uint32_t> numbers, SectionKind kind) const {
  if (parts.empty()) return std::nullopt;
  if (numbers.empty()) {
    switch (kind) {
      case SectionKind::whole:
        return Range{0, size, 0};
      case SectionKind::header:
        return Range{0, root().body_begin, 0};
      case SectionKind::text:
        return Range{root().body_begin, size, 0};
      case SectionKind::mime:
        return std::nullopt;
    }
  }
  std::int32_t i = walk(*this, numbers);
  if (i == Part::kNone) return std::nullopt;
  const Part& p = at(*this, i);
  if (kind == SectionKind::whole) return Range{p.body_begin, p.body_end, i};
  if (kind == SectionKind::mime) return Range{p.header_begin, p.body_begin, i};
  if (!p.is_message() || p.first_child == Part::kNone) return std::nullopt;
  const Part& m = at(*this, p.first_child);
  if (kind == SectionKind::header) return Range{m.header_begin, m.body_begin, p.first_child};
  return Range{m.body_begin, m.body_end, p.first_child};
}

std::optional<std::int32_t> Structure::find(std::string_view section) const {
  auto numbers = parse_section_numbers(section);
  if (!numbers || parts.empty()) return std::nullopt;
  std::int32_t i = walk(*this, *numbers);
  if (i == Part::kNone) return std::nullopt;
  return i;
}

std::string Structure::section_of(std::int32_t part) const {
  std::vector<std::uint32_t> numbers;
  for (std::int32_t i = part; i != Part::kNone; i = at(*this, i).parent) {
    const Part& p = at(*this, i);
    bool message_root = p.parent == Part::kNone || at(*this, p.parent).is_message();
    if (!message_root)
      numbers.push_back(p.number);
    else if (!p.is_multipart())
      numbers.push_back(1);
  }
  std::string out;
  for (std::size_t i = numbers.size(); i-- > 0;) {
    out += std::to_string(numbers[i]);
    if (i > 0) out += '.';
  }
  return out;
}

}  // namespace postern::mime
