#include "sieve/strings.h"

#include <re2/re2.h>

#include <charconv>

#include "base/text.h"

namespace postern::sieve {
namespace {

// Compiled once, as all patterns of the syntax are.
const RE2& encoded_pattern() {
  static const RE2 re(R"((?i)\$\{(hex|unicode):([0-9a-f \t\r\n]+)\})");
  return re;
}
const RE2& reference_pattern() {
  static const RE2 re(R"(\$\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*|[0-9]+)\})");
  return re;
}

std::string_view view(const re2::StringPiece& s) {
  return {s.data(), s.size()};
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

// False when `digits` is no such list of numbers: the text then stays as it is.
base::Result<bool> decode_numbers(std::string_view digits, bool unicode, std::string& out) {
  std::string bytes;
  std::string spaced(digits);
  for (char& c : spaced)
    if (c == '\r' || c == '\n' || c == '\t') c = ' ';
  auto words = base::split_blank(spaced);
  if (words.empty()) return false;
  for (std::string_view word : words) {
    if (!unicode && word.size() > 2) return false;
    std::uint32_t c = 0;
    auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), c, 16);
    bool outside = ec != std::errc() || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff);
    if (unicode && outside)
      return base::fail(base::Fault::permanent, "Unicode has no character " + base::printable(word, 32));
    if (unicode) {
      append_utf8(bytes, c);
    } else {
      bytes += static_cast<char>(c);
    }
  }
  out += bytes;
  return true;
}

}  // namespace

base::Result<std::string> decode_characters(std::string_view text) {
  if (text.find("${") == text.npos) return std::string(text);
  std::string out;
  re2::StringPiece rest(text.data(), text.size());
  re2::StringPiece part[3];
  while (encoded_pattern().Match(rest, 0, rest.size(), RE2::UNANCHORED, part, 3)) {
    auto before = static_cast<std::size_t>(part[0].data() - rest.data());
    out.append(rest.data(), before);
    auto done = decode_numbers(view(part[2]), part[1].size() == 7, out);
    if (!done) return base::pass(done);
    if (!*done) out.append(part[0].data(), part[0].size());
    rest.remove_prefix(before + part[0].size());
  }
  out.append(rest.data(), rest.size());
  return out;
}

bool valid_variable_name(std::string_view name) {
  if (name.empty() || !(base::is_alpha(name[0]) || name[0] == '_')) return false;
  for (char c : name)
    if (!base::is_alpha(c) && !base::is_digit(c) && c != '_') return false;
  return true;
}

base::Result<Template> split_references(std::string_view text, const ResolveName& resolve) {
  Template out;
  auto put_text = [&out](std::string_view s) {
    if (s.empty()) return;
    if (out.empty() || out.back().kind != Piece::Kind::text) out.emplace_back();
    out.back().text += s;
  };
  re2::StringPiece rest(text.data(), text.size());
  re2::StringPiece part[2];
  while (resolve && view(rest).find("${") != std::string_view::npos &&
         reference_pattern().Match(rest, 0, rest.size(), RE2::UNANCHORED, part, 2)) {
    auto before = static_cast<std::size_t>(part[0].data() - rest.data());
    put_text({rest.data(), before});
    auto piece = resolve(view(part[1]));
    if (!piece) return base::pass(piece);
    out.push_back(std::move(*piece));
    rest.remove_prefix(before + part[0].size());
  }
  put_text(view(rest));
  if (out.empty()) out.emplace_back();
  return out;
}

std::optional<std::string_view> constant(const Template& t) {
  if (t.size() == 1 && t[0].kind == Piece::Kind::text) return t[0].text;
  return std::nullopt;
}

}  // namespace postern::sieve
