#include "sieve/message_view.h"

#include <algorithm>

#include "base/text.h"
#include "mime/address.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/transfer.h"
#include "mime/words.h"

namespace postern::sieve {
namespace {

constexpr std::size_t kChunk = 64u << 10;

// One past the empty line that ends a header, or npos.
std::size_t header_end(std::string_view s) {
  if (s.starts_with("\n")) return 1;
  if (s.starts_with("\r\n")) return 2;
  for (std::size_t at = 0; (at = s.find('\n', at)) != s.npos; ++at) {
    if (s.substr(at + 1).starts_with("\n")) return at + 2;
    if (s.substr(at + 1).starts_with("\r\n")) return at + 3;
  }
  return s.npos;
}

}  // namespace

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

std::vector<Mailbox> mailboxes_in(std::string_view raw) {
  std::vector<Mailbox> out;
  for (mime::Address& a : mime::parse_addresses(raw).items) {
    if (a.kind != mime::Address::Kind::mailbox) continue;
    std::string all = a.domain.empty() ? a.local : mime::quote_local(a.local) + "@" + a.domain;
    bool valid = !a.local.empty() && !a.domain.empty() && !a.domain.ends_with('.') && !a.words_apart;
    out.push_back({std::move(a.local), std::move(a.domain), std::move(all), valid});
  }
  return out;
}

base::Result<std::string> MessageVersion::bytes() const {
  auto body = source->read(body_begin, static_cast<std::size_t>(source->size() - body_begin));
  if (!body) return body;
  return header + *body;
}

MessageView::MessageView(std::shared_ptr<const MessageSource> source, Budget& budget)
    : source_(std::move(source)), budget_(budget) {}

base::Result<> MessageView::open() {
  if (opened_) return {};
  if (auto r = read_header(); !r) return r;
  opened_ = true;
  split_header();
  return {};
}

base::Result<> MessageView::read_header() {
  std::uint64_t size = source_->size();
  std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(size, mime::kMaxHeaderBlock));
  std::size_t end = std::string::npos;
  header_.clear();
  while (end == std::string::npos && header_.size() < most) {
    std::size_t n = std::min(header_.empty() ? source_->beginning() : kChunk * 4, most - header_.size());
    auto more = source_->read(header_.size(), n);
    if (!more) return base::pass(more);
    std::size_t from = header_.size() < 4 ? 0 : header_.size() - 4;
    header_ += *more;
    end = header_end(std::string_view(header_).substr(from));
    if (end != std::string::npos) end += from;
  }
  has_body_ = end != std::string::npos || header_.size() < size;
  if (end == std::string::npos) end = header_.size();
  header_.resize(end);
  body_begin_ = end;
  return budget_.memory(header_.size());
}

// What is no field (an mbox line, garbage) is kept as a line without a name, so that editing loses nothing.
void MessageView::split_header() {
  std::string_view block = header_;
  if (block.ends_with("\r\n\r\n") || block == "\r\n") {
    block.remove_suffix(2);
  } else if (block.ends_with("\n\n") || block == "\n") {
    block.remove_suffix(1);
  }
  lines_.clear();
  std::size_t at = 0;
  auto gap = [&](std::size_t to) {
    if (to > at) lines_.push_back({block.substr(at, to - at), {}, {}, {}, {}});
    at = std::max(at, to);
  };
  mime::for_each_field(block, [&](const mime::Field& f) {
    gap(f.begin);
    lines_.push_back({block.substr(f.begin, f.end - f.begin), f.name, f.value, {}, {}});
    at = f.end;
  });
  gap(block.size());
}

std::vector<std::size_t> MessageView::find(std::string_view name) const {
  std::vector<std::size_t> out;
  each(name, [&](std::size_t line) {
    out.push_back(line);
    return true;
  });
  return out;
}

std::string_view MessageView::raw(std::size_t line) const {
  return lines_[line].value;
}

std::string_view MessageView::decoded(std::size_t line) const {
  const Line& l = lines_[line];
  if (!l.decoded) l.decoded = mime::decode_words(mime::unfold(l.value, mime::kMaxHeaderText));
  return *l.decoded;
}

base::Result<const std::vector<Mailbox>*> MessageView::mailboxes(std::size_t line) {
  Line& l = lines_[line];
  if (auto r = budget_.work(l.value.size()); !r) return base::pass(r);
  if (!l.mailboxes) {
    auto found = mailboxes_in(l.value);
    if (auto r = budget_.memory(found.size() * sizeof(Mailbox) + 2 * l.value.size()); !r) return base::pass(r);
    l.mailboxes = std::move(found);
  }
  return &*l.mailboxes;
}

