#include "service/config.h"

#include <unistd.h>

#include <boost/program_options.hpp>
#include <sstream>

#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"
#include "service/commands.h"
#include "service/sieve_events.h"

namespace postern::service {
namespace {

namespace po = boost::program_options;
using base::fail;
using base::Fault;
using base::Result;

std::string join_path(std::string_view dir, std::string_view path) {
  if (!path.empty() && path[0] == '/') return std::string(path);
  return std::string(dir) + "/" + std::string(path);
}

// One logical line through Boost's own reader, so that quoting and comments are what its users know.
Result<std::pair<std::string, std::string>> parse_line(const std::string& line) {
  po::options_description any;
  std::istringstream in(line);
  try {
    auto parsed = po::parse_config_file(in, any, true);
    if (parsed.options.size() != 1 || parsed.options[0].value.size() != 1)
      return fail(Fault::permanent, "expected KEY = VALUE");
    return std::pair(parsed.options[0].string_key, parsed.options[0].value[0]);
  } catch (const po::error& e) {
    return fail(Fault::permanent, "expected KEY = VALUE");
  }
}

std::string bounds(const Option& o) {
  std::string out = " from " + std::to_string(o.min);
  if (o.max != kNone) return out + " to " + std::to_string(o.max);
  return out + " up, or none";
}

Result<std::uint64_t> parse_value(const Option& o, std::string_view v) {
  if (o.max == kNone && v == "none") return kNone;
  auto n = o.kind == Kind::number ? base::parse_u64(v) : o.kind == Kind::size ? base::parse_size(v) : base::parse_duration(v);
  const char* what = o.kind == Kind::number ? "a number" : o.kind == Kind::size ? "a size (500, 10K, 5M, 2G)" : "a time (30s, 5m, 2h, 14d)";
  if (!n || *n < o.min || *n > o.max) return fail(Fault::permanent, std::string("expected ") + what + bounds(o));
  return *n;
}

Result<> check_value(const Option& o, std::string_view v) {
  if (v.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos)
    return fail(Fault::permanent, "control characters are not allowed");
  if (o.kind == Kind::commands && !v.empty())
    if (auto row = parse_command(v); !row) return pass(row);
  if (o.kind == Kind::sieve_events && !v.empty())
    if (auto row = parse_sieve_event(v); !row) return pass(row);
  if (o.kind == Kind::boolean && v != "yes" && v != "no") return fail(Fault::permanent, "expected yes or no");
  if (o.kind == Kind::number || o.kind == Kind::size || o.kind == Kind::duration) {
    auto n = parse_value(o, v);
    if (!n) return pass(n);
  }
  if (o.choices.empty()) return {};
  for (auto c : base::split(o.choices, '|'))
    if (c == v) return {};
  return fail(Fault::permanent, "expected one of " + std::string(o.choices));
}

const Option& known(std::string_view name) {
  const Option* o = find_option(name);
  base::check(o != nullptr, "option is in the table");
  return *o;
}

// For "did you mean": the key with the longest common beginning or end, or the one that is spelt like it.
std::string suggestion(std::string_view key) {
  for (const auto& o : options())
    if (o.name.ends_with(key) || (key.size() > 3 && o.name.starts_with(key)) || base::iequals(o.name, key))
      return "; did you mean " + std::string(o.name) + "?";
  std::vector<std::string_view> names;
  for (const auto& o : options()) names.push_back(o.name);
  if (auto like = base::nearest(key, names); !like.empty()) return "; did you mean " + std::string(like) + "?";
  return "; postern.conf(5) lists them";
}

}  // namespace

Result<> Config::set(std::string_view key, std::string_view value, std::string_view where) {
  auto at = std::string(where) + ": ";
  const Option* o = find_option(key);
  if (!o) return fail(Fault::permanent, at + "unknown key '" + base::printable(key, 64) + "'" + suggestion(key));
  auto v = base::trim(value);
  if (auto ok = check_value(*o, v); !ok)
    return fail(Fault::permanent, at + std::string(key) + " = " + base::printable(v, 64) + ": " + ok.error().what);
  std::string& now = values_[std::string(key)];
  bool adds_a_row = o->kind == Kind::commands || o->kind == Kind::sieve_events;
  if (adds_a_row && !now.empty())
    now += "\n" + std::string(v);
  else
    now = v;
  return {};
}

Result<> Config::read_file(const std::string& path, int depth) {
  if (depth > kMaxIncludeDepth) return fail(Fault::limit, path + ": include is nested too deeply (a loop?)");
  auto text = base::read_file(path, kMaxConfigFile);
  if (!text) return pass(text);
  return read_text(*text, path, depth);
}

Result<> Config::read_text(const std::string& text, const std::string& path, int depth) {
  auto lines = base::split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string where = path + ":" + std::to_string(i + 1);
    auto line = std::string(lines[i]);
    while (i + 1 < lines.size() && !lines[i + 1].empty() && (lines[i + 1][0] == ' ' || lines[i + 1][0] == '\t') &&
           !base::trim(lines[i + 1]).empty())
      line += " " + std::string(base::trim(lines[++i]));
    if (line.size() > kMaxConfigLine) return fail(Fault::limit, where + ": line is longer than 65536 bytes");
    auto body = base::trim(line);
    if (body.empty() || body[0] == '#') continue;
    auto parsed = parse_line(std::string(body));
    if (!parsed) return fail(Fault::permanent, where + ": " + parsed.error().what);
    if (parsed->first == "include") {
      auto slash = path.rfind('/');
      auto inner = join_path(slash == std::string::npos ? "." : path.substr(0, slash), parsed->second);
      if (auto ok = read_file(inner, depth + 1); !ok) return fail(Fault::permanent, where + ": " + ok.error().what);
      continue;
    }
    if (auto ok = set(parsed->first, parsed->second, where); !ok) return ok;
  }
  return {};
}

Result<Config> Config::load(const std::string& dir) {
  Config c;
  c.dir_ = dir;
  if (auto ok = c.read_file(dir + "/postern.conf", 0); !ok) return pass(ok);
  return c;
}

std::string Config::raw(std::string_view name) const {
  auto it = values_.find(name);
  return it != values_.end() ? it->second : std::string(known(name).fallback);
}

std::string Config::text(std::string_view name) const { return raw(name); }
std::uint64_t Config::number(std::string_view name) const { return parse_value(known(name), raw(name)).value_or(0); }
bool Config::yes(std::string_view name) const { return raw(name) == "yes"; }

std::vector<std::string> Config::list(std::string_view name) const {
  std::vector<std::string> out;
  for (auto word : base::split(raw(name), ','))
    if (auto t = base::trim(word); !t.empty()) out.emplace_back(t);
  return out;
}

std::string Config::run_path(std::string_view p) const { return join_path(text("run_dir"), p); }
std::string Config::var_path(std::string_view p) const { return join_path(text("var_dir"), p); }
std::string Config::conf_path(std::string_view p) const { return join_path(dir_, p); }

std::string Config::hostname() const {
  if (auto h = text("hostname"); !h.empty()) return h;
  char name[256] = "localhost";
  ::gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace postern::service
