// Arguments, variables (RFC 5229) and the comparing that all tests share.
#include <algorithm>

#include "base/text.h"
#include "mime/charset.h"
#include "sieve/names.h"
#include "sieve/run.h"
#include "sieve/strings.h"

namespace postern::sieve {

using Run = Interpreter::Run;

const Argument* Run::find(const Instruction& i, Slot slot) {
  for (const Argument& a : i.arguments)
    if (a.slot == slot) return &a;
  return nullptr;
}

std::uint64_t Run::number(const Instruction& i, Slot slot, std::uint64_t otherwise) {
  const Argument* a = find(i, slot);
  return a ? a->number : otherwise;
}

const std::string* Run::variable(const Piece& p) {
  static const std::string kNothing;
  switch (p.kind) {
    case Piece::Kind::text:
      return &p.text;
    case Piece::Kind::local:
      return &frame().locals[p.index];
    case Piece::Kind::match:
      return p.index < frame().match.size() ? &frame().match[p.index] : &kNothing;
    case Piece::Kind::global: {
      auto it = globals_.find(p.text);
      return it == globals_.end() ? &kNothing : &it->second;
    }
    case Piece::Kind::environment:
      break;
  }
  return nullptr;
}

base::Result<std::string> Run::expand(const Template& t) {
  std::string out;
  for (const Piece& p : t) {
    bool known = false;
    const std::string* value = variable(p);
    out += value ? *value : environment_item(p.text, known);
    if (t.size() > 1 && out.size() > in_.limits.string)
      return base::fail(base::Fault::limit,
                        "a string of more than " + std::to_string(in_.limits.string) + " bytes");
  }
  // Constants are the program's; only what grew counts.
  if (t.size() > 1 || t[0].kind != Piece::Kind::text)
    if (auto r = budget_.memory(out.size()); !r) return base::pass(r);
  return out;
}

base::Result<std::string> Run::text(const Instruction& i, Slot slot) {
  const Argument* a = find(i, slot);
  if (!a || a->strings.empty()) return std::string();
  return expand(frame().script.program->strings[a->strings[0]]);
}

namespace {

base::Result<> check_plain(std::string_view s) {
  if (is_plain(s)) return {};
  return base::fail(base::Fault::permanent, "\"" + base::printable(s, 64) + "\" is no UTF-8 text, or has a NUL in it");
}

}  // namespace

base::Result<std::string> Run::plain(const Instruction& i, Slot slot) {
  auto out = text(i, slot);
  if (!out) return out;
  if (auto r = check_plain(*out); !r) return base::pass(r);
  return out;
}

base::Result<std::vector<std::string>> Run::plains(const Instruction& i, Slot slot) {
  auto out = texts(i, slot);
  if (!out) return out;
  for (const std::string& s : *out)
    if (auto r = check_plain(s); !r) return base::pass(r);
  return out;
}

base::Result<std::string> Run::prose(const Instruction& i, Slot slot) {
  auto out = text(i, slot);
  if (out) *out = made_plain(std::move(*out));
  return out;
}

base::Result<std::string> Run::entity(const Instruction& i, Slot slot) {
  auto out = text(i, slot);
  if (out) std::erase(*out, '\0');
  return out;
}

base::Result<> Run::views(const Instruction& i, Slot slot, Views& out) {
  std::size_t total = 0;
  // No script is large enough for more; a forged program might be.
  auto fits = [&](std::string_view s) { return (total += s.size()) <= in_.limits.script; };
  auto too_much = [&] {
    return base::fail(base::Fault::limit, "a list of more than " + std::to_string(in_.limits.script) + " bytes");
  };
  out.all = slot == Slot::headers ? i.headers : slot == Slot::keys ? i.keys : std::span<const std::string_view>();
  if (!out.all.empty()) {
    if (!std::ranges::all_of(out.all, fits)) return too_much();
    return budget_.work(total / 16);
  }
  const Argument* a = find(i, slot);
  if (!a) return {};
  out.own.clear();
  out.made.clear();
  for (std::uint32_t s : a->strings) {
    const Template& t = frame().script.program->strings[s];
    if (auto text = constant(t)) {
      out.own.push_back(*text);
    } else {
      auto made = expand(t);
      if (!made) return base::pass(made);
      out.own.push_back(out.made.emplace_back(std::move(*made)));
    }
    if (!fits(out.own.back())) return too_much();
  }
  out.all = out.own;
  return budget_.work(total / 16);
}

base::Result<std::vector<std::string>> Run::texts(const Instruction& i, Slot slot) {
  Views all;
  if (auto r = views(i, slot, all); !r) return base::pass(r);
  return std::vector<std::string>(all.all.begin(), all.all.end());
}

// A value that is too long is cut, at a character (RFC 5229 4.1).
base::Result<> Run::assign(const Template& name, std::string value) {
  if (value.size() > in_.limits.variable) {
    std::string valid = base::is_valid_utf8(value) ? std::move(value) : mime::make_valid_utf8(value);
    value = mime::clip_utf8(valid, in_.limits.variable);
  }
  if (auto r = budget_.memory(value.size()); !r) return r;
  if (name[0].kind == Piece::Kind::local) {
    frame().locals[name[0].index] = std::move(value);
    return {};
  }
  if (globals_.size() >= in_.limits.variables && !globals_.contains(name[0].text))
    return base::fail(base::Fault::limit,
                      "more than " + std::to_string(in_.limits.variables) + " global variables");
  globals_[name[0].text] = std::move(value);
  return {};
}

namespace {

void quote_wildcards(std::string& s) {
  std::string out;
  for (char c : s) {
    if (c == '*' || c == '?' || c == '\\') out += '\\';
    out += c;
  }
  s = std::move(out);
}

// A quoted value that is too long loses its last character as a whole: a backslash alone would quote
// what a script puts behind it.
void clip_quoted(std::string& s, std::size_t most) {
  if (s.size() <= most) return;
  s = mime::clip_utf8(s, most);
  auto last = s.find_last_not_of('\\');
  if ((s.size() - (last == s.npos ? 0 : last + 1)) % 2 != 0) s.pop_back();
}

void quote_regex(std::string& s) {
  std::string out;
  for (char c : s) {
    if (std::string_view(".^$*+?()[]{}|\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  s = std::move(out);
}

// Cut where the next character would not fit as a whole: half an escape spoils a URI.
void encode_url(std::string& s, std::size_t most) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  std::size_t whole = 0;  // of `out`, up to the last character's begin
  for (char c : s) {
    auto b = static_cast<unsigned char>(c);
    if ((b & 0xc0) != 0x80) whole = out.size();
    if (base::is_alpha(c) || base::is_digit(c) ||
        std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kHex[b >> 4];
      out += kHex[b & 15];
    }
    if (out.size() <= most) continue;
    out.resize(whole);
    break;
  }
  s = std::move(out);
}

std::size_t count_characters(std::string_view s) {
  return static_cast<std::size_t>(
      std::ranges::count_if(s, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

// RFC 5229 4.1: the modifier with the larger precedence first, whatever the script's order.
std::string Run::modified(const Instruction& i, std::string value) const {
  auto which = [&i](Slot s) { return static_cast<CaseOf>(number(i, s)); };
  if (which(Slot::case_of) == CaseOf::lower) value = base::to_lower(value);
  if (which(Slot::case_of) == CaseOf::upper) value = base::to_upper(value);
  if (!value.empty() && which(Slot::case_of_first) == CaseOf::lower) value[0] = base::ascii_lower(value[0]);
  if (!value.empty() && which(Slot::case_of_first) == CaseOf::upper) value[0] = base::ascii_upper(value[0]);
  auto quoting = static_cast<Quoting>(number(i, Slot::quoting));
  if (quoting == Quoting::wildcard) quote_wildcards(value);
  if (quoting == Quoting::regex) quote_regex(value);
  if (quoting != Quoting::none) clip_quoted(value, in_.limits.variable);
  if (has(i, Slot::encode_url)) encode_url(value, in_.limits.variable);
  if (has(i, Slot::length)) value = std::to_string(count_characters(value));
  return value;
}

// An item that comes of what is known anyway.
std::optional<std::string> Run::known_item(std::string_view lower) const {
  auto given = [](const std::string& s) { return s.empty() ? std::nullopt : std::optional(s); };
  if (lower == "name") return "Postern";
  if (lower == "version") return "0.1.0";
  if (lower == "host") return given(in_.hostname);
  if (lower == "location") return in_.is_stored ? "MS" : "MDA";
  if (lower == "phase") return in_.is_stored ? "post" : "during";
  if (lower == "remote-host") return given(in_.remote_host);
  if (lower == "remote-ip") return given(in_.remote_ip);
  if (lower == "vnd.dovecot.username") return given(in_.user);
  if (lower == "domain") return given(in_.user.substr(in_.user.rfind('@') + 1));
  if (lower == "vnd.dovecot.default-mailbox" && !in_.is_stored) return "INBOX";
  return std::nullopt;
}

std::string Run::environment_item(std::string_view name, bool& known) const {
  std::string lower = base::to_lower(name);
  auto requires_it = [this](Ext e) {
    return frames_.empty() || postern::sieve::has(frames_.back().script.program->extensions, e);
  };
  known = true;
  if (lower == "vnd.dovecot.mailbox-from" || lower == "vnd.dovecot.mailbox-to") {
    known = requires_it(Ext::dovecot_imapsieve);
    auto it = in_.environment.find(lower);
    return known && it != in_.environment.end() ? it->second : "";
  }
  auto it = in_.environment.find(lower);
  if (it != in_.environment.end()) return it->second;
  if (auto item = known_item(lower)) return std::move(*item);
  // RFC 6785 4: these exist at delivery too, and are empty.
  constexpr std::string_view kImap[] = {"imap.user", "imap.email", "imap.cause", "imap.mailbox",
                                        "imap.changedflags"};
  known = std::ranges::find(kImap, lower) != std::end(kImap) && requires_it(Ext::imapsieve);
  return "";
}

base::Result<bool> Run::any_match(const Instruction& i, std::string_view value,
                                  std::span<const std::string_view> keys, bool captures) {
  auto match = static_cast<Match>(number(i, Slot::match));
  auto comparator = static_cast<Comparator>(number(i, Slot::comparator));
  std::vector<std::string> taken;
  bool capture = captures && (match == Match::matches || match == Match::regex) &&
                 postern::sieve::has(frame().script.program->extensions, Ext::variables);
  for (std::string_view key : keys) {
    auto r = matcher_.match(match, comparator, value, key, capture ? &taken : nullptr);
    if (!r) return r;
    if (!*r) continue;
    if (capture) frame().match = std::move(taken);
    return true;
  }
  return false;
}

Run::Flow Run::compare(const Instruction& i, std::span<const std::string_view> values, bool captures) {
  auto match = static_cast<Match>(number(i, Slot::match));
  // Of nothing, only a count can be true.
  if (values.empty() && !is_count(match) && match != Match::list) return yields(false);
  if (auto r = views(i, Slot::keys, keys_); !r) return fail(r.error());
  auto keys = keys_.all;
  if (is_count(match)) {
    auto comparator = static_cast<Comparator>(number(i, Slot::comparator));
    std::string count = std::to_string(values.size());
    return yields(std::ranges::any_of(
        keys, [&](std::string_view k) { return Matcher::related(match, comparator, count, k); }));
  }
  if (match == Match::list) {
    for (std::string_view key : keys) {
      Question q;
      q.kind = Question::Kind::list_contains;
      auto uri = list_uri(key);
      if (!uri) return fail("\"" + base::printable(key, 64) + "\" is no list");
      q.name = std::move(*uri);
      for (std::string_view v : values)
        if (is_plain(v)) q.values.emplace_back(base::trim(v));
      const Answer* a = ask(std::move(q));
      if (!a) return Flow::ask;
      if (!a->found) return fail("there is no list \"" + base::printable(key, 64) + "\"");
      if (!a->yes) continue;
      frame().match.assign(1, a->text);
      return yields(true);
    }
    return yields(false);
  }
  for (std::string_view v : values) {
    auto r = any_match(i, v, keys, captures);
    if (!r) return fail(r.error());
    if (*r) return yields(true);
  }
  return yields(false);
}

Run::Flow Run::compare(const Instruction& i, const std::vector<std::string>& values, bool captures) {
  return compare(i, std::vector<std::string_view>(values.begin(), values.end()), captures);
}

}  // namespace postern::sieve
