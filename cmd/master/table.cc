#include "cmd/master/table.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "cmd/master/limits.h"
#include "cmd/master/listener.h"
#include "service/config.h"

namespace postern::master {
namespace {

using base::fail;
using base::Fault;
using base::Result;

constexpr const char* kColumns[] = {"name", "program", "min", "max", "clients", "memory", "user"};

// A word and the line it stands on; a view into the file's text.
struct Word {
  std::string_view text;
  std::size_t line;
};

// Reads one file; errors name file and line.
class TableReader {
 public:
  TableReader(std::string_view text, const std::string& path, const std::string& run_dir)
      : lines_(base::split(text, '\n')), path_(path), run_dir_(run_dir) {}
  Result<Table> read();

 private:
  std::unexpected<base::Error> wrong(std::size_t line, const std::string& what) const {
    return fail(Fault::permanent, path_ + ":" + std::to_string(line) + ": " + what);
  }
  std::unexpected<base::Error> expected(const Word& w, const std::string& what) const {
    return wrong(w.line, "expected " + what + ", not '" + base::printable(w.text, 64) + "'");
  }
  Result<std::vector<Word>> next_service();
  Result<> add_line(std::vector<Word>& words, std::string_view line);
  Result<ServiceSpec> service(const std::vector<Word>& words);
  Result<> columns(ServiceSpec& s, const std::vector<Word>& words);
  Result<> number(std::uint32_t& out, const Word& w, const char* what, std::uint64_t low);
  Result<> word(ServiceSpec& s, const std::vector<Word>& words, std::size_t& at);
  Result<> listener(ServiceSpec& s, const Word& w);
  Result<> option(ServiceSpec& s, const std::vector<Word>& words, std::size_t& at);
  Result<> time(std::uint64_t& out, const Word& w);

