#include <algorithm>
#include <bitset>
#include <cstring>

#include "mime/limits.h"
#include "mime/part_reader.h"
#include "mime/structure.h"

namespace postern::mime {
namespace {

// The longest line, with its line end, that may hold a boundary.
constexpr std::size_t kMaxCandidate = kMaxBoundaryLine + 2;

// A part whose end has not been seen.
struct Open {
  std::int32_t index;
  std::int32_t last_child = Part::kNone;
  std::uint64_t lf = 0;  // line feeds before its body
};

// An active multipart boundary; `depth` is the size of the open list when its multipart is on top.
struct Delimiter {
  std::string boundary;
  std::size_t depth;
};

struct Match {
  std::size_t delimiter;
  bool close;
};

bool encoded(const Part& p) {
  return p.encoding == "base64" || p.encoding == "quoted-printable";
}

}  // namespace

// Reads line by line.  Of a line that is cut between chunks its length, its last byte and, while it can still
// be a boundary or an empty line, its bytes are remembered.
class StructureParser::Impl {
 public:
  Impl() { open_part(0); }
  void feed(std::string_view chunk);
  Structure finish();

  BodyWanted wanted;
  BodySink sink;

 private:
  std::uint64_t position(const char* p) const { return base_ + static_cast<std::uint64_t>(p - chunk_); }
  Part& part(std::int32_t i) { return out_.parts[static_cast<std::size_t>(i)]; }

  void open_part(std::uint64_t begin);
  void close_to(std::size_t depth, std::uint64_t end, std::uint64_t lf);
  void end_header(std::uint64_t body_begin, std::uint64_t lf);
  void end_open_headers(std::uint64_t at, std::uint64_t lf);
  void keep_header_text(std::int32_t index);
  void begin_multipart(std::int32_t index);
  void begin_body(std::int32_t index);
  void set_lengths();

  const char* scan(const char* p, const char* end);
  const char* take_piece(const char* p, const char* end);
  void finish_line(std::string_view line, bool whole, bool cr, const char* stop);
  std::optional<Match> match(std::string_view line) const;
  bool on_delimiter(Match m);

  void keep_header_bytes(const char* to);
  void emit(const char* to);
  void emit_at_chunk_end(const char* end);
  void release_withheld();

  Structure out_;
  std::vector<Open> open_;
  std::vector<Delimiter> delimiters_;
  std::bitset<kMaxBoundary + 5> lengths_;  // of lines that may be a boundary
  bool in_header_ = true;
  bool frozen_ = false;  // the parts budget is spent: all that comes belongs to the part that is open

  const char* chunk_ = nullptr;
  std::uint64_t base_ = 0;        // offset of chunk_ in the message
  std::uint64_t lf_ = 0;          // line feeds before the current line
  unsigned eol_ = 0;              // length of the line end before the current line
  std::uint64_t line_begin_ = 0;  // where the current line begins, once a piece of it was taken
  std::uint64_t line_len_ = 0;    // bytes of it that came in earlier chunks
  std::string line_;              // the first of them
  char last_ = 0;                 // the last of them

  std::string header_;  // block of the part whose header is being read
  const char* header_from_ = nullptr;
  std::size_t text_left_ = kMaxStructureText;
  std::size_t nested_left_ = kMaxNestedHeaders;

