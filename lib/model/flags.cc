#include "model/flags.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postern::model {
namespace {
constexpr std::array<std::string_view, 5> kImap = {"\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted"};
constexpr std::array<std::string_view, 4> kJmap = {"$seen", "$answered", "$flagged", "$draft"};
}  // namespace

std::optional<int> system_flag(std::string_view name) {
  for (std::size_t i = 0; i < kImap.size(); ++i)
    if (base::iequals(name, kImap[i])) return static_cast<int>(i);
  for (std::size_t i = 0; i < kJmap.size(); ++i)
    if (base::iequals(name, kJmap[i])) return static_cast<int>(i);
  return std::nullopt;
}

std::string_view imap_flag(int bit) { return kImap[static_cast<std::size_t>(bit)]; }
std::string_view jmap_keyword(int bit) { return kJmap[static_cast<std::size_t>(bit)]; }

bool valid_keyword(std::string_view name) {
  return !name.empty() && name.size() <= kMaxKeywordLength && std::ranges::all_of(name, [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("(){]%*\"\\").find(c) == std::string_view::npos;
  });
}

int find_keyword(const std::vector<std::string>& table, std::string_view name) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (base::iequals(table[i], name)) return static_cast<int>(i);
  return -1;
}

std::vector<std::string> imap_names(Flags f, const std::vector<std::string>& table) {
  std::vector<std::string> out;
  for (int b = 0; b <= kDeleted; ++b)
    if (f.has(b)) out.emplace_back(imap_flag(b));
  for (std::size_t i = 0; i < table.size(); ++i)
    if (f.has(kFirstKeywordBit + static_cast<int>(i))) out.push_back(table[i]);
  return out;
}

std::vector<std::string> jmap_names(Flags f, const std::vector<std::string>& table) {
  std::vector<std::string> out;
  for (int b = 0; b <= kDraft; ++b)
    if (f.has(b)) out.emplace_back(jmap_keyword(b));
  for (std::size_t i = 0; i < table.size(); ++i)
    if (f.has(kFirstKeywordBit + static_cast<int>(i))) out.push_back(base::to_lower(table[i]));
  return out;
}

}  // namespace postern::model
