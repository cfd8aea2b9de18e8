// Random messages, random filters, and an evaluator that is slow and obvious: it has the whole message and looks at all of it
// for every condition.
#pragma once
#include <algorithm>
#include <array>
#include <random>

#include "mime/summary.h"
#include "query/body_matcher.h"
#include "query/evaluate.h"

namespace postern::query_world {

using namespace postern::query;
using Op = Condition::Op;

inline constexpr std::array kWords = {"apple", "Berry", "cherry pie", "DATE", "egg", "fig"};
// What texts are made of, and what is looked for in them: common words, parts of words, words of headers and of markup.
inline constexpr std::array kTexts = {"apple", "Berry", "cherry pie", "DATE", "egg", "fig", "applesauce", "update", "\u00c4pple", "appl\u00e9", "fi\u00adg"};
inline constexpr std::array kNeedles = {"apple", "Berry", "cherry pie", "DATE", "egg", "fig", "pple", "sauce", "ate", "fi", "g",
                                        "plum", "grape", "kiwi", "title", "content", "appl\u00e9", "\u00e4pp", "pple egg", "fig cherry pie",
                                        "e cherry", "egg date fig", "title=egg", "egg>a", "ate egg</i", "x-note: e", "subject: apple",
                                        "fig-leaf", "fig <fig", "note: fig b", "html; charset=u"};
inline constexpr std::array kFields = {"from", "to", "cc", "subject", "x-note", "return-path"};
inline const std::vector<std::string> kKeywords = {"kw0", "kw1"};

struct Message {
  Row row;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string text, html_text, html;  // of the two parts, and the second with its markup; empty when there is none
  bool attached = false, nested = false;  // a file of that name, a message
  std::string raw;
  std::vector<std::uint32_t> places;
  ThreadFlags thread;
  bool attachment = false;
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  bool coin() { return random_() & 1; }

  std::string words() {
    std::string out;
    for (std::size_t n = below(4); n > 0; --n) out += std::string(out.empty() ? "" : " ") + kTexts[below(kTexts.size())];
    return out;
  }

