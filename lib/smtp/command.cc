#include "smtp/command.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace postern::smtp {
namespace {

using base::fail;
using base::Fault;
using base::Result;

struct Name {
  std::string_view text;
  Verb verb;
};
constexpr Name kNames[] = {
    {"LHLO", Verb::lhlo}, {"HELO", Verb::helo}, {"EHLO", Verb::ehlo}, {"MAIL", Verb::mail}, {"RCPT", Verb::rcpt},
    {"DATA", Verb::data}, {"BDAT", Verb::bdat}, {"RSET", Verb::rset}, {"NOOP", Verb::noop}, {"QUIT", Verb::quit},
    {"VRFY", Verb::vrfy}, {"EXPN", Verb::expn}, {"STARTTLS", Verb::starttls}, {"HELP", Verb::help},
};

std::unexpected<base::Error> syntax(std::string what) { return fail(Fault::permanent, "501 5.5.4 " + std::move(what)); }
std::unexpected<base::Error> bad_address(std::string what) { return fail(Fault::permanent, "553 5.1.3 " + std::move(what)); }

// The end of a path that begins behind '<': the matching '>' outside quotes; npos when there is none.
std::size_t path_end(std::string_view s) {
  bool quoted = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (quoted && s[i] == '\\') {
      ++i;
    } else if (s[i] == '"') {
      quoted = !quoted;
    } else if (s[i] == '>' && !quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

bool atom_char(char c, bool utf8) {
  if (static_cast<unsigned char>(c) >= 0x80) return utf8;
  return base::is_alpha(c) || base::is_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// Dot-string or quoted string, given back unquoted.
Result<std::string> parse_local(std::string_view s, bool utf8) {
  if (s.empty() || s.size() > kMaxLocalPart) return bad_address("local part is empty or too long");
  if (s.front() != '"') {
    for (char c : s)
      if (c != '.' && !atom_char(c, utf8)) return bad_address("character not allowed in a local part");
    if (s.front() == '.' || s.back() == '.' || s.find("..") != std::string_view::npos)
      return bad_address("misplaced dot in the local part");
    return std::string(s);
  }
  if (s.size() < 2 || s.back() != '"') return bad_address("quote is not closed");
  std::string out;
  for (std::size_t i = 1; i + 1 < s.size(); ++i) {
    if (s[i] == '\\' && i + 2 >= s.size()) return bad_address("quote is not closed");
    if (s[i] == '\\') ++i;
    auto c = static_cast<unsigned char>(s[i]);
    if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8)) return bad_address("character not allowed in a local part");
    out += s[i];
  }
  return out;
}

Result<std::string> parse_domain(std::string_view s, bool utf8) {
  if (s.empty() || s.size() > 255) return bad_address("domain is empty or too long");
  bool literal = s.front() == '[' && s.back() == ']';
  for (char c : s) {
    auto u = static_cast<unsigned char>(c);
    bool ok = base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.' || (u >= 0x80 && utf8) ||
              (literal && (c == '[' || c == ']' || c == ':'));
    if (!ok) return bad_address("character not allowed in a domain");
  }
  if (!literal && (s.front() == '.' || s.back() == '.' || s.find("..") != std::string_view::npos))
    return bad_address("misplaced dot in the domain");
  return std::string(s);
}

// The '@' that parts local part and domain: the last one outside quotes.
std::size_t at_sign(std::string_view s) {
  bool quoted = false;
  std::size_t found = std::string_view::npos;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (quoted && s[i] == '\\') ++i;
    else if (s[i] == '"') quoted = !quoted;
    else if (s[i] == '@' && !quoted) found = i;
  }
  return found;
}

// local@domain, or a bare local part (authd adds the default domain).
Result<std::string> parse_address(std::string_view s, bool utf8) {
  if (s.size() > kMaxPath) return bad_address("address too long");
  if (utf8 && !base::is_valid_utf8(s)) return bad_address("address is no valid UTF-8");
  if (!s.empty() && s.front() == '@') {   // obsolete source route (RFC 5321 C): ignored
    auto colon = s.find(':');
    if (colon == std::string_view::npos) return bad_address("source route without an address");
    s.remove_prefix(colon + 1);
  }
  auto at = at_sign(s);
  auto local = parse_local(s.substr(0, at), utf8);
  if (!local || at == std::string_view::npos) return local;
  auto domain = parse_domain(s.substr(at + 1), utf8);
  if (!domain) return domain;
  return *local + "@" + *domain;
}

struct PathAndParameters {
  std::string_view path;
  std::vector<std::pair<std::string, std::string>> parameters;   // names in upper case
};

Result<PathAndParameters> split_argument(std::string_view s, std::string_view word) {
  if (!base::istarts_with(s, word)) return syntax("expected " + std::string(word) + "<address>");
  s = base::trim(s.substr(word.size()));
  if (s.empty() || s.front() != '<') return syntax("expected <address>");
  auto end = path_end(s.substr(1));
  if (end == std::string_view::npos) return syntax("expected > after the address");
  PathAndParameters out;
  out.path = s.substr(1, end);
  auto rest = s.substr(end + 2);
  if (!rest.empty() && rest.front() != ' ') return syntax("expected a blank after the address");
  for (auto word_text : base::split_blank(rest)) {
    auto eq = word_text.find('=');
    auto name = base::to_upper(word_text.substr(0, eq));
    if (std::ranges::any_of(out.parameters, [&](const auto& p) { return p.first == name; })) return syntax("parameter given twice");
    if (out.parameters.size() == kMaxParameters) return syntax("too many parameters");
    out.parameters.emplace_back(std::move(name), eq == std::string_view::npos ? "" : std::string(word_text.substr(eq + 1)));
  }
  return out;
}

std::unexpected<base::Error> unknown_parameter() {
  return fail(Fault::permanent, "555 5.5.4 parameter not recognised");
}

}  // namespace

