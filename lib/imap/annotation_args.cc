#include "imap/annotation_args.h"

#include "base/text.h"
#include "imap/lexer.h"
#include "model/annotation.h"

namespace postern::imap {

namespace {

using Query = AnnotationQuery;

unsigned attribute_bits(std::string_view name) {
  struct Row {
    std::string_view name;
    unsigned bits;
  };
  constexpr Row kRows[] = {{"value", Query::value_priv | Query::value_shared}, {"value.priv", Query::value_priv},
                           {"value.shared", Query::value_shared},              {"size", Query::size_priv | Query::size_shared},
                           {"size.priv", Query::size_priv},                    {"size.shared", Query::size_shared}};
  for (const Row& r : kRows)
    if (r.name == name) return r.bits;
  return 0;
}

unsigned parse_attribute(Lexer& in) {
  unsigned bits = attribute_bits(in.astring());
  if (in.ok() && !bits) in.fail("unknown attribute of an annotation");
  return bits;
}

void parse_values(Lexer& in, const std::string& entry, std::vector<AnnotationValue>& out) {
  in.space();
  in.expect('(');
  while (in.ok()) {
    if (out.size() >= 2 * model::kMaxAnnotations) return in.fail_big("too many annotations");
    AnnotationValue v;
    v.entry = entry;
    unsigned bits = parse_attribute(in);
    // 3.2.2: which of the two is said; the size is the server's.
    if (in.ok() && bits != Query::value_priv && bits != Query::value_shared)
      return in.fail("value.priv or value.shared is stored");
    v.shared = bits == Query::value_shared;
    in.space();
    v.value = in.nstring(v.nil);
    if (in.ok() && !v.nil && !model::valid_annotation_value(entry, v.value)) in.fail("0 or 1");
    out.push_back(std::move(v));
    if (in.eat(')')) return;
    in.space();
  }
}

}  // namespace

std::string parse_annotation_entry(Lexer& in) {
  std::string out = in.astring();
  if (in.ok() && !model::valid_annotation(out)) in.fail("that is no name of an annotation");
  return out;
}

std::string parse_annotation_pattern(Lexer& in) {
  std::string out = in.list_mailbox();
  if (in.ok() && !model::valid_annotation_pattern(out)) in.fail("that is no name of an annotation");
  return out;
}

unsigned parse_searched_attribute(Lexer& in) {
  unsigned bits = parse_attribute(in);
  if (bits & (Query::size_priv | Query::size_shared)) in.fail("only values are searched");
  return bits;
}

std::vector<AnnotationValue> parse_annotation_values(Lexer& in) {
  std::vector<AnnotationValue> out;
  in.expect('(');
  while (in.ok()) {
    std::string entry = parse_annotation_entry(in);
    if (in.ok()) parse_values(in, entry, out);
    if (in.eat(')')) break;
    in.space();
  }
  return out;
}

AnnotationQuery parse_annotation_query(Lexer& in) {
  AnnotationQuery out;
  in.expect('(');
  bool list = in.eat('(');
  while (in.ok()) {
    if (out.patterns.size() >= model::kMaxAnnotations) in.fail_big("too many annotations");
    out.patterns.push_back(parse_annotation_pattern(in));
    if (!list || in.eat(')')) break;
    in.space();
  }
  in.space();
  list = in.eat('(');
  while (in.ok()) {
    out.attributes |= parse_attribute(in);
    if (!list || in.eat(')')) break;
    in.space();
  }
  in.expect(')');
  return out;
}

}  // namespace postern::imap
