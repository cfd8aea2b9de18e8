#include "mime/address.h"

#include "base/text.h"
#include "mime/charset.h"
#include "mime/detail.h"
#include "mime/header.h"
#include "mime/limits.h"
#include "mime/words.h"

namespace postern::mime {
namespace {

constexpr std::size_t kMaxEncodedWord = 512;  // tolerated length of an RFC 2047 word with specials in it

bool special(char c) {
  return std::string_view("()<>@,;:\\\"[]").find(c) != std::string_view::npos;
}
// Controls count as blanks: they never become part of an address.
bool is_gap(char c) {
  return static_cast<unsigned char>(c) <= 32 || c == 127;
}
bool word_char(char c) {
  return !is_gap(c) && !special(c);
}

// Words read so far: as a display name (blanks kept as one) and as a local part (no blanks around dots).
struct Phrase {
  std::string text;
  std::string local;
  bool any = false, words_apart = false;

  void add(std::string_view word, bool blank_before, bool quoted) {
    if (any && blank_before) {
      text += ' ';
      bool dot = (!quoted && word.starts_with('.')) || local.ends_with('.');
      if (!dot) local += ' ';
      words_apart = words_apart || !dot;
    }
    text += word;
    local += word;
    any = true;
  }
};

class Reader {
 public:
  explicit Reader(std::string_view s) : s_(s) {}
  AddressList read();

 private:
  bool at_end() const { return at_ >= s_.size(); }
  char now() const { return s_[at_]; }
  bool skip_blank();
  void read_phrase(Phrase& p);
  std::size_t encoded_word() const;
  std::string read_domain();
  void read_angle(Address& a);
  void after_address(Address& a);
  void add_mailbox(Address a);
  void begin_group(std::string name);
  void end_group();
  bool one_item();
  // A group that is open needs room for its end mark.
  bool full() const { return list_.items.size() + (in_group_ ? 1 : 0) >= kMaxAddresses; }
  std::string capped(std::string s, std::size_t max);