base::Result<> MessageView::insert(std::string field, bool last) {
  if (added_.size() >= kMaxAddedFields)
    return base::fail(base::Fault::limit,
                      "more than " + std::to_string(kMaxAddedFields) + " header fields added");
  if (auto r = budget_.memory(field.size()); !r) return r;
  added_.push_back(std::move(field));
  std::string_view text = added_.back();
  Line line{text, {}, {}, {}, {}};
  mime::for_each_field(text, [&](const mime::Field& f) {
    line.name = f.name;
    line.value = f.value;
  });
  if (last && !lines_.empty() && !lines_.back().text.ends_with('\n')) {
    added_.push_back(std::string(lines_.back().text) + "\r\n");
    lines_.back().text = added_.back();
  }
  lines_.insert(last ? lines_.end() : lines_.begin(), std::move(line));
  edited_ = true;
  forget();
  return {};
}

void MessageView::erase(std::size_t line) {
  lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(line));
  edited_ = true;
  forget();
}

std::string MessageView::header() const {
  std::string out;
  for (const Line& l : lines_) out += l.text;
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  bool lf = !header_.empty() && header_.find("\r\n") == std::string::npos;
  return out += lf ? "\n" : "\r\n";
}

base::Result<std::uint64_t> MessageView::size() {
  if (!edited_) return source_->size();
  std::uint64_t head = header().size();
  if (auto r = budget_.work(head / 16); !r) return base::pass(r);
  return head + source_->size() - body_begin_;
}

base::Result<std::string> MessageView::read(std::uint64_t begin, std::uint64_t end) {
  if (auto r = budget_.memory(end - begin); !r) return base::pass(r);
  if (!edited_) return source_->read(begin, static_cast<std::size_t>(end - begin));
  std::string head = header();
  if (auto r = budget_.work(head.size() / 16); !r) return base::pass(r);
  std::string out;
  if (begin < head.size())
    out = head.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  std::uint64_t have = begin + out.size();
  if (have == end) return out;
  auto rest = source_->read(have - head.size() + body_begin_, static_cast<std::size_t>(end - have));
  if (!rest) return rest;
  return out += *rest;
}

base::Result<MessageVersion> MessageView::version() {
  MessageVersion v;
  v.source = source_;
  v.original = is_original();
  if (edited_) {
    v.header = header();
    v.body_begin = body_begin_;
    if (auto r = budget_.memory(v.header.size()); !r) return base::pass(r);
  }
  return v;
}

void MessageView::replace_all(std::shared_ptr<const MessageSource> source) {
  source_ = std::move(source);
  opened_ = edited_ = original_ = false;
  added_.clear();
  lines_.clear();
  raw_body_.reset();
  forget();
}

void MessageView::forget() {
  structure_.reset();
  texts_.clear();
}

base::Result<const mime::Structure*> MessageView::structure() {
  if (structure_) return &*structure_;
  if (auto r = open(); !r) return base::pass(r);
  mime::StructureParser parser;
  std::uint64_t from = 0;
  if (edited_) {
    parser.feed(header());
    from = body_begin_;
  }
  if (auto r = budget_.work((source_->size() - from) / 8); !r) return base::pass(r);
  while (from < source_->size()) {
    auto n = std::min<std::uint64_t>(kChunk, source_->size() - from);
    auto chunk = source_->read(from, static_cast<std::size_t>(n));
    if (!chunk) return base::pass(chunk);
    parser.feed(*chunk);
    from += n;
  }
  structure_ = parser.finish();
  return &*structure_;
}

base::Result<std::string> MessageView::part_header(std::size_t part) {
  auto s = structure();
  if (!s) return base::pass(s);
  const mime::Part& p = (*s)->parts[part];
  return read(p.header_begin, std::min<std::uint64_t>(p.body_begin, p.header_begin + mime::kMaxHeaderBlock));
}

base::Result<std::string> MessageView::part_bytes(std::size_t part, bool* problem) {
  auto s = structure();
  if (!s) return base::pass(s);
  const mime::Part& p = (*s)->parts[part];
  // Base64 needs four characters for three bytes, quoted-printable up to three for one.
  auto raw = read(p.body_begin, std::min<std::uint64_t>(p.body_end, p.body_begin + 3 * kMaxExtractedText));
  if (!raw) return raw;
  if (auto r = budget_.work(raw->size() / 8); !r) return base::pass(r);
  mime::Decoded d = mime::decode_transfer(*raw, mime::encoding_of(p.encoding));
  if (problem && d.malformed) *problem = true;
  if (d.bytes.size() > kMaxExtractedText) d.bytes.resize(kMaxExtractedText);
  return std::move(d.bytes);
}

