#include "mime/message_id.h"

#include <algorithm>

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/header.h"
#include "mime/limits.h"

namespace postern::mime {
namespace {

// Keeps the first and the last ones of any number.
class Keeper {
 public:
  void add(std::string id) {
    if (id.empty() || id.size() > kMaxMessageId) return;
    if (!detail::is_ascii(id)) id = utf8_or_1252(id);
    detail::blank_controls(id);
    if (ids_.size() < kMaxMessageIds) {
      ids_.push_back(std::move(id));
      return;
    }
    ids_[next_] = std::move(id);
    next_ = next_ + 1 == kMaxMessageIds ? 1 : next_ + 1;
  }
  std::vector<std::string> take() {
    if (next_ != 1)
      std::rotate(ids_.begin() + 1, ids_.begin() + static_cast<std::ptrdiff_t>(next_), ids_.end());
    return std::move(ids_);
  }

 private:
  std::vector<std::string> ids_;
  std::size_t next_ = 1;
};

// Can `local` stand without quotes, so that `"a.b"@c` and `a.b@c` are one id?
bool dot_atom(std::string_view s) {
  if (s.empty() || s.front() == '.' || s.back() == '.' || s.find("..") != std::string_view::npos)
    return false;
  for (char c : s) {
    auto u = static_cast<unsigned char>(c);
    if (u <= 32 || u == 127 || std::string_view("()<>[]:;@\\,\"").find(c) != std::string_view::npos)
      return false;
  }
  return true;
}

// Reads the id whose "<" stands at `at`; gives the place after its ">".  An id that another "<" or the end
// cuts is dropped.
std::size_t read_id(std::string_view s, std::size_t at, std::string& id, bool& closed) {
  closed = false;
  ++at;
  while (at < s.size()) {
    char c = s[at];
    if (c == '>') {
      closed = true;
      return at + 1;
    }
    if (c == '<') return at;
    if (detail::is_lwsp(c)) {
      ++at;
    } else if (c == '"') {
      std::string quoted;
      std::size_t end = detail::read_quoted(s, at, quoted, kMaxMessageId + 1);
      if (dot_atom(quoted))
        id += quoted;
      else
        id += s.substr(at, std::min(end - at, kMaxMessageId + 1));
      at = end;
    } else {
      if (id.size() <= kMaxMessageId) id += c;
      ++at;
    }
  }
  return at;
}

}  // namespace

std::vector<std::string> parse_message_ids(std::string_view raw) {
  Keeper keep;
  if (raw.find('<') == std::string_view::npos) {
    std::string_view word = base::trim(raw);
    if (!word.empty() && word.find_first_of(" \t\r\n()\"") == std::string_view::npos &&
        word.find('@') != std::string_view::npos)
      keep.add(std::string(word.substr(0, word.find('>'))));
    return keep.take();
  }
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] == '<') {
      std::string id;
      bool closed = false;
      at = read_id(raw, at, id, closed);
      if (closed) keep.add(std::move(id));
    } else if (raw[at] == '(') {
      // A lone "(" is commoner in broken fields than a comment that hides ids.
      std::size_t end = detail::read_comment(raw, at, nullptr, 0);
      at = end < raw.size() || raw.back() == ')' ? end : at + 1;
      if (end == raw.size() && raw.back() != ')') {
        while (at < raw.size() && raw[at] != '<') ++at;
      }
    } else {
      ++at;
    }
  }
  return keep.take();
}

bool parse_message_ids_strict(std::string_view raw, std::vector<std::string>& out) {
  out = parse_message_ids(raw);
  if (out.empty()) return false;
  std::size_t at = skip_cfws(raw, 0);
  if (at >= raw.size()) return false;
  while (at < raw.size()) {
    if (raw[at] != '<') return false;
    std::string id;
    bool closed = false;
    at = read_id(raw, at, id, closed);
    if (!closed || id.empty()) return false;
    at = skip_cfws(raw, at);
  }
  return true;
}

}  // namespace postern::mime