  std::int32_t captured_ = Part::kNone;  // the leaf whose body goes to the sink
  const char* capture_from_ = nullptr;
  std::size_t withheld_ = 0;  // bytes of line_ that the sink has not seen
};

void StructureParser::Impl::open_part(std::uint64_t begin) {
  auto index = static_cast<std::int32_t>(out_.parts.size());
  Part& p = out_.parts.emplace_back();
  p.header_begin = p.body_begin = p.body_end = begin;
  if (!open_.empty()) {
    p.parent = open_.back().index;
    Part& parent = part(p.parent);
    p.number = ++parent.child_count;
    (open_.back().last_child == Part::kNone ? parent.first_child
                                            : part(open_.back().last_child).next_sibling) = index;
    open_.back().last_child = index;
    if (parent.type == "multipart" && parent.subtype == "digest") {
      p.type = "message";
      p.subtype = "rfc822";
    }
  }
  open_.push_back({index, Part::kNone, lf_});
  header_.clear();
  in_header_ = true;
}

// Ends all parts above `depth` at `end`; `lf` counts the line feeds before `end`.
void StructureParser::Impl::close_to(std::size_t depth, std::uint64_t end, std::uint64_t lf) {
  captured_ = Part::kNone;
  while (open_.size() > depth) {
    Part& p = part(open_.back().index);
    p.body_end = end = std::max(p.body_begin, end);  // a part never ends before its last child
    p.lines = lf > open_.back().lf ? lf - open_.back().lf : 0;
    if (p.type == "multipart" && p.first_child == Part::kNone) {
      p.type = "text";
      p.subtype = "plain";
      p.opaque = true;
    }
    open_.pop_back();
  }
}

void StructureParser::Impl::keep_header_text(std::int32_t index) {
  if (index == 0) {
    out_.header = std::move(header_);
  } else if (part(part(index).parent).is_message()) {
    std::size_t n = std::min(header_.size(), nested_left_);
    if (n < header_.size()) out_.truncated = true;
    part(index).header.assign(header_, 0, n);
    nested_left_ -= n;
  }
  header_.clear();
}

void StructureParser::Impl::begin_multipart(std::int32_t index) {
  Part& p = part(index);
  std::string_view boundary = find_param(p.params, "boundary");
  boundary = boundary.substr(0, boundary.find_last_not_of(' ') + 1);  // blanks at its end are none of it
  if (!boundary.empty() && boundary.size() <= kMaxBoundary && open_.size() < kMaxDepth) {
    delimiters_.push_back({std::string(boundary), open_.size()});
    set_lengths();
    return;
  }
  if (open_.size() >= kMaxDepth) out_.truncated = true;
  p.type = "text";
  p.subtype = "plain";
  p.opaque = true;
  begin_body(index);
}

void StructureParser::Impl::begin_body(std::int32_t index) {
  if (sink && wanted && wanted(index, part(index))) captured_ = index;
}

// The header of the top part ends: its body, or the header of the message in it, begins.
void StructureParser::Impl::end_header(std::uint64_t body_begin, std::uint64_t lf) {
  auto index = open_.back().index;
  open_.back().lf = lf;
  in_header_ = false;
  Part& p = part(index);
  p.body_begin = body_begin;
  header_.resize(std::min<std::uint64_t>(header_.size(), body_begin - p.header_begin));
  if (!PartReader(p, text_left_).read(header_)) out_.truncated = true;
  keep_header_text(index);
  if (p.type == "multipart") return begin_multipart(index);
  if (!p.is_message() || encoded(p)) return begin_body(index);
  if (open_.size() < kMaxDepth && out_.parts.size() < kMaxParts) return open_part(body_begin);
  out_.truncated = true;
}

// A boundary or the end of the message cuts a header, and that of a message in it.
void StructureParser::Impl::end_open_headers(std::uint64_t at, std::uint64_t lf) {
  while (in_header_) end_header(std::max(at, part(open_.back().index).header_begin), lf);
}

void StructureParser::Impl::set_lengths() {
  lengths_.reset();
  for (const auto& d : delimiters_) lengths_.set(d.boundary.size() + 2).set(d.boundary.size() + 4);
}

// `line` with or without its line end.
std::optional<Match> StructureParser::Impl::match(std::string_view line) const {
  if (delimiters_.empty() || !line.starts_with("--") || line.size() > kMaxCandidate) return std::nullopt;
  auto last = line.find_last_not_of(" \t\r\n");
  line = line.substr(0, last + 1);
  if (line.size() >= lengths_.size() || !lengths_[line.size()]) return std::nullopt;
  line.remove_prefix(2);
  for (std::size_t i = delimiters_.size(); i-- > 0;) {
    std::string_view b = delimiters_[i].boundary;
    if (line == b) return Match{i, false};
    if (line.size() == b.size() + 2 && line.starts_with(b) && line.ends_with("--")) return Match{i, true};
  }
  return std::nullopt;
}

// False when the parts budget makes the line, and all after it, part of the body that is open.
bool StructureParser::Impl::on_delimiter(Match m) {
  if (!m.close && out_.parts.size() >= kMaxParts) {
    out_.truncated = frozen_ = true;
    if (in_header_) {
      end_open_headers(line_begin_, lf_);
      captured_ = Part::kNone;
    }
    return false;
  }
  std::uint64_t end = line_begin_ - eol_, lf = lf_ - (eol_ > 0 ? 1 : 0);
  auto depth = delimiters_[m.delimiter].depth;
  end_open_headers(end, lf);
  close_to(depth, end, lf);
  delimiters_.resize(m.delimiter + (m.close ? 0 : 1), Delimiter{});
  set_lengths();
  return true;
}

void StructureParser::Impl::keep_header_bytes(const char* to) {
  auto n = static_cast<std::size_t>(to - header_from_);
  std::size_t room = kMaxHeaderBlock - header_.size();
  if (n > room) out_.truncated = true;
  header_.append(header_from_, std::min(n, room));
  header_from_ = to;
}

void StructureParser::Impl::emit(const char* to) {
  if (captured_ != Part::kNone && to > capture_from_)
    sink(captured_, {capture_from_, static_cast<std::size_t>(to - capture_from_)});
  capture_from_ = to;
}

void StructureParser::Impl::release_withheld() {
  if (withheld_ > 0 && captured_ != Part::kNone)
    sink(captured_, std::string_view(line_).substr(0, withheld_));
  withheld_ = 0;
}

// A line that may turn out to be a boundary is held back until it is whole.
void StructureParser::Impl::emit_at_chunk_end(const char* end) {
  if (captured_ == Part::kNone) return;
  bool open_question = line_len_ > 0 && line_.size() == line_len_ && line_len_ <= kMaxCandidate &&
                       (line_ == "-" || line_.starts_with("--")) && !delimiters_.empty() && !frozen_;
  if (!open_question) {
    release_withheld();
    return emit(end);
  }
  if (line_begin_ >= base_) emit(chunk_ + (line_begin_ - base_));
  withheld_ = line_len_;
}

// A line is complete (or the message is); `line` is all of it when `whole`.  `stop` is one past it in the
// chunk.
void StructureParser::Impl::finish_line(std::string_view line, bool whole, bool cr, const char* stop) {
  bool began_here = line_begin_ >= base_;
  const char* begin = began_here ? chunk_ + (line_begin_ - base_) : chunk_;
  line_len_ = 0;
  bool opens = false;
  if (auto m = whole && !frozen_ ? match(line) : std::nullopt) {
    if (in_header_) keep_header_bytes(began_here ? begin : stop);
    if (!in_header_ && began_here && !frozen_ && (m->close || out_.parts.size() < kMaxParts)) emit(begin);
    if (on_delimiter(*m)) {
      withheld_ = 0;
      opens = !m->close;
    }
  }
  release_withheld();
  ++lf_;
  eol_ = cr ? 2 : 1;
  if (opens) {
    open_part(position(stop));
    open_.back().lf = lf_;
    header_from_ = stop;
  } else if (in_header_ && whole && (line == "\n" || line == "\r\n")) {
    keep_header_bytes(stop);
    end_header(position(stop), lf_);
    capture_from_ = header_from_ = stop;
  }
}

// Takes what the chunk has of one line.
const char* StructureParser::Impl::take_piece(const char* p, const char* end) {
  auto* nl = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
  const char* stop = nl ? nl + 1 : end;
  auto n = static_cast<std::size_t>(stop - p);
  if (line_len_ == 0) {
    line_begin_ = position(p);
    if (nl != nullptr) {
      finish_line({p, n}, true, n > 1 && stop[-2] == '\r', stop);
      return stop;
    }
    line_.clear();
  }
  bool cr = n > 1 ? stop[-2] == '\r' : line_len_ > 0 && last_ == '\r';
  if (line_.size() == line_len_ && line_.size() <= kMaxCandidate)
    line_.append(p, std::min(n, kMaxCandidate + 1 - line_.size()));
  line_len_ += n;
  last_ = stop[-1];
  if (nl != nullptr) finish_line(line_, line_.size() == line_len_, cr, stop);
  return stop;
}

// Passes over lines that are nothing special; hands the others, and those that the chunk cuts, to
// take_piece().
const char* StructureParser::Impl::scan(const char* p, const char* end) {
  if (line_len_ > 0) return take_piece(p, end);
  while (p < end) {
    char c = *p;
    if (c == '-' && (end - p == 1 || p[1] == '-')) return take_piece(p, end);
    if (in_header_ && (c == '\n' || c == '\r')) return take_piece(p, end);
    auto* nl = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    if (nl == nullptr) return take_piece(p, end);
    ++lf_;
    eol_ = nl > p && nl[-1] == '\r' ? 2 : 1;
    p = nl + 1;
  }
  return p;
}

void StructureParser::Impl::feed(std::string_view chunk) {
  if (chunk.empty()) return;
  chunk_ = header_from_ = capture_from_ = chunk.data();
  const char* end = chunk_ + chunk.size();
  for (const char* p = chunk_; p < end;) {
    if (!in_header_ && (frozen_ || delimiters_.empty())) {
      lf_ += static_cast<std::uint64_t>(std::count(p, end, '\n'));  // nothing can end this part any more
      break;
    }
    p = scan(p, end);
  }
  if (in_header_)
    keep_header_bytes(end);
  else
    emit_at_chunk_end(end);
  base_ += chunk.size();
  chunk_ = nullptr;
}

Structure StructureParser::Impl::finish() {
  static constexpr char kNothing = 0;
  chunk_ = header_from_ = capture_from_ = &kNothing;
  if (line_len_ > 0) {
    if (auto m = line_.size() == line_len_ && !frozen_ ? match(line_) : std::nullopt; m && on_delimiter(*m)) {
      withheld_ = 0;
      if (!m->close) open_part(base_);
    }
  }
  release_withheld();
  end_open_headers(base_, lf_);
  close_to(0, base_, lf_);
  out_.size = base_;
  out_.lines = lf_;
  return std::move(out_);
}

StructureParser::StructureParser() : impl_(std::make_unique<Impl>()) {}
StructureParser::~StructureParser() = default;
StructureParser::StructureParser(StructureParser&&) noexcept = default;
StructureParser& StructureParser::operator=(StructureParser&&) noexcept = default;
void StructureParser::feed(std::string_view chunk) {
  impl_->feed(chunk);
}
Structure StructureParser::finish() {
  return impl_->finish();
}
void StructureParser::capture(BodyWanted wanted, BodySink sink) {
  impl_->wanted = std::move(wanted);
  impl_->sink = std::move(sink);
}

Structure parse_structure_of(std::string_view message) {
  StructureParser parser;
  parser.feed(message);
  return parser.finish();
}

}  // namespace postern::mime