base::Result<const MessageView::PartText*> MessageView::part_text(std::size_t part) {
  auto s = structure();
  if (!s) return base::pass(s);
  texts_.resize((*s)->parts.size());
  if (texts_[part]) return texts_[part].get();
  auto out = std::make_unique<PartText>();
  auto bytes = part_bytes(part, &out->problem);
  if (!bytes) return base::pass(bytes);
  const mime::Part& p = structure_->parts[part];
  if (p.is_text()) {
    mime::Utf8Text t = mime::to_utf8(*bytes, p.charset());
    // Where nothing is said of the charset, UTF-8 is no mistake.
    bool unsaid = mime::find_param(p.params, "charset").empty() && base::is_valid_utf8(*bytes);
    out->problem = out->problem || (!unsaid && (t.problem || !mime::known_charset(p.charset())));
    *bytes = std::move(t.text);
  }
  out->text = std::move(*bytes);
  texts_[part] = std::move(out);
  return texts_[part].get();
}

base::Result<std::string_view> MessageView::raw_body() {
  if (raw_body_) return std::string_view(*raw_body_);
  if (auto r = open(); !r) return base::pass(r);
  std::uint64_t n = std::min<std::uint64_t>(source_->size() - body_begin_, kMaxRawBody);
  if (auto r = budget_.memory(n); !r) return base::pass(r);
  auto body = source_->read(body_begin_, static_cast<std::size_t>(n));
  if (!body) return base::pass(body);
  raw_body_ = std::move(*body);
  return std::string_view(*raw_body_);
}

base::Result<bool> MessageView::has_body() {
  if (auto r = open(); !r) return base::pass(r);
  return has_body_;
}

base::Result<std::size_t> MessageView::subtree_end(std::size_t part) {
  auto s = structure();
  if (!s) return base::pass(s);
  const auto& parts = (*s)->parts;
  // A child always stands after its parent: the first part behind whose parent stands before is outside.
  std::size_t end = part + 1;
  while (end < parts.size() && parts[end].parent >= static_cast<std::int32_t>(part)) ++end;
  return end;
}

base::Result<bool> MessageView::begins_message(std::size_t part) {
  auto s = structure();
  if (!s) return base::pass(s);
  auto parent = (*s)->parts[part].parent;
  return parent < 0 || (*s)->parts[static_cast<std::size_t>(parent)].is_message();
}

// The fields of a message that do not speak of its body, with what must stand behind them.
base::Result<std::string> MessageView::other_fields(std::size_t part) {
  std::string out;
  auto keep = [&out](std::string_view name, std::string_view text) {
    if (!base::istarts_with(name, "content-") && !base::iequals(name, "mime-version")) out += text;
  };
  if (part == 0) {
    for (const Line& l : lines_) keep(l.name, l.text);
  } else {
    auto header = part_header(part);
    if (!header) return header;
    mime::for_each_field(*header, [&](const mime::Field& f) {
      keep(f.name, std::string_view(*header).substr(f.begin, f.end - f.begin));
    });
  }
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  return out += "MIME-Version: 1.0\r\n";
}

base::Result<std::int64_t> MessageView::replace_part(std::size_t part, std::string entity) {
  auto s = structure();
  if (!s) return base::pass(s);
  auto before = static_cast<std::int64_t>((*s)->parts.size());
  auto total = size();
  if (!total) return base::pass(total);
  // Of a message, also of one within another, its own fields stay in front of the new ones.
  auto whole = begins_message(part);
  auto others = whole && *whole ? other_fields(part) : base::Result<std::string>();
  if (!whole || !others) return whole ? base::pass(others) : base::pass(whole);
  std::string bytes;
  if (part == 0) {
    bytes = *others + entity;
  } else {
    std::uint64_t begin = (*s)->parts[part].header_begin, end = (*s)->parts[part].body_end;
    auto head = read(0, begin);
    if (!head) return base::pass(head);
    auto tail = read(end, *total);
    if (!tail) return base::pass(tail);
    bytes = *head + *others + entity + *tail;
  }
  if (auto r = budget_.memory(bytes.size()); !r) return base::pass(r);
  replace_all(std::make_shared<StringMessage>(std::move(bytes)));
  auto after = structure();
  if (!after) return base::pass(after);
  return static_cast<std::int64_t>((*after)->parts.size()) - before;
}

}  // namespace postern::sieve