Command parse_command(std::string_view line) {
  auto blank = line.find(' ');
  auto word = line.substr(0, blank);
  Command c;
  c.argument = blank == std::string_view::npos ? std::string_view() : base::trim(line.substr(blank));
  for (const auto& n : kNames)
    if (base::iequals(word, n.text)) c.verb = n.verb;
  return c;
}

Result<Mail> parse_mail(std::string_view argument) {
  auto parts = split_argument(argument, "FROM:");
  if (!parts) return pass(parts);
  Mail m;
  for (const auto& [name, value] : parts->parameters) {
    if (name == "SIZE") {
      m.size = base::parse_u64(value);
      if (!m.size || value.size() > 20) return syntax("SIZE is no number");
    } else if (name == "BODY") {
      auto v = base::to_upper(value);
      if (v != "7BIT" && v != "8BITMIME" && v != "BINARYMIME") return syntax("BODY is not 7BIT, 8BITMIME or BINARYMIME");
      m.body = v == "7BIT" ? Body::seven_bit : v == "8BITMIME" ? Body::eight_bit : Body::binary;
    } else if (name == "SMTPUTF8" && value.empty()) {
      m.utf8 = true;
    } else {
      return unknown_parameter();
    }
  }
  if (parts->path.empty()) return m;
  auto from = parse_address(parts->path, m.utf8);
  if (!from) return pass(from);
  m.from = std::move(*from);
  return m;
}

Result<Rcpt> parse_rcpt(std::string_view argument, bool utf8) {
  auto parts = split_argument(argument, "TO:");
  if (!parts) return pass(parts);
  if (!parts->parameters.empty()) return unknown_parameter();
  auto to = parse_address(parts->path, utf8);
  if (!to) return pass(to);
  return Rcpt{std::move(*to)};
}

Result<Bdat> parse_bdat(std::string_view argument) {
  auto words = base::split_blank(argument);
  Bdat b;
  auto n = words.empty() ? std::nullopt : base::parse_u64(words[0]);
  if (!n || words.size() > 2 || (words.size() == 2 && !base::iequals(words[1], "LAST")))
    return syntax("expected BDAT size [LAST]");
  b.size = *n;
  b.last = words.size() == 2;
  return b;
}

}  // namespace postern::smtp
