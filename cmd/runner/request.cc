// What a request may put into the words and the environment of a program.
#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cmd/runner/limits.h"
#include "cmd/runner/run.h"

namespace postern::runner {
namespace {

using base::fail;
using base::Fault;
using base::Result;

constexpr std::string_view kVariables[] = {"HOST", "USER", "SENDER", "RECIPIENT", "ORIG_RECIPIENT", "DSN_NOTIFY", "DSN_RET", "DELIVERBY"};

std::unexpected<base::Error> bad(std::string what) { return fail(Fault::permanent, std::move(what), "BAD_ARGUMENT"); }

bool has_control(std::string_view s) {
  return std::ranges::any_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<> check_value(std::string_view v) {
  if (v.size() > kMaxArgument) return bad("an argument is longer than 1024 bytes");
  if (has_control(v)) return bad("an argument has control characters");
  return {};
}

// {NAME} anywhere in a word of the row; what is no known variable stays as it is.
std::string fill(std::string word, const Run& run) {
  for (auto name : kVariables) {
    auto mark = "{" + std::string(name) + "}";
    auto it = run.environment().find(std::string(name));
    auto value = it == run.environment().end() ? std::string() : it->second;
    for (auto at = word.find(mark); at != word.npos; at = word.find(mark, at + value.size()))
      word.replace(at, mark.size(), value);
  }
  return word;
}

std::string variable(const Run& run, const char* name) {
  auto it = run.environment().find(name);
  return it == run.environment().end() ? std::string() : it->second;
}

bool only(std::string_view s, std::string_view allowed) { return s.find_first_not_of(allowed) == s.npos; }

// What RFC 3461 asks of the transfer, as sendmail's options, before the "--" that ends the row's own.  A row that does not
// say `dsn` is asked for nothing (RFC 6009 6).
Result<> put_dsn(std::vector<std::string>& words, const service::Command& row, const Run& run) {
  std::string notify = variable(run, "DSN_NOTIFY"), ret = variable(run, "DSN_RET");
  if (!only(notify, "ABCDEFGHIJKLMNOPQRSTUVWXYZ,") || (!ret.empty() && ret != "FULL" && ret != "HDRS"))
    return bad("DSN_NOTIFY or DSN_RET has no value of RFC 3461");
  if (!row.dsn) return {};
  auto at = words.end() - (words.back() == "--" ? 1 : 0);
  std::vector<std::string> options;
  if (!notify.empty()) options.insert(options.end(), {"-N", base::to_lower(notify)});
  if (!ret.empty()) options.insert(options.end(), {"-R", base::to_lower(ret)});
  words.insert(at, options.begin(), options.end());
  return {};
}

// sendmail has no option for it.  RFC 2852 4.1.4.1: what is to come back when it is late goes to nobody who would not
// bring it back.
Result<> check_deliver_by(const service::Command& row, const Run& run) {
  std::string by = variable(run, "DELIVERBY");
  if (!only(by, "-0123456789;NRT")) return bad("DELIVERBY has no value of RFC 2852");
  if (by.find('R') != by.npos && !row.deliver_by)
    return bad("the command keeps no time limit: its row does not say `deliverby`");
  return {};
}

}  // namespace

Result<std::vector<std::string>> fill_words(const service::Command& row, const Run& run) {
  std::vector<std::string> out;
  for (const auto& w : row.argv) out.push_back(fill(w, run));
  if (auto ok = put_dsn(out, row, run); !ok) return pass(ok);
  if (auto ok = check_deliver_by(row, run); !ok) return pass(ok);
  if (static_cast<std::size_t>(run.arguments_size()) > row.args)
    return bad("too many arguments: the row allows " + std::to_string(row.args));
  std::size_t bytes = 0;
  for (const auto& a : run.arguments()) {
    if (auto ok = check_value(a); !ok) return pass(ok);
    if (a.starts_with('-') && !row.options) return bad("an argument begins with a hyphen, and the row does not say `options`");
    if ((bytes += a.size()) > kMaxArguments) return bad("the arguments are longer than 65536 bytes");
    out.push_back(a);
  }
  return out;
}

Result<std::vector<std::string>> fill_environment(const Run& run) {
  std::vector<std::string> out = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/"};
  for (const auto& [name, value] : run.environment()) {
    if (std::ranges::find(kVariables, name) == std::end(kVariables)) return bad("no such variable: " + base::printable(name, 40));
    if (auto ok = check_value(value); !ok) return pass(ok);
    out.push_back(name + "=" + value);
  }
  return out;
}

}  // namespace postern::runner