  Message message() {
    Message m;
    m.row.seq = static_cast<std::uint32_t>(1 + below(20));
    m.row.uid = m.row.seq + 5;
    m.row.recent = coin();
    m.row.flags.lo = below(1 << 10) & ~0xe0ull;
    m.row.modseq = below(100);
    m.row.size = below(100);
    m.row.email = 1 + below(5);
    m.row.thread = 1 + below(5);
    m.row.received = static_cast<std::int64_t>(below(30) * 40'000);
    m.row.saved = static_cast<std::int64_t>(below(30) * 40'000);
    for (std::uint32_t box = 1; box <= 3; ++box)
      if (coin()) m.places.push_back(box);
    m.thread.some = m.row.flags;
    m.thread.some.lo |= below(1 << 10) & ~0xe0ull;
    m.thread.all.lo = m.row.flags.lo & below(1 << 10);
    fill(m);
    return m;
  }

  Condition condition() {
    Condition c;
    c.op = static_cast<Op>(3 + below(static_cast<std::size_t>(Op::text) - 2));
    c.negated = coin();
    c.view = coin() ? Condition::View::source : Condition::View::reader;
    std::int64_t most = c.op == Op::sent_day ? 20 : c.op == Op::received || c.op == Op::saved || c.op == Op::age ? 1'200'000 : 100;
    if (coin()) c.lo = static_cast<std::int64_t>(below(static_cast<std::size_t>(most)));
    if (coin()) c.hi = static_cast<std::int64_t>(below(static_cast<std::size_t>(most)));
    for (std::uint32_t n = 0; n < 25; ++n)
      if (below(3) == 0) c.spans.push_back({n, n});
    c.text = below(5) ? kNeedles[below(kNeedles.size())] : "";
    if (c.op == Op::field) {
      c.name = kFields[below(kFields.size())];
      c.addresses = c.name == "from" || c.name == "to" || c.name == "cc";
    }
    if (c.op == Op::flag || c.op == Op::flag_in_thread || c.op == Op::flag_all_thread)
      c.name = std::array{"\\Seen", "$flagged", "KW0", "kw1", "nobody-has-it"}[below(5)];
    if (c.op == Op::email) c.name = "e7-" + std::to_string(1 + below(5));
    if (c.op == Op::thread) c.name = "t7-" + std::to_string(1 + below(5));
    return c;
  }

  std::int32_t tree(Filter& f, int depth) {
    if (depth == 0 || below(3) == 0) return f.add(condition());
    Condition list;
    list.op = static_cast<Op>(below(3));
    list.negated = below(4) == 0;
    std::int32_t self = f.add(list);
    for (std::size_t n = below(4); n > 0; --n) f.append_child(self, tree(f, depth - 1));
    return self;
  }

 private:
  void fill(Message& m) {
    auto field = [&m](std::string name, std::string value) {
      m.raw += name + ": " + value + "\r\n";
      m.fields.emplace_back(std::move(name), std::move(value));
    };
    field("From", std::string(kWords[below(4)]) + " <apple@example.net>");
    if (coin()) field("To", "fig <" + std::string(coin() ? "egg" : "fig") + "@example.net>");
    if (coin()) field("Cc", "cherry pie <date@example.net>");
    if (coin()) field("Subject", words());
    if (coin()) field("X-Note", words());
    if (coin()) {
      auto day = below(20);
      m.row.sent = static_cast<std::int64_t>(day) * 86'400 + 3600;
      field("Date", std::to_string(1 + day) + " Jan 1970 01:00:00 +0000");
    }
    m.text = words();
    m.html_text = coin() ? words() : "";
    m.attachment = coin();
    m.attached = below(4) == 0;
    m.nested = below(4) == 0;
    std::vector<std::string> parts{"Content-Type: text/plain; charset=utf-8\r\n\r\n" + m.text};
    if (!m.html_text.empty()) {
      m.html = "<i title=egg>" + markup(m.html_text) + "</i>";
      parts.push_back("Content-Type: text/html; charset=utf-8\r\nContent-Description: fig-leaf\r\n\r\n" + m.html);
    }
    if (m.attached) parts.push_back("Content-Disposition: attachment; filename=plum.bin\r\nContent-Type: application/x-plum\r\n\r\nx");
    if (m.nested) parts.push_back("Content-Type: message/rfc822\r\n\r\nSubject: grape\r\n\r\nkiwi");
    if (parts.size() == 1) {
      field("Content-Type", "text/plain; charset=utf-8");
      m.raw += "\r\n" + m.text + "\r\n";
      return;
    }
    field("Content-Type", "multipart/mixed; boundary=b");
    m.raw += "\r\n";
    for (const std::string& p : parts) m.raw += "--b\r\n" + p + "\r\n";
    m.raw += "--b--\r\n";
  }

  // Now and then a word is cut by a tag, or begins with a reference: readers do not see that.
  std::string markup(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = std::min(text.find(' ', at), text.size());
      std::string word = text.substr(at, end - at);
      std::size_t kind = below(4);
      if (kind == 0) word.insert(2, "<b></b>");
      if (kind == 1 && static_cast<unsigned char>(word[0]) < 0x80) word = "&#" + std::to_string(word[0]) + ";" + word.substr(1);
      out += word + (end < text.size() ? " " : "");
      at = end + 1;
    }
    return out;
  }
  std::mt19937 random_;
};

inline std::string lower(const std::string& s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    std::string_view two = std::string_view(s).substr(i, 2);
    bool umlaut = two == "\u00c4" || two == "\u00e4", acute = two == "\u00e9";
    if (umlaut || acute) {
      out += umlaut ? "a\u0308" : "e\u0301";
      ++i;
    } else {
      out += s[i] >= 'A' && s[i] <= 'Z' ? static_cast<char>(s[i] + 32) : s[i];
    }
  }
  return out;
}
inline bool has(const std::string& text, const std::string& needle) {
  return lower(text).find(lower(needle)) != std::string::npos;
}

inline bool in_body(const Condition& c, const Message& m) {
  bool reader = c.view == Condition::View::reader;
  return has(m.text, c.text) || has(reader && !m.html.empty() ? "egg " + m.html_text : m.html, c.text) || (m.nested && has("kiwi", c.text));
}

inline bool in_text(const Condition& c, const Message& m) {
  if (in_body(c, m)) return true;
  for (const auto& [name, value] : m.fields) {
    bool read = lower(name) == "from" || lower(name) == "to" || lower(name) == "cc" || lower(name) == "subject";
    if (c.view == Condition::View::source ? has(name + ": " + value, c.text) : read && has(value, c.text)) return true;
  }
  if (c.view == Condition::View::reader) return false;
  std::string of_parts;
  if (!m.html.empty()) of_parts += "Content-Type: text/html; charset=utf-8\nContent-Description: fig-leaf\n";
  if (m.attached) of_parts += "Content-Disposition: attachment; filename=plum.bin\nContent-Type: application/x-plum\n";
  if (m.nested) of_parts += "Content-Type: message/rfc822\nSubject: grape\n";
  if (!of_parts.empty()) of_parts += "Content-Type: text/plain; charset=utf-8\n";
  return has(of_parts, c.text);
}

inline bool obvious_single(const Condition& c, const Message& m, std::int64_t now) {
  auto range = [&c](std::int64_t n) { return c.lo <= n && n <= c.hi; };
  auto listed = [&c](std::uint32_t n) {
    for (const Span& s : c.spans)
      if (s.lo <= n && n <= s.hi) return true;
    return false;
  };
  auto flag = [&c](model::Flags f) {
    std::string name = lower(c.name);
    return name == "\\seen" ? f.has(0) : name == "$flagged" ? f.has(2) : name == "kw0" ? f.has(8) : name == "kw1" && f.has(9);
  };
  switch (c.op) {
    case Op::seq: return listed(m.row.seq);
    case Op::uid: return listed(m.row.uid);
    case Op::mailbox: return std::ranges::any_of(m.places, listed);
    case Op::other_mailbox: return !std::ranges::all_of(m.places, listed);
    case Op::received: return range(m.row.received);
    case Op::saved: return range(m.row.saved);
    case Op::age: return range(now - m.row.received);
    case Op::size: return range(static_cast<std::int64_t>(m.row.size));
    case Op::modseq: return range(static_cast<std::int64_t>(m.row.modseq));
    case Op::email: return c.name == "e7-" + std::to_string(m.row.email);
    case Op::thread: return c.name == "t7-" + std::to_string(m.row.thread);
    case Op::recent: return m.row.recent;
    case Op::flag: return flag(m.row.flags);
    case Op::flag_in_thread: return flag(m.thread.some);
    case Op::flag_all_thread: return flag(m.thread.all);
    case Op::sent_day: return m.row.sent != 0 && range(m.row.sent / 86'400);
    case Op::attachment: return m.attachment;
    case Op::field:
      return std::ranges::any_of(m.fields, [&c](const auto& f) { return lower(f.first) == c.name && has(f.second, c.text); });
    case Op::body: return c.text.empty() || in_body(c, m);
    default: return c.text.empty() || in_text(c, m);
  }
}

// What a failure shows.
inline std::string describe(const Filter& f, std::int32_t i) {
  const Condition& c = f.at(i);
  std::string out = (c.negated ? "!" : "") + std::to_string(static_cast<int>(c.op));
  if (!c.is_list())
    return out + "[" + c.name + " '" + c.text + "' " + (c.view == Condition::View::source ? "source " : "reader ") +
           std::to_string(c.lo) + ".." + std::to_string(c.hi) + "]";
  out += "(";
  for (std::int32_t k = c.first_child; k >= 0; k = f.at(k).next) out += describe(f, k) + " ";
  return out + ")";
}

inline bool obvious(const Filter& f, std::int32_t i, const Message& m) {
  const Condition& c = f.at(i);
  bool out = false;
  if (!c.is_list()) {
    out = obvious_single(c, m, f.now());
  } else {
    bool all = true, any = false;
    for (std::int32_t k = c.first_child; k >= 0; k = f.at(k).next) {
      bool child = obvious(f, k, m);
      all = all && child;
      any = any || child;
    }
    out = c.op == Op::all_of ? all : c.op == Op::any_of ? any : !any;
  }
  return out != c.negated;
}

}  // namespace postern::query_world
