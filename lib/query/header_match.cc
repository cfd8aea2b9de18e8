#include "query/header_match.h"

#include <algorithm>
#include <array>

#include "base/codec.h"
#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "mime/summary.h"
#include "mime/words.h"

namespace postern::query {

namespace {

bool certain(const Content& content, std::string_view name) {
  if (content.header_kind != Content::Header::cached) return content.header_kind == Content::Header::whole;
  return cache_decides(name);
}

// A value that decoding and unfolding would leave as it is.
bool is_plain(std::string_view value) {
  char before = 0;
  for (char c : value) {
    if (static_cast<unsigned char>(c) >= 0x80 || c < ' ' || (c == '?' && before == '=')) return false;
    before = c;
  }
  return true;
}

bool plain_has(std::string_view value, std::string_view needle, mime::Collation collation) {
  if (collation != mime::Collation::unicode_casemap && collation != mime::Collation::ascii_casemap)
    return value.find(needle) != std::string_view::npos;
  auto same = [](char a, char b) { return base::ascii_lower(a) == b; };
  return std::ranges::search(value, needle, same).begin() != value.end();
}

bool has(std::string_view text, std::string_view needle, mime::Collation collation) {
  return mime::match_key(collation, text).find(needle) != std::string::npos;
}

// Comments and blanks inside of an address don't hide it: the parsed form is looked at as well.
std::string plain_addresses(std::string_view raw) {
  std::string out;
  for (const mime::Address& a : mime::parse_addresses(raw).items) {
    if (a.kind == mime::Address::Kind::group_end) continue;
    out += a.name();
    if (a.kind == mime::Address::Kind::mailbox) out += " <" + a.email() + ">";
    out += ", ";
  }
  return out;
}

// Can the parsed addresses hold the needle where the plain value does not?  A run of letters and digits stays one run
// unless comments, quotes or escapes come into it.
bool parsed_may_differ(std::string_view value, std::string_view needle) {
  bool word = std::ranges::all_of(needle, [](char c) { return base::is_alpha(c) || base::is_digit(c); });
  return !word || value.find_first_of("(\"\\") != std::string_view::npos;
}

bool value_has(const Condition& c, std::string_view value, mime::Collation collation) {
  if (c.text.empty()) return true;
  if (is_plain(value)) {
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));  // as decode_text() has it
    if (plain_has(value, c.text, collation)) return true;
    if (!c.addresses || !parsed_may_differ(value, c.text)) return false;
  }
  if (has(mime::decode_text(value), c.text, collation)) return true;
  return c.addresses && has(plain_addresses(value), c.text, collation);
}

constexpr std::array<std::string_view, 5> kReaderFields = {"from", "to", "cc", "bcc", "subject"};

}  // namespace

// What delivery put before the message is not in its cached header.
bool cache_decides(std::string_view name) {
  return mime::cacheable_field(name) && name != "return-path" && name != "delivered-to";
}

namespace {

// Texts one after the other, each with its length: a needle is in one of them, not between two.
void add_texts(std::string& out, std::string_view value, FieldForm::Form form, mime::Collation collation) {
  std::string text;
  if (is_plain(value)) text = value.substr(std::min(value.find_first_not_of(" \t"), value.size()));
  else text = mime::decode_text(value);
  base::put_bytes(out, mime::match_key(collation, text));
  if (form == FieldForm::Form::addresses) base::put_bytes(out, mime::match_key(collation, plain_addresses(value)));
}

// Every text contains the empty one: the question is whether there is one.
Truth match_kept(const Condition& c, const Content& content) {
  auto same = [&c](const KeptField& f) { return f.of->form == c.form() && f.of->name == c.name; };
  auto field = std::ranges::find_if(content.fields, same);
  if (field == content.fields.end()) return Truth::unknown;
  base::Reader in(field->made);
  while (!in.at_end())
    if (in.bytes().find(c.text) != std::string_view::npos && in.ok()) return Truth::yes;
  return Truth::no;
}

}  // namespace

std::string form_field(std::string_view header, const FieldForm& form, mime::Collation collation) {
  std::string out;
  mime::for_each_field(header, [&](const mime::Field& f) {
    if (!base::iequals(f.name, form.name)) return;
    if (form.form == FieldForm::Form::lines) out += header.substr(f.begin, f.end - f.begin);
    else add_texts(out, f.value, form.form, collation);
  });
  return out;
}

Truth match_field(const Condition& c, mime::Collation collation, const Content& content) {
  if (content.header_kind == Content::Header::kept) return match_kept(c, content);
  mime::FieldReader reader(content.header);
  mime::Field f;
  while (reader.next(f))
    if (base::iequals(f.name, c.name) && value_has(c, f.value, collation)) return Truth::yes;
  return certain(content, c.name) ? Truth::no : Truth::unknown;
}

bool match_any_field(const Condition& c, mime::Collation collation, const Content& content) {
  bool source = c.view == Condition::View::source;
  auto looked_at = [&](std::string_view name) {
    return source || std::ranges::any_of(kReaderFields, [name](auto n) { return base::iequals(n, name); });
  };
  mime::FieldReader reader(content.header);
  mime::Field f;
  while (reader.next(f)) {
    if (!looked_at(f.name)) continue;
    std::string line = source ? std::string(f.name) + ": " : std::string();
    line += mime::decode_text(f.value);
    if (has(line, c.text, collation)) return true;
  }
  return false;
}

}  // namespace postern::query
