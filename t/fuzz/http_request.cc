// Heads, bodies, targets and credentials from arbitrary bytes; a body must not depend on how it was cut.
#include <stdlib.h>

#include <string>
#include <string_view>

#include "http/auth.h"
#include "http/request.h"
#include "http/response.h"
#include "http/target.h"

using namespace postern::http;

namespace {

struct Outcome {
  int status = 0;
  std::string body;
  bool operator==(const Outcome&) const = default;
};

Outcome read_body(const RequestHead& head, std::string_view bytes, std::size_t piece) {
  BodyReader r(head, 4096);
  Outcome o;
  while (true) {
    auto in = bytes.substr(0, piece);
    auto before = in.size();
    auto step = r.feed(in);
    bytes.remove_prefix(before - in.size());
    if (step == BodyReader::Step::data) o.body += r.data();
    if (step == BodyReader::Step::refused) return o.status = r.refusal().status, o;
    if (step == BodyReader::Step::end) return o.status = 200, o;
    if (step == BodyReader::Step::more && bytes.empty()) return o;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string_view raw(reinterpret_cast<const char*>(data), size);
  HeadParser p;
  if (p.parse(raw) != HeadParser::Step::done) return 0;
  if (p.consumed() > raw.size()) abort();
  // The same head must come out when it arrives in two pieces.
  HeadParser q;
  if (q.parse(raw.substr(0, p.consumed() / 2)) == HeadParser::Step::done) abort();
  if (q.parse(raw) != HeadParser::Step::done || q.consumed() != p.consumed()) abort();
  if (auto t = parse_target(p.head().target))
    for (const auto& s : t->path)
      if (s.find('\0') != std::string::npos || s == "..") abort();
  parse_basic(p.head().field("authorization"));
  ByteRange range;
  parse_range(p.head().field("range"), 1000, range);
  if (content_disposition(p.head().target).find_first_of("\r\n") != std::string::npos) abort();
  auto body = raw.substr(p.consumed());
  auto whole = read_body(p.head(), body, body.size() + 1);
  if (!(whole == read_body(p.head(), body, 1)) || !(whole == read_body(p.head(), body, 3))) abort();
  return 0;
}
