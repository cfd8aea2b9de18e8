// ANNOTATION in FETCH, STORE, APPEND, SEARCH and SORT.  RFC 5257.  As in args.h.
// Runs in: imapd.  Input: hostile.  Limits: model::kMaxAnnotations entries of one command, kMaxAnnotationName.
// Tests: t/unit/imap_annotation_args.cc, t/fuzz/imap_command.cc
#pragma once
#include <string>
#include <vector>

namespace postern::imap {

class Lexer;

// A value to be stored: of one entry, shared or the user's own.
struct AnnotationValue {
  std::string entry;
  bool shared = false;
  bool nil = false;
  std::string value;
};
// "(" entry SP "(" att SP value *(SP att SP value) ")" ... ")".  Names that can't be are errors.
std::vector<AnnotationValue> parse_annotation_values(Lexer& in);

// What FETCH asks for, as bits.
struct AnnotationQuery {
  enum Attribute : unsigned { value_priv = 1, value_shared = 2, size_priv = 4, size_shared = 8 };
  std::vector<std::string> patterns;
  unsigned attributes = 0;
};
// "(" entries SP attribs ")"
AnnotationQuery parse_annotation_query(Lexer& in);

// "value", "value.priv" or "value.shared" as bits of Attribute; others are an error.
unsigned parse_searched_attribute(Lexer& in);
// entry-match; entry.
std::string parse_annotation_pattern(Lexer& in);
std::string parse_annotation_entry(Lexer& in);

}  // namespace postern::imap
