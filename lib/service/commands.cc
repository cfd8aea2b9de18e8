#include "service/commands.h"

#include <algorithm>

#include "base/text.h"
#include "service/options.h"

namespace postern::service {
namespace {

using base::fail;
using base::Fault;
using base::Result;

constexpr std::string_view kPrefixes[] = {"text:", "pipe:", "filter:", "execute:", "notify:"};

constexpr std::string_view kUsual =
    "text:application/pdf gives=text/plain /usr/bin/pdftotext -q -enc UTF-8 - -\n"
    "text:application/msword gives=text/plain /usr/bin/catdoc -d utf-8 -\n"
    "text:application/rtf gives=text/html /usr/bin/unrtf --html --quiet\n"
    "text:application/vnd.openxmlformats-officedocument.wordprocessingml.document gives=text/xml"
    " /usr/bin/unzip -p /dev/stdin word/document.xml\n"
    "text:application/vnd.openxmlformats-officedocument.spreadsheetml.sheet gives=text/xml"
    " /usr/bin/unzip -p /dev/stdin xl/sharedStrings.xml\n"
    "text:application/vnd.openxmlformats-officedocument.presentationml.presentation gives=text/xml"
    " /usr/bin/unzip -p /dev/stdin ppt/slides/slide*.xml\n"
    "text:application/vnd.oasis.opendocument.text gives=text/xml /usr/bin/unzip -p /dev/stdin content.xml\n"
    "text:application/vnd.oasis.opendocument.spreadsheet gives=text/xml /usr/bin/unzip -p /dev/stdin content.xml\n"
    "text:application/vnd.oasis.opendocument.presentation gives=text/xml /usr/bin/unzip -p /dev/stdin content.xml\n";

bool is_name(std::string_view s) {
  if (s == "sendmail") return true;
  auto has_prefix = [&](std::string_view p) { return s.starts_with(p) && s.size() > p.size(); };
  return s.size() <= kMaxCommandName && std::ranges::any_of(kPrefixes, has_prefix) &&
         std::ranges::all_of(s, [](char c) { return c > ' ' && c < 0x7f; });
}

Result<> bad(std::string_view word, const char* expected) {
  return fail(Fault::permanent, std::string(word) + ": expected " + expected);
}

// "time=10s" and its like.
Result<> set_number(std::uint64_t& to, std::string_view word, std::optional<std::uint64_t> n, const char* expected) {
  if (!n || *n == 0) return bad(word, expected);
  to = *n;
  return {};
}

Result<> take_word(Command& c, std::string_view word) {
  auto eq = word.find('=');
  auto key = word.substr(0, eq);
  auto value = eq == word.npos ? std::string_view() : word.substr(eq + 1);
  if (word == "options") return c.options = true, Result<>{};
  if (word == "network") return c.network = true, Result<>{};
  if (word == "dsn") return c.dsn = true, Result<>{};
  if (word == "deliverby") return c.deliver_by = true, Result<>{};
  if (key == "time") return set_number(c.limits.seconds, word, base::parse_duration(value), "a time such as 10s");
  if (key == "memory" && value == "none") return c.limits.memory = kNone, Result<>{};
  if (key == "memory") return set_number(c.limits.memory, word, base::parse_size(value), "a size such as 200M, or none");
  if (key == "output") return set_number(c.limits.output, word, base::parse_size(value), "a size such as 10M");
  if (key == "processes") return set_number(c.limits.processes, word, base::parse_u64(value), "a number");
  if (key == "gives" && value.find('/') != value.npos) return c.gives = std::string(value), Result<>{};
  if (key == "args") {
    auto n = base::parse_u64(value);
    if (!n || *n > kMaxCommandArgs) return bad(word, "a number up to 1000");
    c.args = static_cast<std::size_t>(*n);
    return {};
  }
  return bad(word, "args=N, options, network, dsn, deliverby, time=, memory=, output=, processes=, gives=TYPE/SUBTYPE, or the program's absolute path");
}

}  // namespace

Result<std::pair<std::string, Command>> parse_command(std::string_view row) {
  auto words = base::split_blank(row);
  if (words.empty() || !is_name(words[0]))
    return fail(Fault::permanent, "expected text:TYPE, pipe:NAME, filter:NAME, execute:NAME, notify:SCHEME or sendmail, then a program");
  if (words.size() > kMaxCommandWords) return fail(Fault::limit, "more than 64 words");
  Command c;
  std::size_t at = 1;
  if (words.size() == 2 && words[1] == "off") return std::pair(std::string(words[0]), c);
  for (; at < words.size() && words[at][0] != '/'; ++at)
    if (auto ok = take_word(c, words[at]); !ok) return pass(ok);
  if (at == words.size()) return fail(Fault::permanent, "expected the absolute path of a program, or off");
  c.argv.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  return std::pair(std::string(words[0]), std::move(c));
}

std::string_view usual_commands() { return kUsual; }

Result<Commands> parse_commands(std::string_view rows) {
  Commands out;
  std::string all = std::string(kUsual) + std::string(rows);
  for (auto row : base::split(all, '\n')) {
    if (base::trim(row).empty()) continue;
    auto one = parse_command(row);
    if (!one) return pass(one);
    if (one->second.argv.empty())
      out.erase(one->first);
    else
      out[one->first] = std::move(one->second);
  }
  return out;
}

}  // namespace postern::service
