#include "cmd/postern/pop3_uidl.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace postern::cli {

namespace {

using base::fail;
using base::Fault;
using base::Result;

bool valid(std::string_view uidl) {
  return !uidl.empty() && uidl.size() <= 70 && std::ranges::all_of(uidl, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

// The part of a Maildir name that stays.
std::string_view base_of(std::string_view name) {
  return name.substr(0, name.find(':'));
}

// "3 V1275660208 N25022 Ga0..." begins a dovecot-uidlist; the V is UIDVALIDITY.
std::optional<std::uint32_t> uidlist_validity(std::string_view line) {
  auto words = base::split_blank(line);
  if (words.size() < 3 || words[0] != "3") return std::nullopt;
  for (auto w : words)
    if (w[0] == 'V') return base::parse_u32(w.substr(1));
  return std::nullopt;
}

struct Entry {
  std::string key, uidl;
};

// "25006 P0a1b W2481 :1276528487.M364837P9451.kurkku,S=1355"
std::optional<Entry> uidlist_entry(std::string_view line, std::uint32_t validity) {
  std::size_t name = line.find(" :");
  auto words = base::split_blank(line.substr(0, name));
  auto uid = words.empty() ? std::nullopt : base::parse_u32(words[0]);
  if (name == std::string_view::npos || !uid) return std::nullopt;
  Entry e{std::string(base_of(line.substr(name + 2))), fmt::format("{:08X}{:08X}", *uid, validity)};
  for (auto w : words)
    if (w[0] == 'P') e.uidl = w.substr(1);
  return e;
}

}  // namespace

Result<Pop3Uidls> Pop3Uidls::read(const std::string& path) {
  auto text = base::read_file(path, kMaxUidlFile);
  if (!text) return pass(text);
  return parse(*text, path);
}

Result<Pop3Uidls> Pop3Uidls::parse(std::string_view text, const std::string& path) {
  Pop3Uidls out;
  std::optional<std::uint32_t> validity;
  std::size_t number = 0;
  for (std::string_view line : base::split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number == 1 && (validity = uidlist_validity(line))) continue;
    if (line.empty() || line[0] == '#') continue;
    std::optional<Entry> e;
    if (validity) {
      e = uidlist_entry(line, *validity);
    } else if (auto words = base::split_blank(line); words.size() == 2) {
      e = Entry{std::string(base_of(words[0])), std::string(words[1])};
    }
    if (!e || !valid(e->uidl))
      return fail(Fault::permanent, path + ":" + std::to_string(number) + ": expected a name and a UIDL of 1 to 70 visible characters");
    out.uidls_[e->key] = e->uidl;
  }
  return out;
}

std::string Pop3Uidls::find(const std::string& key) const {
  auto it = uidls_.find(std::string(base_of(key)));
  return it == uidls_.end() ? std::string() : it->second;
}

}  // namespace postern::cli
