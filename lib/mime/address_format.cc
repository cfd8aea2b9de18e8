#include "base/text.h"
#include "mime/address.h"
#include "mime/detail.h"
#include "mime/words.h"

namespace postern::mime {
namespace {

bool atom_char(char c) {
  auto u = static_cast<unsigned char>(c);
  if (u > 0x7f) return true;  // RFC 6532
  return base::is_alpha(c) || base::is_digit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

std::string quoted(std::string_view s) {
  std::string out = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

}  // namespace

std::string quote_local(std::string_view local) {
  bool atom = !local.empty() && local.front() != '.' && local.back() != '.';
  for (std::size_t i = 0; i < local.size() && atom; ++i)
    atom = atom_char(local[i]) || (local[i] == '.' && local[i - 1] != '.');
  return atom ? std::string(local) : quoted(local);
}

std::string format_phrase(std::string_view utf8) {
  if (needs_encoding(utf8)) return encode_words(utf8, true);
  bool atoms = !utf8.empty();
  for (char c : utf8) atoms = atoms && (atom_char(c) || c == ' ');
  return atoms && utf8.find("  ") == std::string_view::npos ? std::string(utf8) : quoted(utf8);
}

std::string format_address(std::string_view name, std::string_view email) {
  if (name.empty()) return std::string(email);
  std::string out = format_phrase(name);
  out += " <";
  out += email;
  return out += '>';
}

}  // namespace postern::mime
