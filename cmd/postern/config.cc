// config: effective settings, as postconf prints them, and the check before a reload.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/offline.h"
#include "cmd/postern/sieve_file.h"
#include "cmd/postern/verbs.h"
#include "service/sieve_events.h"

namespace postern::cli {
namespace {

// master knows its own file: `master -t` checks it.
int check_master(Context& c) {
  std::string program = find_program("master"), conf = "-C" + c.conf_dir(), test = "-t", name = "master";
  pid_t pid = ::fork();
  if (pid == 0) {
    char* argv[] = {name.data(), conf.data(), test.data(), nullptr};
    ::execv(program.c_str(), argv);
    ::_exit(127);
  }
  int st = 0;
  ::waitpid(pid, &st, 0);
  return WIFEXITED(st) && WEXITSTATUS(st) == 0 ? kOk : kBadConfig;
}

// The administrator's scripts, as their programs will read them.
bool check_scripts(Context& c) {
  const service::Config& conf = *c.config();
  std::vector<std::pair<std::string, ScriptPlace>> scripts;
  for (const char* key : {"sieve.before", "sieve.default", "sieve.after"})
    for (const std::string& path : conf.list(key)) scripts.emplace_back(conf.conf_path(path), ScriptPlace::delivery);
  if (auto rules = service::parse_sieve_events(conf.text("imap.sieve_event")))
    for (const auto& rule : *rules) scripts.emplace_back(conf.conf_path(rule.script), ScriptPlace::imap);
  std::error_code none;
  if (std::string dir = conf.text("sieve.global_dir"); !dir.empty())
    for (const auto& file : std::filesystem::directory_iterator(conf.conf_path(dir), none))
      if (file.path().extension() == ".sieve") scripts.emplace_back(file.path(), ScriptPlace::both);
  bool good = true;
  for (const std::string& name : conf.list("sieve.extensions_off"))
    if (!sieve::find_extension(name)) {
      c.error("sieve.extensions_off: there is no extension \"" + base::printable(name, 60) + "\"");
      good = false;
    }
  for (const auto& [path, place] : scripts) {
    auto text = read_script(c, path);
    good = text && compile_script(c, path, *text, script_options(place)) && good;
  }
  return good;
}

}  // namespace

int config(Context& c) {
  const auto* conf = c.config();
  if (!conf) return kBadConfig;
  if (c.has("--check")) {
    int status = check_master(c);
    return check_scripts(c) ? status : kBadConfig;
  }
  boost::json::object out;
  std::vector<std::string> wanted = c.args();
  for (const auto& key : wanted)
    if (!service::find_option(key)) return c.usage("no such key: " + key);
  for (const auto& o : service::options()) {
    std::string name(o.name);
    if (o.secret || (c.has("-n") && conf->is_default(name))) continue;
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) continue;
    if (c.json())
      out[name] = conf->raw(name);
    else
      for (auto row : base::split(conf->raw(name), '\n')) c.out(name + " = " + std::string(row) + "\n");
  }
  if (c.json()) print_json(c, out);
  return kOk;
}

}  // namespace postern::cli
