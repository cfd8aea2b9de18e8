// Header blocks: fields with offsets, unfolding, search by name; and the parameter syntax of RFC 2045 and
// 2231.
// Runs in: every front end, jmapd, lmtpd, postern.  Input: hostile.  Pure, linear, no recursion.  Lines end
// in CRLF or LF.  RFC 5322 2.2, RFC 2045 5.1, RFC 2231.
// Tests: t/unit/mime_header.cc
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

// One field.  The views and offsets refer to the block that was read.
struct Field {
  std::string_view name;   // as spelled; blanks before the colon are not part of it
  std::string_view value;  // raw: all after the colon, folds kept, without the final line end (JMAP asRaw)
  std::size_t begin = 0;   // of the whole field in the block
  std::size_t end = 0;     // one past its final line end
};

// Reads the fields of a block one by one.  Stops at an empty line, at the end or after kMaxHeaderFields.
// Lines that are no field (no colon, empty name, a name with blanks or controls in it) are skipped with their
// folds.
class FieldReader {
 public:
  // `block` must outlive the reader and the fields it gives.
  explicit FieldReader(std::string_view block) : block_(block) {}
  bool next(Field& field);
  std::size_t position() const { return at_; }
  bool truncated() const { return truncated_; }

 private:
  std::string_view block_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  bool truncated_ = false;
};

template <class Fn>
void for_each_field(std::string_view block, Fn&& fn) {
  FieldReader reader(block);
  Field field;
  while (reader.next(field)) fn(static_cast<const Field&>(field));
}

// The fields of a block as a list, for callers that ask for many.  A search is one scan, whatever the names
// are.
class HeaderFields {
 public:
  // `block` must outlive this object.
  explicit HeaderFields(std::string_view block);
  const std::vector<Field>& all() const { return fields_; }
  // Case-insensitive; nullptr when absent.
  const Field* first(std::string_view name) const;
  const Field* last(std::string_view name) const;
  std::vector<const Field*> each(std::string_view name) const;
  bool truncated() const { return truncated_; }

 private:
  std::vector<Field> fields_;
  bool truncated_ = false;
};

// The raw value of the first or last field `name` in `block`; a null view (data() == nullptr) when absent.
std::string_view first_value(std::string_view block, std::string_view name);
std::string_view last_value(std::string_view block, std::string_view name);

// The value on one line: line ends removed, other CR, LF, NUL dropped, blanks at both ends trimmed.  Bytes
// over 0x7f stay as they are.  At most `max` bytes.
std::string unfold(std::string_view raw, std::size_t max = 1 << 20);

// Skips blanks, line ends and comments from `at`; an unclosed comment runs to the end.
std::size_t skip_cfws(std::string_view s, std::size_t at);

// A parameter of Content-Type or Content-Disposition.
struct Param {
  std::string name;  // lower case, without RFC 2231 marks
  std::string
      value;  // UTF-8, continuations joined, charset and percent decoded; RFC 2047 words stay as they are
  bool extended = false;  // came as name*=charset'lang'value: IMAP shows it so again
  bool operator==(const Param&) const = default;
};

// `type "/" subtype *(";" param)` or `disposition *(";" param)`.
struct ParamValue {
  std::string value;          // first token, lower case ("text"); empty when malformed
  std::string subtype;        // after a "/", lower case; empty when there was none
  std::vector<Param> params;  // order of first appearance, at most kMaxParams
  bool truncated = false;
  // The first parameter of that (lower case) name; a null view when absent.
  std::string_view param(std::string_view name) const;
};
ParamValue parse_params(std::string_view raw);

// The value of a parameter in `params`; a null view when absent.
std::string_view find_param(const std::vector<Param>& params, std::string_view name);

}  // namespace postern::mime
