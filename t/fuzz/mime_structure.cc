// The tree must not depend on how the message is cut, must nest, and must survive the store.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mime/imap_format.h"
#include "mime/limits.h"
#include "mime/structure.h"

namespace {

using namespace postern::mime;

void require(bool ok) {
  if (!ok) std::abort();
}

Structure in_pieces(std::string_view m, std::size_t step, std::string* captured) {
  StructureParser p;
  p.capture([](std::int32_t, const Part&) { return true; },
            [&](std::int32_t i, std::string_view piece) {
              captured->append(std::to_string(i)).append(":").append(piece);
            });
  for (std::size_t at = 0; at < m.size(); at += step) p.feed(m.substr(at, step));
  return p.finish();
}

void check_tree(const Structure& s) {
  require(!s.parts.empty() && s.parts.size() <= kMaxParts);
  for (std::size_t i = 0; i < s.parts.size(); ++i) {
    const Part& p = s.parts[i];
    require(p.header_begin <= p.body_begin && p.body_begin <= p.body_end && p.body_end <= s.size);
    require(p.parent < static_cast<std::int32_t>(i));
    auto number = s.section_of(static_cast<std::int32_t>(i));
    auto found = s.find(number);
    require(found.has_value());
    if (!p.is_multipart()) require(*found == static_cast<std::int32_t>(i));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view m(reinterpret_cast<const char*>(data), size);
  std::string none;
  Structure whole = parse_structure_of(m);
  check_tree(whole);
  std::string stored = serialize(whole), shape = bodystructure(whole);
  for (std::size_t step : {1, 2, 3, 7, 61}) {
    Structure cut = in_pieces(m, step, &none);
    require(serialize(cut) == stored && cut.header == whole.header && bodystructure(cut) == shape);
  }
  auto back = parse_structure(stored);
  require(back.has_value() && serialize(*back) == stored && body(*back).size() <= shape.size() + 64);
  if (auto other = parse_structure(m)) check_tree(*other);  // hostile stored bytes
  return 0;
}