  std::string_view s_;
  std::size_t at_ = 0;
  std::string comment_;  // the last comment passed since the item began
  bool in_group_ = false;
  AddressList list_;
};

std::string Reader::capped(std::string s, std::size_t max) {
  if (s.size() > max) {
    s.resize(max);
    list_.truncated = true;
  }
  return s;
}

// Passes blanks and comments; true when there were some.
bool Reader::skip_blank() {
  std::size_t begin = at_;
  while (!at_end()) {
    if (is_gap(now())) {
      ++at_;
    } else if (now() == '(') {
      comment_.clear();
      at_ = detail::read_comment(s_, at_, &comment_, kMaxAddressName);
    } else {
      break;
    }
  }
  return at_ > begin;
}

// Length of an encoded word here, 0 when there is none.  Senders put commas and the like into them unencoded.
std::size_t Reader::encoded_word() const {
  auto s = s_.substr(at_, kMaxEncodedWord);
  if (!s.starts_with("=?")) return 0;
  std::size_t marks = 0;
  for (std::size_t i = 2; i + 1 < s.size(); ++i) {
    if (detail::is_lwsp(s[i]) || s[i] == '<' || s[i] == '"') return 0;
    if (s[i] != '?') continue;
    if (++marks >= 3) return s[i + 1] == '=' ? i + 2 : 0;
  }
  return 0;
}

void Reader::read_phrase(Phrase& p) {
  std::string quoted;
  for (;;) {
    bool blank = skip_blank();
    if (at_end()) return;
    if (now() == '"') {
      quoted.clear();
      at_ = detail::read_quoted(s_, at_, quoted, kMaxAddressName);
      p.add(quoted, blank, true);
      continue;
    }
    std::size_t n = encoded_word();
    if (n == 0)
      while (at_ + n < s_.size() && word_char(s_[at_ + n])) ++n;
    if (n == 0) {
      if (now() != '\\' && now() != '[' && now() != ']' && now() != ')') return;
      n = 1;  // stray: belongs to the name it stands in
    }
    if (p.text.size() <= kMaxAddressName)
      p.add(s_.substr(at_, std::min(n, kMaxAddressName + 1)), blank, false);
    else
      list_.truncated = true;
    at_ += n;
  }
}

std::string Reader::read_domain() {
  std::string out;
  bool blank = skip_blank();
  if (!at_end() && now() == '[') {
    for (; !at_end(); ++at_) {
      char c = now();
      if (is_gap(c)) continue;
      if (c == '>' || c == ',') break;
      if (out.size() <= kMaxAddressPart) out += c;
      if (c == ']') {
        ++at_;
        break;
      }
    }
    return capped(std::move(out), kMaxAddressPart);
  }
  while (!at_end()) {
    std::size_t n = 0;
    while (at_ + n < s_.size() && word_char(s_[at_ + n])) ++n;
    if (n == 0) break;
    // Words with blanks between are one domain only around a dot (RFC 5322 4.4).
    if (blank && !out.empty() && !out.ends_with('.') && now() != '.') break;
    if (out.size() <= kMaxAddressPart) out += s_.substr(at_, std::min(n, kMaxAddressPart + 1));
    at_ += n;
    blank = skip_blank();
  }
  return capped(std::move(out), kMaxAddressPart);
}

// What stands after "<".
void Reader::read_angle(Address& a) {
  ++at_;
  skip_blank();
  while (!at_end() && (now() == '@' || now() == ',')) {  // obsolete route: "@a,@b:"
    ++at_;
    std::string domain = read_domain();
    if (!domain.empty() && a.route.size() < kMaxAddressPart)
      a.route += (a.route.empty() ? "@" : ",@") + domain;
    skip_blank();
    if (!at_end() && now() == ':') {
      ++at_;
      break;
    }
  }
  Phrase p;
  read_phrase(p);
  a.words_apart = p.words_apart;
  a.local = capped(std::move(p.local), kMaxAddressPart);
  if (!at_end() && now() == '@') {
    ++at_;
    a.domain = read_domain();
  }
  // All up to ">" is garbage, but a comma means that the ">" was forgotten.
  while (!at_end() && now() != '>' && now() != ',' && now() != ';' && now() != '<') ++at_;
  if (!at_end() && now() == '>') ++at_;
}

// Passes what follows an address up to the comma.  `a <b@c>` with a bare address as its name is common.
void Reader::after_address(Address& a) {
  skip_blank();
  while (!at_end() && now() != ',' && now() != ';') {
    if (now() == '<' && a.raw_name.empty() && !a.domain.empty()) {
      Address inner;
      inner.raw_name = a.email();
      read_angle(inner);
      if (!inner.local.empty() || !inner.domain.empty()) a = std::move(inner);
    } else if (now() == '"') {
      std::string ignored;
      at_ = detail::read_quoted(s_, at_, ignored, 0);
    } else {
      ++at_;
    }
    skip_blank();
  }
  if (a.raw_name.empty()) a.raw_name = std::move(comment_);
}

void Reader::add_mailbox(Address a) {
  a.raw_name = capped(std::move(a.raw_name), kMaxAddressName);
  if (full())
    list_.truncated = true;
  else
    list_.items.push_back(std::move(a));
}

void Reader::begin_group(std::string name) {
  end_group();
  if (list_.items.size() + 2 > kMaxAddresses) {
    list_.truncated = true;
    return;
  }
  Address a;
  a.kind = Address::Kind::group_begin;
  a.raw_name = capped(std::move(name), kMaxAddressName);
  list_.items.push_back(std::move(a));
  in_group_ = true;
}

void Reader::end_group() {
  if (!in_group_) return;
  Address a;
  a.kind = Address::Kind::group_end;
  list_.items.push_back(std::move(a));
  in_group_ = false;
}

// Reads up to and with the next separator; false at the end.
bool Reader::one_item() {
  comment_.clear();
  Phrase p;
  read_phrase(p);
  if (at_end()) {
    if (p.any) {
      Address a;
      a.local = capped(std::move(p.local), kMaxAddressPart);
      a.raw_name = std::move(comment_);
      add_mailbox(std::move(a));
    }
    return false;
  }
  Address a;
  switch (now()) {
    case '@':
      ++at_;
      a.words_apart = p.words_apart;
      a.local = capped(std::move(p.local), kMaxAddressPart);
      comment_.clear();
      a.domain = read_domain();
      after_address(a);
      add_mailbox(std::move(a));
      return true;
    case '<':
      a.raw_name = std::move(p.text);
      comment_.clear();
      read_angle(a);
      after_address(a);
      add_mailbox(std::move(a));
      return true;
    case ':':
      ++at_;
      begin_group(std::move(p.text));
      return true;
    default:
      if (p.any) {
        a.local = capped(std::move(p.local), kMaxAddressPart);
        a.raw_name = std::move(comment_);
        add_mailbox(std::move(a));
      }
      if (now() == ';') end_group();
      ++at_;
      return true;
  }
}

AddressList Reader::read() {
  while (!at_end() && one_item()) {
    if (full()) {
      while (!at_end() && (skip_blank() || now() == ',' || now() == ';'))
        if (!at_end() && (now() == ',' || now() == ';')) ++at_;
      if (!at_end()) list_.truncated = true;
      break;
    }
  }
  end_group();
  return std::move(list_);
}

}  // namespace

std::string Address::name() const {
  return decode_words(raw_name);
}

std::string Address::email() const {
  if (local.empty() && domain.empty()) return {};
  std::string out = quote_local(local);
  if (!domain.empty()) {
    out += '@';
    out += domain;
  }
  if (!detail::is_ascii(out)) out = utf8_or_1252(out);
  detail::blank_controls(out);
  return out;
}

AddressList parse_addresses(std::string_view raw) {
  return Reader(raw).read();
}

std::optional<Address> parse_address(std::string_view raw) {
  auto list = parse_addresses(raw);
  for (auto& a : list.items)
    if (a.kind == Address::Kind::mailbox) return std::move(a);
  return std::nullopt;
}

std::vector<AddressGroup> grouped_addresses(const AddressList& list) {
  std::vector<AddressGroup> out;
  bool fresh = true;  // the next mailbox opens a run without a group
  for (const auto& a : list.items) {
    if (a.kind == Address::Kind::group_begin) {
      out.push_back({a.name(), {}});
      fresh = false;
    } else if (a.kind == Address::Kind::group_end) {
      fresh = true;
    } else {
      if (fresh) out.push_back({});
      fresh = false;
      out.back().addresses.push_back(a);
    }
  }
  return out;
}

std::vector<Address> flat_addresses(const AddressList& list) {
  std::vector<Address> out;
  for (const auto& a : list.items)
    if (a.kind == Address::Kind::mailbox) out.push_back(a);
  return out;
}

}  // namespace postern::mime
