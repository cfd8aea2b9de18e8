#include "cmd/postern/dispatch.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "base/nearest.h"
#include "base/text.h"
#include "cmd/postern/context.h"
#include "cmd/postern/offline.h"
#include "service/command_line.h"

namespace postern::cli {
namespace {

constexpr OptionRow kEverywhere[] = {{"--help", "", "show this help"}};

const OptionRow* find_row(const Verb& v, std::string_view name) {
  for (const auto& o : v.options)
    if (o.name == name) return &o;
  for (const auto& o : kEverywhere)
    if (o.name == name) return &o;
  return nullptr;
}

std::string padded(std::string s, std::size_t width) {
  if (s.size() < width)
    s.append(width - s.size(), ' ');
  else
    s += ' ';
  return s;
}

std::string help_of(const Verb& v) {
  std::string out = "usage: postern [-C DIR] " + std::string(v.name) + " " + std::string(v.arguments) + "\n" +
                    std::string(v.help) + "\n";
  if (!v.options.empty()) out += "\n";
  for (const auto& o : v.options) {
    std::string name = std::string(o.name) + (o.value.empty() ? "" : " " + std::string(o.value));
    out += "  " + padded(name, 26) + std::string(o.help) + "\n";
  }
  return out;
}

std::string help_of_all() {
  std::string out =
      "usage: postern [-C DIR] VERB [ARGUMENTS]\nAdministers a Postern mail server; -C names its "
      "configuration (/etc/postern).\n\n";
  for (const auto& v : verbs()) out += "  " + padded(std::string(v.name), 18) + std::string(v.help) + "\n";
  return out + "\n`postern VERB --help` says more, postern(1) everything.\n";
}

// The verb whose words begin `words`; the longest one wins.
const Verb* find_verb(const std::vector<std::string>& words, std::size_t& used) {
  const Verb* best = nullptr;
  for (const auto& v : verbs()) {
    auto parts = base::split_blank(v.name);
    if (parts.size() > words.size() || parts.size() <= (best ? used : 0)) continue;
    if (!std::equal(parts.begin(), parts.end(), words.begin())) continue;
    best = &v;
    used = parts.size();
  }
  return best;
}

// git's way: anybody can add a verb by a program named postern-VERB.
void run_external(const std::string& conf, const std::vector<std::string>& words) {
  std::string name = "postern-" + words[0];
  if (name.find('/') != std::string::npos) return;
  ::setenv("POSTERN_CONF", conf.c_str(), 1);
  std::vector<char*> argv{name.data()};
  for (std::size_t i = 1; i < words.size(); ++i) argv.push_back(const_cast<char*>(words[i].c_str()));
  argv.push_back(nullptr);
  ::execv((program_folder() + "/../libexec/postern/" + name).c_str(), argv.data());
  ::execvp(name.c_str(), argv.data());
}

int unknown_verb(const std::vector<std::string>& words) {
  std::string same_group;
  for (const auto& v : verbs())
    if (v.name.starts_with(words[0] + " "))
      same_group += "\n  postern " + std::string(v.name) + " " + std::string(v.arguments);
  if (!same_group.empty()) {
    bool asked = std::ranges::find(words, "--help") != words.end();
    std::fprintf(asked ? stdout : stderr, "usage:%s\n", same_group.c_str());
    return asked ? kOk : kUsage;
  }
  std::vector<std::string_view> firsts;
  for (const auto& v : verbs()) firsts.push_back(v.name.substr(0, v.name.find(' ')));
  std::string_view meant = base::nearest(words[0], firsts);
  std::fprintf(stderr, "postern: no verb '%s'; %s\n", base::printable(words[0], 60).c_str(),
               meant.empty() ? "postern --help lists them" : ("did you mean " + std::string(meant) + "?").c_str());
  return kUsage;
}

int run_verb(const std::string& conf, const Verb& v, std::span<const std::string> rest) {
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> options;
  bool only_args = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const std::string& a = rest[i];
    if (only_args || a == "-" || a.empty() || a[0] != '-') {
      args.push_back(a);
      continue;
    }
    if (a == "--") {
      only_args = true;
      continue;
    }
    auto eq = a.starts_with("--") ? a.find('=') : std::string::npos;
    auto name = a.substr(0, eq);
    const OptionRow* row = find_row(v, name);
    if (!row || (row->value.empty() && eq != std::string::npos) ||
        (!row->value.empty() && eq == std::string::npos && i + 1 == rest.size())) {
      std::fprintf(stderr, "postern: %s: %s\n%s", name.c_str(),
                   row ? "needs or takes no value" : "no such option", help_of(v).c_str());
      return kUsage;
    }
    if (row->value.empty())
      options.emplace_back(name, "");
    else
      options.emplace_back(name, eq != std::string::npos ? a.substr(eq + 1) : rest[++i]);
  }
  Context c(conf, v, std::move(args), std::move(options));
  if (c.has("--help")) {
    c.out(help_of(v));
    return kOk;
  }
  return v.run(c);
}

}  // namespace

int dispatch(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  std::string conf = "/etc/postern";
  while (!words.empty() && words[0].starts_with("-C")) {
    bool joined = words[0].size() > 2;
    if (!joined && words.size() < 2) break;
    conf = joined ? words[0].substr(2) : words[1];
    words.erase(words.begin(), words.begin() + (joined ? 1 : 2));
  }
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    std::fputs(help_of_all().c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? kUsage : kOk;
  }
  if (words[0] == "--version") {
    std::printf("postern (Postern) %s\n", std::string(service::kVersion).c_str());
    return kOk;
  }
  std::size_t used = 0;
  const Verb* v = find_verb(words, used);
  if (v) {
    int status = run_verb(conf, *v, std::span(words).subspan(used));
    if (std::fflush(stdout) != 0 && status == kOk) status = kIoError;
    return status;
  }
  run_external(conf, words);
  return unknown_verb(words);
}

}  // namespace postern::cli
