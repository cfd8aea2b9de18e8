#include "imap/convert_args.h"

#include <algorithm>

#include "base/text.h"
#include "imap/lexer.h"
#include "imap/limits.h"
#include "imap/writer.h"

namespace postern::imap {

namespace {

using Kind = ConvertItem::Kind;

// ("text/plain" ("charset" "utf-8")) or (NIL)
void parse_target(Lexer& in, ConvertArgs& args) {
  in.expect('(');
  bool nil = false;
  args.type = base::to_lower(in.nstring(nil));
  auto token = [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || std::string_view("/-+._!#$&^").find(c) != std::string_view::npos;
  };
  if (!nil && (std::ranges::count(args.type, '/') != 1 || !std::ranges::all_of(args.type, token)))
    in.fail("bad media type");
  if (in.eat(')')) return;
  in.space();
  in.expect('(');
  while (in.ok()) {
    if (args.params.size() >= kMaxConvertParams) return in.fail_big("too many parameters");
    std::string name = base::to_lower(in.astring());
    in.space();
    args.params.emplace_back(std::move(name), in.astring());
    if (in.eat(')')) break;
    in.space();
  }
  in.expect(')');
}

struct ItemName {
  std::string_view name;
  Kind kind;
};
constexpr ItemName kItems[] = {{"BODYPARTSTRUCTURE", Kind::structure},
                               {"BINARY", Kind::binary},
                               {"BINARY.SIZE", Kind::binary_size},
                               {"BODY", Kind::header},
                               {"AVAILABLECONVERSIONS", Kind::available}};

// RFC 5259 8.2: a part's structure comes before its bytes.
void add(ConvertArgs& args, ConvertItem item) {
  auto at = args.items.end();
  if (item.kind == Kind::structure)
    at = std::ranges::find_if(args.items, [](const ConvertItem& i) { return i.kind != Kind::structure; });
  args.items.insert(at, std::move(item));
}

void parse_item(Lexer& in, ConvertArgs& args) {
  if (in.eat_word("UID")) return;  // UID CONVERT gives it anyway
  if (args.items.size() >= kMaxFetchItems) return in.fail_big("too many items to convert");
  for (const ItemName& name : kItems) {
    if (!in.eat_word(name.name)) continue;
    ConvertItem item;
    item.kind = name.kind;
    item.section = parse_section(in, name.kind != Kind::header);
    bool header = item.section.kind == Section::Kind::header || item.section.kind == Section::Kind::mime;
    if (name.kind == Kind::header && !header) return in.fail("bad section");
    item.label = std::string(name.name) + "[" + item.section.text() + "]";
    if (name.kind == Kind::binary && in.eat('<')) {
      item.partial = true;
      item.offset = in.number64();
      in.expect('.');
      item.length = in.nz_number64();
      in.expect('>');
      item.label += '<';
      append_number(item.label, item.offset);
      item.label += '>';
    }
    return add(args, std::move(item));
  }
  in.fail("unknown item to convert");
}

}  // namespace

ConvertArgs parse_convert(Lexer& in) {
  ConvertArgs args;
  args.set = parse_sequence_set(in);
  in.space();
  parse_target(in, args);
  in.space();
  if (in.eat('(')) {
    while (in.ok()) {
      parse_item(in, args);
      if (in.eat(')')) break;
      in.space();
    }
  } else {
    parse_item(in, args);
  }
  in.end();
  if (in.ok() && args.items.empty()) in.fail("nothing to convert");
  return args;
}

ConversionsArgs parse_conversions(Lexer& in) {
  ConversionsArgs args;
  args.from = base::to_lower(in.astring());
  in.space();
  args.to = base::to_lower(in.astring());
  in.end();
  return args;
}

}  // namespace postern::imap
