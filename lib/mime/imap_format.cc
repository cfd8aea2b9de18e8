#include "mime/imap_format.h"

#include <array>

#include "base/text.h"
#include "mime/detail.h"
#include "mime/envelope.h"
#include "mime/limits.h"

namespace postern::mime {
namespace {

void put_number(std::string& out, std::uint64_t n) {
  char buf[20];
  int k = 0;
  do buf[k++] = static_cast<char>('0' + n % 10);
  while (n /= 10);
  while (k > 0) out += buf[--k];
}

// NIL also where the output is full.
void put_unfolded(std::string& out, std::string_view raw) {
  if (raw.data() == nullptr || out.size() + raw.size() > kMaxImapString) {
    out += "NIL";
    return;
  }
  put_imap_string(out, unfold(raw));
}

void put_address(std::string& out, const Address& a) {
  out += '(';
  if (a.kind == Address::Kind::group_end) {
    out += "NIL NIL NIL NIL)";
    return;
  }
  if (a.kind == Address::Kind::group_begin) {
    out += "NIL NIL ";
    put_imap_string(out, a.raw_name);
    out += " NIL)";
    return;
  }
  put_imap_nstring(out, a.raw_name);
  out += ' ';
  put_imap_nstring(out, a.route);
  out += ' ';
  put_imap_string(out, a.local);
  out += ' ';
  // NIL would mean a group: an address without a domain has an empty one.
  put_imap_string(out, a.domain);
  out += ')';
}

void put_addresses(std::string& out, const AddressList& list) {
  if (list.items.empty()) {
    out += "NIL";
    return;
  }
  std::size_t begin = out.size();
  out += '(';
  bool in_group = false;
  for (const auto& a : list.items) {
    if (out.size() > kMaxImapString) break;
    put_address(out, a);
    in_group = a.kind == Address::Kind::group_begin || (in_group && a.kind != Address::Kind::group_end);
  }
  if (in_group) put_address(out, {.kind = Address::Kind::group_end});
  if (out.size() == begin + 1)
    out.replace(begin, 1, "NIL");
  else
    out += ')';
}

bool equals(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && base::iequals(a, lower);
}

}  // namespace

void put_imap_string(std::string& out, std::string_view s) {
  bool high = false, escape = false;
  for (char c : s) {
    high = high || static_cast<unsigned char>(c) > 0x7f;
    escape = escape || c == '"' || c == '\\' || c == '\r' || c == '\n' || c == '\0';
  }
  if (high) {
    out += '{';
    put_number(out, s.size());
    out += "}\r\n";
  } else {
    out += '"';
  }
  if (!escape) {
    out += s;
  } else {
    for (char c : s) {
      if (c == '\r' || c == '\n' || c == '\0') c = ' ';
      if (!high && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
  }
  if (!high) out += '"';
}

void put_imap_nstring(std::string& out, std::string_view s) {
  if (s.empty())
    out += "NIL";
  else
    put_imap_string(out, s);
}

void EnvelopeFields::take(const Field& f) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "date", "subject", "in-reply-to", "message-id", "from", "sender", "reply-to", "to", "cc", "bcc"};
  std::string_view* texts[] = {&date, &subject, &in_reply_to, &message_id};
  AddressList* lists[] = {&from, &sender, &reply_to, &to, &cc, &bcc};
  if (f.name.size() < 2 || f.name.size() > 11) return;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!equals(f.name, kNames[i])) continue;
    if (seen_ & 1u << i) return;
    seen_ |= 1u << i;
    if (i < 4)
      *texts[i] = f.value;
    else
      *lists[i - 4] = parse_addresses(f.value);
    return;
  }
}

void put_envelope(std::string& out, const EnvelopeFields& e) {
  out += '(';
  put_unfolded(out, e.date);
  out += ' ';
  put_unfolded(out, e.subject);
  for (const AddressList* list : {&e.from, e.sender.items.empty() ? &e.from : &e.sender,
                                  e.reply_to.items.empty() ? &e.from : &e.reply_to, &e.to, &e.cc, &e.bcc}) {
    out += ' ';
    put_addresses(out, *list);
  }
  out += ' ';
  put_unfolded(out, e.in_reply_to);
  out += ' ';
  put_unfolded(out, e.message_id);
  out += ')';
}

std::string envelope(std::string_view header_block) {
  EnvelopeFields fields;
  for_each_field(header_block, [&](const Field& f) { fields.take(f); });
  std::string out;
  put_envelope(out, fields);
  return out;
}

namespace {

// Writes the tree without recursion: enter() when a part is reached, leave() when its children are done.
class BodyWriter {
 public:
  BodyWriter(const Structure& s, bool extended) : s_(s), extended_(extended) {}
  std::string write();

