// privileges: what each running process holds, and whether that is what its man page says.
#include <linux/landlock.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cstdio>

#include "base/file.h"
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/offline.h"
#include "cmd/postern/verbs.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxProcFile = 64u << 10;
constexpr std::size_t kMaxTrialOutput = 64u << 10;

struct Held {
  std::string service;
  std::uint32_t pid = 0;
  std::string user;
  std::uint64_t capabilities = 0;  // effective or permitted
  bool no_new_privs = false, seccomp = false, landlock = false;
  std::string files, core;         // soft limits
  std::vector<std::string> differs;
};

// The first word after "\nLABEL" in a file of /proc.
std::string field(const std::string& text, std::string_view label) {
  auto at = text.find("\n" + std::string(label));
  if (at == text.npos) return {};
  std::string_view rest = std::string_view(text).substr(at + 1 + label.size());
  auto words = base::split_blank(rest.substr(0, rest.find('\n')));
  return words.empty() ? std::string() : std::string(words[0]);
}

std::string user_name(const std::string& uid) {
  auto n = base::parse_u32(uid);
  const passwd* entry = n ? ::getpwuid(*n) : nullptr;
  return entry ? entry->pw_name : uid;
}

base::Result<Held> look_at(const std::string& service, std::uint32_t pid) {
  std::string dir = "/proc/" + std::to_string(pid);
  auto status = base::read_file(dir + "/status", kMaxProcFile);
  auto limits = base::read_file(dir + "/limits", kMaxProcFile);
  if (!status) return base::pass(status);
  if (!limits) return base::pass(limits);
  Held h{.service = service, .pid = pid, .user = user_name(field(*status, "Uid:"))};
  for (const char* set : {"CapEff:", "CapPrm:"})
    h.capabilities |= std::strtoull(field(*status, set).c_str(), nullptr, 16);
  h.no_new_privs = field(*status, "NoNewPrivs:") == "1";
  h.seccomp = field(*status, "Seccomp:") == "2";
  h.files = field(*limits, "Max open files");
  h.core = field(*limits, "Max core file size");
  return h;
}

bool kernel_has_landlock() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

// What every daemon's page says under "What it may do".
void compare(Held& h, const std::string& user) {
  auto want = [&](bool held, const char* what) {
    if (!held) h.differs.emplace_back(what);
  };
  want(user.empty() || h.user == user, "it does not run as the user of master.conf");
  want(h.capabilities == 0 || user.empty(), "it holds capabilities");
  want(h.no_new_privs, "it may gain privileges (no_new_privs is not set)");
  want(h.seccomp, "no seccomp filter");
  want(h.landlock || !kernel_has_landlock(), "no Landlock");
  // 1 is what sanitizers set: it stops a core that would go to a pipe, too.
  want(h.core == "0" || h.core == "1", "it may write core dumps");
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Starts the program once more, inside its sandbox, and has it try to get out.
void break_out(Context& c, Held& h, const std::string& program, const std::string& user) {
  std::string command = quoted(program) + " -C " + quoted(c.config()->dir()) + " --prove-sandbox";
  if (!user.empty()) command += " --user=" + quoted(user);
  std::unique_ptr<FILE, int (*)(FILE*)> out(::popen((command + " 2>&1 </dev/null").c_str(), "r"), ::pclose);
  if (!out) return h.differs.push_back("its sandbox could not be tried");
  std::string text(kMaxTrialOutput, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), out.get()));
  bool tried = false;
  for (auto line : base::split(text, '\n')) {
    auto words = base::split(line, '\t');
    tried = tried || (words.size() == 3 && words[0] == "refused");
    if (words.size() == 3 && words[0] == "allowed")
      h.differs.push_back("its sandbox let it " + std::string(words[1]));
  }
  if (!tried) h.differs.push_back("its sandbox could not be tried: " + base::printable(text, 200));
}

json::object held_json(const Held& h) {
  json::array differs;
  for (const auto& d : h.differs) differs.emplace_back(d);
  return {{"service", h.service},           {"pid", h.pid},         {"user", h.user},
          {"capabilities", h.capabilities}, {"seccomp", h.seccomp}, {"no_new_privs", h.no_new_privs},
          {"landlock", h.landlock},         {"files", h.files},     {"core", h.core},
          {"differs", differs}};
}

std::vector<std::string> held_row(const Held& h) {
  auto yes = [](bool b) { return std::string(b ? "yes" : "no"); };
  std::string caps = h.capabilities ? std::to_string(std::popcount(h.capabilities)) : "none";
  return {h.service, std::to_string(h.pid), h.user, caps, yes(h.no_new_privs), yes(h.seccomp), yes(h.landlock), h.files, h.core};
}

}  // namespace

int privileges(Context& c) {
  if (!c.config()) return kBadConfig;
  control::Request r;
  r.mutable_status();
  auto reply = c.master(r);
  if (!reply) {
    c.error(reply.error().what);
    return kCouldNotLook;
  }
  std::vector<Held> all;
  auto master = look_at("master", reply->services().pid());
  if (!master) return c.fail(master.error());
  all.push_back(std::move(*master));
  for (const auto& s : reply->services().services())
    for (const auto& p : s.processes()) {
      auto held = look_at(s.name(), p.pid());
      if (!held) continue;  // it has ended meanwhile
      held->landlock = p.counters().contains("sandbox.landlock");
      std::string user = user_of(*c.config(), s.program().substr(s.program().rfind('/') + 1));
      if (c.has("--check")) {
        compare(*held, user);
        break_out(c, *held, s.program().starts_with('/') ? s.program() : find_program(s.program()), user);
      }
      all.push_back(std::move(*held));
    }
  bool differs = false;
  json::array out;
  TextTable t;
  t.row({"SERVICE", "PID", "USER", "CAPS", "NO_NEW_PRIVS", "SECCOMP", "LANDLOCK", "FILES", "CORE"});
  for (const Held& h : all) {
    differs = differs || !h.differs.empty();
    out.push_back(held_json(h));
    t.row(held_row(h));
  }
  if (c.json())
    print_json(c, out);
  else if (!c.has("--check"))
    t.print(c);
  for (const Held& h : all)
    for (const auto& d : h.differs)
      if (!c.json()) c.out(h.service + " (pid " + std::to_string(h.pid) + "): " + d + "\n");
  return differs ? kFound : kOk;
}

}  // namespace postern::cli
