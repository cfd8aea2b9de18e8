#include "imap/fetch.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/writer.h"

namespace postern::imap {

namespace {

using Kind = FetchItem::Kind;

struct PlainItem {
  std::string_view name;
  Kind kind;
};
// Longer names that begin like shorter ones need no order: eat_word() takes whole words.
constexpr std::array<PlainItem, 12> kPlain = {{
    {"FLAGS", Kind::flags},
    {"UID", Kind::uid},
    {"INTERNALDATE", Kind::internaldate},
    {"RFC822.SIZE", Kind::size},
    {"ENVELOPE", Kind::envelope},
    {"BODYSTRUCTURE", Kind::bodystructure},
    {"BODY", Kind::body_basic},
    {"MODSEQ", Kind::modseq},
    {"EMAILID", Kind::emailid},
    {"THREADID", Kind::threadid},
    {"SAVEDATE", Kind::savedate},
    {"PREVIEW", Kind::preview},
}};

void add(Lexer& in, FetchArgs& args, FetchItem item) {
  if (item.kind < Kind::body && args.wants(item.kind)) return;
  if (args.items.size() >= kMaxFetchItems) return in.fail_big("too many items to fetch");
  args.items.push_back(std::move(item));
}

void add_plain(Lexer& in, FetchArgs& args, Kind kind) {
  add(in, args, FetchItem{.kind = kind});
}

void parse_header_list(Lexer& in, Section& s) {
  in.space();
  in.expect('(');
  while (in.ok()) {
    std::string name = in.astring();
    if (name.empty() || name.size() > kMaxHeaderName) return in.fail("bad header name");
    if (s.fields.size() >= kMaxHeaderNames) return in.fail_big("too many header names");
    for (char c : name)
      if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == ':')
        return in.fail("bad header name");
    s.fields.push_back(std::move(name));
    if (in.eat(')')) return;
    in.space();
  }
}

// section-text after the part numbers, or at the start.
void parse_section_text(Lexer& in, Section& s) {
  if (in.eat_word("HEADER.FIELDS.NOT")) {
    s.kind = Section::Kind::header_fields_not;
    parse_header_list(in, s);
  } else if (in.eat_word("HEADER.FIELDS")) {
    s.kind = Section::Kind::header_fields;
    parse_header_list(in, s);
  } else if (in.eat_word("HEADER")) {
    s.kind = Section::Kind::header;
  } else if (in.eat_word("TEXT")) {
    s.kind = Section::Kind::text;
  } else if (in.eat_word("MIME")) {
    s.kind = Section::Kind::mime;
    if (s.part.empty()) in.fail("MIME needs a part");
  } else {
    in.fail("bad section");
  }
}

// "<offset.length>" of a request.
void parse_partial(Lexer& in, FetchItem& item) {
  if (!in.eat('<')) return;
  item.partial = true;
  item.offset = in.number64();
  in.expect('.');
  item.length = in.nz_number64();
  in.expect('>');
  item.label += '<';
  append_number(item.label, item.offset);
  item.label += '>';
}

void parse_bracketed(Lexer& in, FetchArgs& args, Kind kind, std::string_view name, bool peek) {
  FetchItem item;
  item.kind = kind;
  item.section = parse_section(in, kind != Kind::body);
  item.label = name;
  item.label += '[';
  item.label += item.section.text();
  item.label += ']';
  if (kind != Kind::binary_size) parse_partial(in, item);
  if (!peek) args.sets_seen = true;
  add(in, args, std::move(item));
}

void add_rfc822(Lexer& in, FetchArgs& args, Section::Kind section, std::string_view label) {
  FetchItem item;
  item.kind = Kind::body;
  item.section.kind = section;
  item.label = label;
  if (section != Section::Kind::header) args.sets_seen = true;
  add(in, args, std::move(item));
}

bool bracket_item(Lexer& in, FetchArgs& args) {
  std::string_view rest = in.rest();
  auto is = [&](std::string_view name) {
    return base::istarts_with(rest, name) && rest.size() > name.size() && rest[name.size()] == '[' &&
           in.eat_word(name);
  };
  if (is("BODY")) {
    parse_bracketed(in, args, Kind::body, "BODY", false);
  } else if (is("BODY.PEEK")) {
    parse_bracketed(in, args, Kind::body, "BODY", true);
  } else if (is("BINARY")) {
    parse_bracketed(in, args, Kind::binary, "BINARY", false);
  } else if (is("BINARY.PEEK")) {
    parse_bracketed(in, args, Kind::binary, "BINARY", true);
  } else if (is("BINARY.SIZE")) {
    parse_bracketed(in, args, Kind::binary_size, "BINARY.SIZE", true);
  } else {
    return false;
  }
  return true;
}

// RFC 8970: PREVIEW (LAZY).  A preview is always at hand, so the modifier changes nothing.
void parse_preview_modifier(Lexer& in) {
  if (!in.rest().starts_with(" (")) return;
  in.space();
  in.expect('(');
  if (!in.eat_word("LAZY")) in.fail("unknown modifier of PREVIEW");
  in.expect(')');
}

void parse_annotation(Lexer& in, FetchArgs& args) {
  in.space();
  if (args.wants(Kind::annotation)) in.fail("ANNOTATION twice");
  add(in, args, FetchItem{.kind = Kind::annotation, .annotation = parse_annotation_query(in)});
}

void parse_item(Lexer& in, FetchArgs& args) {
  if (bracket_item(in, args)) return;
  if (in.eat_word("RFC822")) return add_rfc822(in, args, Section::Kind::whole, "RFC822");
  if (in.eat_word("RFC822.HEADER")) return add_rfc822(in, args, Section::Kind::header, "RFC822.HEADER");
  if (in.eat_word("RFC822.TEXT")) return add_rfc822(in, args, Section::Kind::text, "RFC822.TEXT");
  for (const PlainItem& p : kPlain) {
    if (!in.eat_word(p.name)) continue;
    if (p.kind == Kind::preview) parse_preview_modifier(in);
    args.uid_named = args.uid_named || p.kind == Kind::uid;
    return add_plain(in, args, p.kind);
  }
  if (in.eat_word("ANNOTATION")) return parse_annotation(in, args);
  in.fail("unknown item to fetch");
}

bool parse_macro(Lexer& in, FetchArgs& args) {
  bool fast = in.eat_word("FAST");
  bool all = !fast && in.eat_word("ALL");
  bool full = !fast && !all && in.eat_word("FULL");
  if (!fast && !all && !full) return false;
  add_plain(in, args, Kind::flags);
  add_plain(in, args, Kind::internaldate);
  add_plain(in, args, Kind::size);
  if (all || full) add_plain(in, args, Kind::envelope);
  if (full) add_plain(in, args, Kind::body_basic);
  return true;
}

// After the opening parenthesis.  Macros are not legal inside of a list.
void parse_items(Lexer& in, FetchArgs& args) {
  while (in.ok()) {
    parse_item(in, args);
    if (in.eat(')')) break;
    in.space();
  }
}

void parse_modifiers(Lexer& in, FetchArgs& args, bool uid) {
  in.space();
  in.expect('(');
  while (in.ok()) {
    if (in.eat_word("CHANGEDSINCE")) {
      in.space();
      args.changed_since = in.nz_number64();
      args.changed_since_given = true;
    } else if (uid && in.eat_word("VANISHED")) {
      args.vanished = true;
    } else if (uid && in.eat_word("PARTIAL")) {
      if (args.range.given) return in.fail("PARTIAL twice");
      args.range = parse_partial_range(in);
    } else {
      return in.fail("unknown fetch modifier");
    }
    if (in.eat(')')) break;
    in.space();
  }
  if (in.ok() && args.vanished && !args.changed_since_given) in.fail("VANISHED needs CHANGEDSINCE");
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> PartialRange::places(std::uint64_t count) const {
  if (!given) return {1, count};
  if (lo > count) return {1, 0};
  std::uint64_t end = std::min<std::uint64_t>(hi, count);
  return backwards ? std::pair(count - end + 1, count - lo + 1) : std::pair(std::uint64_t{lo}, end);
}

PartialRange parse_partial_range(Lexer& in) {
  PartialRange out;
  in.space();
  out.backwards = in.eat('-');
  std::uint32_t first = in.nz_number();
  in.expect(':');
  if (in.eat('-') != out.backwards) in.fail("bad range of PARTIAL");
  std::uint32_t last = in.nz_number();
  out.given = true;
  out.lo = std::min(first, last);
  out.hi = std::max(first, last);
  return out;
}

std::string Section::text() const {
  std::string out;
  for (std::uint32_t n : part) {
    if (!out.empty()) out += '.';
    append_number(out, n);
  }
  if (kind == Kind::whole) return out;
  if (!out.empty()) out += '.';
  constexpr std::array<std::string_view, 6> kNames = {"",     "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT",
                                                      "TEXT", "MIME"};
  out += kNames[static_cast<std::size_t>(kind)];
  if (fields.empty()) return out;
  out += " (";
  for (const std::string& f : fields) {
    if (&f != &fields.front()) out += ' ';
    append_astring(out, f);
  }
  out += ')';
  return out;
}

bool FetchArgs::wants(FetchItem::Kind kind) const {
  return std::ranges::any_of(items, [kind](const FetchItem& i) { return i.kind == kind; });
}

Section parse_section(Lexer& in, bool binary) {
  Section s;
  in.expect('[');
  if (in.eat(']')) return s;
  bool more = true;
  while (in.ok() && more && base::is_digit(in.peek())) {
    if (s.part.size() >= kMaxSectionDepth) {
      in.fail_big("section too deep");
      return s;
    }
    s.part.push_back(in.nz_number());
    more = in.eat('.');
  }
  if (in.ok() && more) {
    if (binary) {
      in.fail("bad section");
    } else {
      parse_section_text(in, s);
    }
  }
  in.expect(']');
  return s;
}

FetchArgs parse_fetch(Lexer& in, bool uid) {
  FetchArgs args;
  args.set = parse_sequence_set(in);
  in.space();
  if (uid) add_plain(in, args, Kind::uid);
  if (in.eat('(')) {
    parse_items(in, args);
  } else if (!parse_macro(in, args)) {
    parse_item(in, args);
  }
  if (in.ok() && in.rest().starts_with(" (")) parse_modifiers(in, args, uid);
  in.end();
  // RFC 7162 3.1.4.1: CHANGEDSINCE implies MODSEQ.
  if (in.ok() && args.changed_since_given) add_plain(in, args, Kind::modseq);
  return args;
}

FetchArgs parse_fetch_list(Lexer& in) {
  FetchArgs args;
  add_plain(in, args, Kind::uid);
  in.expect('(');
  parse_items(in, args);
  return args;
}

}  // namespace postern::imap