 private:
  const Part& part(std::int32_t i) const { return s_.parts[static_cast<std::size_t>(i)]; }
  bool full() const { return out_.size() > kMaxImapString; }
  void text(std::string_view s) { full() ? put_imap_string(out_, "") : put_imap_string(out_, s); }
  void ntext(std::string_view s) { full() ? put_imap_nstring(out_, "") : put_imap_nstring(out_, s); }
  void params(const std::vector<Param>& list);
  void extended_param(const Param& p);
  void extension(const Part& p);
  void enter(const Part& p);
  void enter_message(const Part& p);
  void leave(const Part& p);

  const Structure& s_;
  bool extended_;
  std::string out_;
};

// As RFC 2231 has it, joined to one piece.
void BodyWriter::extended_param(const Param& p) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  text(p.name + "*");
  out_ += ' ';
  std::string v = "utf-8''";
  for (char c : p.value) {
    auto u = static_cast<unsigned char>(c);
    if (base::is_alpha(c) || base::is_digit(c) ||
        std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos) {
      v += c;
    } else {
      v += '%';
      v += kHex[u >> 4];
      v += kHex[u & 15];
    }
  }
  text(v);
}

void BodyWriter::params(const std::vector<Param>& list) {
  if (list.empty() || full()) {
    out_ += "NIL";
    return;
  }
  out_ += '(';
  bool first = true;
  for (const auto& p : list) {
    if (full()) break;
    if (!first) out_ += ' ';
    first = false;
    if (p.extended && !detail::is_ascii(p.value)) {
      extended_param(p);
    } else {
      text(p.name);
      out_ += ' ';
      text(p.value);
    }
  }
  out_ += ')';
}

// SP disposition SP language SP location
void BodyWriter::extension(const Part& p) {
  out_ += ' ';
  if (p.disposition.empty() || full()) {
    out_ += "NIL";
  } else {
    out_ += '(';
    text(p.disposition);
    out_ += ' ';
    params(p.disposition_params);
    out_ += ')';
  }
  out_ += ' ';
  if (p.language.empty() || full()) {
    out_ += "NIL";
  } else {
    char before = '(';
    for (const auto& tag : p.language) {
      out_ += before;
      text(tag);
      before = ' ';
    }
    out_ += ')';
  }
  out_ += ' ';
  ntext(p.location);
}

void BodyWriter::enter_message(const Part& p) {
  static constexpr std::string_view kNoEnvelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
  out_ += ' ';
  if (p.first_child == Part::kNone) {
    out_ += kNoEnvelope;
    out_ += extended_ ? R"( ("text" "plain" NIL NIL NIL "7bit" 0 0 NIL NIL NIL NIL))"
                      : R"( ("text" "plain" NIL NIL NIL "7bit" 0 0))";
    return;
  }
  if (full())
    out_ += kNoEnvelope;
  else
    out_ += envelope(part(p.first_child).header);
  out_ += ' ';
}

void BodyWriter::enter(const Part& p) {
  out_ += '(';
  if (p.is_multipart()) return;
  text(p.type);
  out_ += ' ';
  text(p.subtype);
  out_ += ' ';
  if (p.is_text() && !p.has_type && p.params.empty())
    out_ += R"(("charset" "us-ascii"))";  // RFC 2045 5.2: what a missing field means
  else
    params(p.params);
  out_ += ' ';
  ntext(p.content_id);
  out_ += ' ';
  ntext(p.description);
  out_ += ' ';
  text(p.encoding);
  out_ += ' ';
  put_number(out_, p.body_size());
  if (p.is_message()) enter_message(p);
}

void BodyWriter::leave(const Part& p) {
  if (p.is_multipart()) {
    out_ += ' ';
    text(p.subtype);
    if (extended_) {
      out_ += ' ';
      params(p.params);
      extension(p);
    }
  } else {
    if (p.is_text() || p.is_message()) {
      out_ += ' ';
      put_number(out_, p.lines);
    }
    if (extended_) {
      out_ += ' ';
      ntext(p.md5);
      extension(p);
    }
  }
  out_ += ')';
}

std::string BodyWriter::write() {
  if (s_.parts.empty()) return "NIL";
  std::int32_t at = 0;
  for (;;) {
    enter(part(at));
    if (part(at).first_child != Part::kNone) {
      at = part(at).first_child;
      continue;
    }
    // Up until a part has a sibling; one that no longer fits is left out with those after it.
    for (;;) {
      leave(part(at));
      if (part(at).next_sibling != Part::kNone && !full()) break;
      at = part(at).parent;
      if (at == Part::kNone) return std::move(out_);
    }
    at = part(at).next_sibling;
  }
}

}  // namespace

std::string bodystructure(const Structure& s) {
  return BodyWriter(s, true).write();
}
std::string body(const Structure& s) {
  return BodyWriter(s, false).write();
}

}  // namespace postern::mime