  std::vector<std::string_view> lines_;
  const std::string& path_;
  const std::string& run_dir_;
  std::size_t at_ = 0;  // lines read
  std::set<std::string> names_, keys_;
};

bool is_used_by(const service::Option& o, std::string_view program) {
  for (auto p : base::split_blank(o.programs))
    if (p == "all" || p == program) return true;
  return false;
}

bool is_comment(std::string_view line) {
  auto t = base::trim(line);
  return t.empty() || t[0] == '#';
}

Result<> TableReader::add_line(std::vector<Word>& words, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
  if (std::ranges::any_of(line, control)) return wrong(at_, "control characters are not allowed");
  for (auto w : base::split_blank(line)) words.push_back({w, at_});
  return {};
}

// The words of the next line and of the lines that continue it; none at the end.
Result<std::vector<Word>> TableReader::next_service() {
  std::vector<Word> words;
  std::size_t bytes = 0, first = 0;
  for (; at_ < lines_.size(); ++at_) {
    auto line = lines_[at_];
    bool continues = line.starts_with(' ') || line.starts_with('\t');
    if (line.size() <= kMaxServiceText && is_comment(line)) continue;
    if (words.empty() && continues)
      return wrong(at_ + 1, "this line continues none; a service begins at the line's start");
    if (!words.empty() && !continues) break;
    if (words.empty()) first = at_ + 1;
    bytes += line.size();
    if (bytes > kMaxServiceText)
      return wrong(first, "a service may have " + std::to_string(kMaxServiceText) +
                              " bytes with its continuation lines");
    ++at_;
    auto added = add_line(words, line);
    --at_;
    if (!added) return pass(added);
  }
  return words;
}

Result<> TableReader::number(std::uint32_t& out, const Word& w, const char* what, std::uint64_t low) {
  auto n = base::parse_u64(w.text);
  if (!n || *n < low || *n > kMaxProcesses)
    return expected(w, std::string(what) + " processes from " + std::to_string(low) + " to " +
                           std::to_string(kMaxProcesses));
  out = static_cast<std::uint32_t>(*n);
  return {};
}

Result<> TableReader::columns(ServiceSpec& s, const std::vector<Word>& words) {
  s.name = words[0].text;
  s.program = words[1].text;
  if (!is_name(s.name)) return expected(words[0], "a name of lower-case letters, digits and '-'");
  if (!names_.insert(s.name).second)
    return wrong(words[0].line, "there is a service '" + s.name + "' already");
  bool plain = s.program.find('/') == std::string::npos && s.program[0] != '.' && s.program[0] != '-';
  if (!plain && s.program[0] != '/') return expected(words[1], "a program's file name or absolute path");
  if (auto ok = number(s.min, words[2], "minimum", 0); !ok) return ok;
  if (auto ok = number(s.max, words[3], "maximum", 1); !ok) return ok;
  if (s.max < s.min) return wrong(words[3].line, "the maximum of processes is below the minimum");
  if (words[4].text != "none") {
    s.clients = base::parse_u64(words[4].text);
    if (!s.clients || *s.clients < 1 || *s.clients > kMaxClients)
      return expected(words[4], "clients from 1 to " + std::to_string(kMaxClients) + ", or none");
  }
  if (words[5].text != "none") {
    s.memory = base::parse_size(words[5].text);
    if (!s.memory || *s.memory < kMinMemory || *s.memory > kMaxMemory)
      return expected(words[5], "memory such as 512M, from 16M to 16T, or none");
  }
  if (words[6].text.find_first_of("=:,/") != std::string_view::npos)
    return expected(words[6], "a user's name or '-'");
  if (words[6].text != "-") s.user = words[6].text;
  return {};
}

Result<> TableReader::time(std::uint64_t& out, const Word& w) {
  auto t = base::parse_duration(w.text.substr(5));
  if (!t || *t < 1 || *t > kMaxTime) return expected(w, "a time from 1s to 365d after the '='");
  out = *t;
  return {};
}

Result<> TableReader::listener(ServiceSpec& s, const Word& w) {
  if (s.listeners.size() >= kMaxListeners)
    return wrong(w.line, "a service may have " + std::to_string(kMaxListeners) + " listeners");
  auto l = parse_listener(w.text, s.name, run_dir_);
  if (!l) return wrong(w.line, l.error().what);
  for (const auto& a : l->addresses)
    if (!keys_.insert(a.key).second)
      return wrong(w.line, "the socket " + a.key + " stands in this file already");
  s.listeners.push_back(std::move(*l));
  return {};
}

Result<> TableReader::option(ServiceSpec& s, const std::vector<Word>& words, std::size_t& at) {
  if (s.options.size() >= kMaxOptions)
    return wrong(words[at].line, "a service may have " + std::to_string(kMaxOptions) + " options");
  auto text = ++at < words.size() ? words[at].text : std::string_view();
  auto eq = text.find('=');
  if (eq == text.npos || eq == 0 || text[0] == '-')
    return wrong(words[at - 1].line, "expected key=value after -o");
  auto key = text.substr(0, eq), value = text.substr(eq + 1);
  const auto* known = service::find_option(key);
  if (known && known->secret)
    return wrong(words[at].line, "a secret can't stand on a command line: '" + std::string(key) + "'");
  // A program of the admin's own may have keys that this table does not know.
  service::Config check;
  if (s.program[0] != '/') {
    if (auto ok = check.set(key, value, path_ + ":" + std::to_string(words[at].line)); !ok) return ok;
    if (!is_used_by(*known, s.program))
      return wrong(words[at].line, s.program + " does not use the key '" + std::string(key) + "'");
  }
  s.options.emplace_back(key, value);
  return {};
}

Result<> TableReader::word(ServiceSpec& s, const std::vector<Word>& words, std::size_t& at) {
  const Word& w = words[at];
  if (is_listener_word(w.text)) return listener(s, w);
  if (w.text == "-o") return option(s, words, at);
  if (w.text.starts_with("idle=")) return time(s.idle, w);
  if (w.text.starts_with("wake=")) return time(s.wake.emplace(), w);
  if (w.text != "backend")
    return expected(w, "a listener ([NAME=]inet:HOST:PORT or [NAME=]unix:PATH), backend, idle=, wake= or -o");
  s.backend = true;
  return {};
}

Result<ServiceSpec> TableReader::service(const std::vector<Word>& words) {
  if (words.size() < std::size(kColumns))
    return wrong(words.back().line, "expected '" + std::string(kColumns[words.size()]) + "' after '" +
                                        base::printable(words.back().text, 64) +
                                        "': name program min max clients memory user");
  ServiceSpec s;
  s.idle = kDefaultIdle;
  s.where = path_ + ":" + std::to_string(words[0].line);
  if (auto ok = columns(s, words); !ok) return pass(ok);
  for (std::size_t i = std::size(kColumns); i < words.size(); ++i)
    if (auto ok = word(s, words, i); !ok) return pass(ok);
  if (s.min == 0 && s.listeners.empty() && !s.wake)
    return wrong(words[0].line, "nothing would ever start '" + s.name +
                                    "': its minimum is 0 and it has no listener and no wake=");
  return s;
}

Table backends_first(const Table& all) {
  Table out;
  for (bool backend : {true, false})
    for (const auto& s : all.services)
      if (s.backend == backend) out.services.push_back(s);
  return out;
}

Result<Table> TableReader::read() {
  Table table;
  for (;;) {
    auto words = next_service();
    if (!words) return pass(words);
    if (words->empty()) break;
    auto s = service(*words);
    if (!s) return pass(s);
    if (table.services.size() >= kMaxServices)
      return fail(Fault::limit,
                  s->where + ": the table may have " + std::to_string(kMaxServices) + " services");
    table.services.push_back(std::move(*s));
  }
  if (table.services.empty()) return fail(Fault::permanent, path_ + ": expected at least one service");
  return backends_first(table);
}

bool group_exists(const std::string& name) {
  return name.empty() || ::getgrnam(name.c_str()) != nullptr;
}
bool user_exists(const std::string& name) {
  return name.empty() || ::getpwnam(name.c_str()) != nullptr;
}

}  // namespace

bool same_process(const ServiceSpec& a, const ServiceSpec& b) {
  return a.program == b.program && a.clients == b.clients && a.memory == b.memory && a.user == b.user &&
         a.options == b.options && a.listeners == b.listeners;
}

Result<Table> parse_table(std::string_view text, const std::string& path, const std::string& run_dir) {
  return TableReader(text, path, run_dir).read();
}

Result<std::string> find_program(const std::string& program, const std::string& bin_dir) {
  if (program[0] == '/') {
    if (::access(program.c_str(), X_OK) == 0) return program;
    return fail(Fault::permanent, "no program " + program);
  }
  for (const char* dir : {"/", "/../libexec/postern/"})
    if (auto path = bin_dir + dir + program; ::access(path.c_str(), X_OK) == 0) return path;
  return fail(Fault::permanent,
              "no program '" + program + "' in " + bin_dir + " or " + bin_dir + "/../libexec/postern");
}

Result<> check_users(const Table& table) {
  if (::geteuid() != 0) return {};
  for (const auto& s : table.services) {
    if (!user_exists(s.user)) return fail(Fault::permanent, s.where + ": there is no user '" + s.user + "'");
    for (const auto& l : s.listeners)
      for (const auto& a : l.addresses) {
        if (!user_exists(a.owner))
          return fail(Fault::permanent, s.where + ": there is no user '" + a.owner + "'");
        if (!group_exists(a.group))
          return fail(Fault::permanent, s.where + ": there is no group '" + a.group + "'");
      }
  }
  return {};
}

}  // namespace postern::master
