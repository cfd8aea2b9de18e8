// The `body` test (RFC 5173).
#include <algorithm>

#include "base/text.h"
#include "mime/html.h"
#include "mime/transfer.h"
#include "sieve/run.h"

namespace postern::sieve {

using Run = Interpreter::Run;

namespace {

// "text/html" or "text" or "" against a part's type (RFC 5173 5.2).
bool is_of_type(const mime::Part& p, std::string_view wanted) {
  if (wanted.empty()) return true;
  if (wanted.front() == '/' || wanted.back() == '/') return false;
  auto slash = wanted.find('/');
  if (slash == wanted.npos) return base::iequals(p.type, wanted);
  return base::iequals(p.type, wanted.substr(0, slash)) && base::iequals(p.subtype, wanted.substr(slash + 1));
}

bool is_html(const mime::Part& p) {
  return (p.is_text() && p.subtype == "html") || (p.type == "application" && p.subtype == "xhtml+xml");
}

// What an unknown transfer encoding hides is no text (RFC 2045 6.4).
bool has_text(const mime::Part& p) {
  return (p.is_text() || is_html(p)) && mime::encoding_of(p.encoding) != mime::Encoding::unknown;
}

}  // namespace

// Of a multipart its prologue and epilogue, of a message its header, of all else what it holds.
base::Result<> Run::content_values(std::size_t part, std::vector<std::string>& out) {
  auto s = message_.structure();
  if (!s) return base::pass(s);
  const mime::Part& p = (*s)->parts[part];
  auto children = (*s)->children(static_cast<std::int32_t>(part));
  if (p.is_message() && !children.empty()) {
    auto header = message_.part_header(static_cast<std::size_t>(children[0]));
    if (!header) return base::pass(header);
    // Without the empty line that ends it.
    if (header->ends_with("\r\n\r\n")) header->resize(header->size() - 2);
    if (header->ends_with("\n\n")) header->resize(header->size() - 1);
    out.push_back(std::move(*header));
    return {};
  }
  if (!p.is_multipart()) {
    auto t = message_.part_text(part);
    if (!t) return base::pass(t);
    if (auto r = budget_.memory((*t)->text.size()); !r) return r;
    out.push_back((*t)->text);
    return {};
  }
  // To the boundary line before the first part, and from the one behind the last.
  const mime::Part& first = (*s)->parts[static_cast<std::size_t>(children.front())];
  const mime::Part& last = (*s)->parts[static_cast<std::size_t>(children.back())];
  std::uint64_t prologue_end = std::min(first.header_begin, p.body_begin + kMaxExtractedText);
  std::uint64_t epilogue_end = std::min(p.body_end, last.body_end + kMaxExtractedText);
  auto prologue = message_.read(p.body_begin, prologue_end);
  if (!prologue) return base::pass(prologue);
  auto epilogue = message_.read(last.body_end, epilogue_end);
  if (!epilogue) return base::pass(epilogue);
  // The line end before a boundary is part of it (RFC 2046 5.1.1).
  auto line = prologue->rfind("\n--");
  if (line == prologue->npos) line = prologue->starts_with("--") ? 0 : prologue->size();
  prologue->resize(line > 0 && (*prologue)[line - 1] == '\r' ? line - 1 : line);
  auto begin = epilogue->find("\n", epilogue->starts_with("\n") ? 1 : epilogue->starts_with("\r\n") ? 2 : 0);
  epilogue->erase(0, begin == epilogue->npos ? epilogue->size() : begin + 1);
  out.push_back(std::move(*prologue));
  out.push_back(std::move(*epilogue));
  return {};
}

base::Result<std::vector<std::string>> Run::body_values(const Instruction& i) {
  std::vector<std::string> out;
  auto types = texts(i, Slot::content);
  if (!types) return base::pass(types);
  bool content = has(i, Slot::content);
  auto s = message_.structure();
  if (!s) return base::pass(s);
  const auto& parts = (*s)->parts;
  for (std::size_t n = 0; n < parts.size(); ++n) {
    if (content) {
      if (std::ranges::none_of(*types, [&](const std::string& t) { return is_of_type(parts[n], t); }))
        continue;
      if (auto r = content_values(n, out); !r) return base::pass(r);
    } else if (has_text(parts[n])) {
      auto t = message_.part_text(n);
      if (!t) return base::pass(t);
      if (auto r = budget_.memory((*t)->text.size()); !r) return base::pass(r);
      out.push_back(is_html(parts[n]) ? mime::html_to_text((*t)->text, kMaxExtractedText) : (*t)->text);
    }
  }
  return out;
}

// It sets no match variables (RFC 5173 6).  Without a body all tests fail (RFC 5173 4).
Run::Flow Run::test_body(const Instruction& i) {
  auto some = message_.has_body();
  if (!some) return fail(some.error());
  if (!*some) return compare(i, std::vector<std::string>(), false);
  if (!has(i, Slot::content) && number(i, Slot::transform) == static_cast<std::uint64_t>(Transform::raw)) {
    auto body = message_.raw_body();
    if (!body) return fail(body.error());
    return compare(i, std::vector<std::string_view>{*body}, false);
  }
  auto values = body_values(i);
  if (!values) return fail(values.error());
  return compare(i, *values, false);
}

}  // namespace postern::sieve
