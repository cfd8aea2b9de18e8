// quickstart: a trial instance in one folder, no root needed, several side by side.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/file.h"
#include "base/text.h"
#include "cmd/postern/offline.h"
#include "cmd/postern/verbs.h"
#include "io/tls.h"

namespace postern::cli {
namespace {

using base::Result;

struct DaemonUser {
  const char* name;
  const char* groups;  // further ones, or none
};
constexpr DaemonUser kUsers[] = {{"postern-store", "postern,postern-deliver"},
                                 {"postern-auth", "postern,postern-deliver"},
                                 {"postern-lmtp", "postern-deliver,postern-tls"},
                                 {"postern-imap", "postern,postern-tls"},
                                 {"postern-pop3", "postern,postern-tls"},
                                 {"postern-jmap", "postern,postern-tls"},
                                 {"postern-sieved", ""},
                                 {"postern-sieve", "postern,postern-tls"},
                                 {"postern-run", ""},
                                 {"postern-search", ""},
                                 {"postern-index", "postern,postern-search"}};

int run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  pid_t pid = ::fork();
  if (pid == 0) {
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool in_group(const char* user, const std::string& group) {
  struct group* g = ::getgrnam(group.c_str());
  for (char** m = g ? g->gr_mem : nullptr; m && *m; ++m)
    if (std::string_view(*m) == user) return true;
  return false;
}

// Makes the daemons' users and groups where they are missing.
bool make_users() {
  for (const char* g : {"postern", "postern-deliver", "postern-tls"})
    if (!::getgrnam(g) && run({"groupadd", "--system", g}) != 0) return false;
  for (const auto& u : kUsers) {
    if (::getpwnam(u.name)) {
      for (auto g : base::split(u.groups, ','))
        if (!g.empty() && !in_group(u.name, std::string(g)) &&
            run({"usermod", "--append", "--groups", std::string(g), u.name}) != 0)
          return false;
      continue;
    }
    if (run({"useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", "/usr/sbin/nologin", "--groups", u.groups, u.name}) != 0)
      return false;
  }
  return true;
}

// May any user walk to `path`?
bool reachable(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    struct stat st{};
    if (::stat(path.substr(0, at).c_str(), &st) != 0 || !(st.st_mode & S_IXOTH)) return false;
  }
  return true;
}

struct Plan {
  std::string dir;  // absolute
  std::uint32_t base = 10000;
  std::string domain;
  std::vector<std::pair<std::string, std::string>> accounts;
  bool own_users = false;  // daemons run as postern-*
};

std::string port(const Plan& p, unsigned standard) {
  return std::to_string(p.base + standard);
}

std::string postern_conf(const Plan& p) {
  return "# postern.conf - written by postern quickstart; see postern.conf(5).\n"
         "quickstart = yes\n"
         "hostname = localhost\n"
         "default_domain = " +
         p.domain +
         "\n"
         "run_dir = " +
         p.dir +
         "/run\n"
         "var_dir = " +
         p.dir +
         "/var\n"
         "tls.certificate = cert.pem\n"
         "tls.key = key.pem\n"
         "\n# A trial instance allows passwords without TLS from this machine, and does not slow its "
         "failures.\n"
         "auth.clear_text = loopback\n"
         "auth.slow_loopback = no\n";
}

std::string master_conf(const Plan& p) {
  auto user = [&](const char* name) { return std::string(p.own_users ? name : "-"); };
  auto group = [&](const char* name) {
    return p.own_users ? std::string(",mode=0660,group=") + name : std::string(",mode=0600");
  };
  return "# master.conf - written by postern quickstart; see master.conf(5).\n"
         "# name   program  min max clients memory user\n"
         "stored   stored   1   1   none    none   " +
         user("postern-store") +
         "  backend\n"
         "         stored=unix:stored.sock" +
         group("postern") +
         "\n"
         "         stored-deliver=unix:stored-deliver.sock" +
         group("postern-deliver") +
         "\n"
         "         stored-search=unix:stored-search.sock,mode=0600" +
         (p.own_users ? ",owner=postern-search" : "") +
         "\n"
         "         stored-admin=unix:stored-admin.sock,mode=0600\n"
         "authd    authd    1   1   none    none   " +
         user("postern-auth") +
         "  backend\n"
         "         authd=unix:authd.sock" +
         group("postern") +
         "\n"
         "         authd-deliver=unix:authd-deliver.sock" +
         group("postern-deliver") +
         "\n"
         "         authd-index=unix:authd-index.sock,mode=0600" +
         (p.own_users ? ",owner=postern-index" : "") +
         "\n"
         "         authd-admin=unix:authd-admin.sock,mode=0600\n"
         "sieved   sieved   1   4   none    none   " +
         user("postern-sieved") +
         "  backend\n"
         "         sieved=unix:sieved.sock" +
         group("postern") +
         "\n"
         "         sieved-deliver=unix:sieved-deliver.sock" +
         group("postern-deliver") +
         "\n"
         "runner   runner   1   1   none    none   " +
         user("postern-run") +
         "  backend\n"
         "         runner=unix:runner.sock" +
         group("postern") +
         "\n"
         "         runner-deliver=unix:runner-deliver.sock" +
         group("postern-deliver") +
         "\n"
         "searchd  searchd  1   1   none    none   " +
         user("postern-search") +
         "  backend\n"
         "         searchd=unix:search.sock" +
         group("postern") +
         "\n"
         "indexer  indexer  1   1   none    none   " +
         user("postern-index") +
         "\n"
         "         indexer=unix:indexer.sock,mode=0600\n"
         "lmtpd    lmtpd    1   4   1000    none   " +
         user("postern-lmtp") +
         "\n"
         "         lmtp=inet:loopback:" +
         port(p, 24) +
         "\n"
         "         lmtp-unix=unix:lmtp.sock,mode=0666\n"
         "imapd    imapd    1   4   5000    none   " +
         user("postern-imap") +
         "\n"
         "         imap=inet:*:" +
         port(p, 143) +
         "\n"
         "         imaps=inet:*:" +
         port(p, 993) +
         ",tls\n"
         "pop3d    pop3d    1   1   5000    none   " +
         user("postern-pop3") +
         "\n"
         "         pop3=inet:*:" +
         port(p, 110) +
         "\n"
         "         pop3s=inet:*:" +
         port(p, 995) +
         ",tls\n"
         "managesieved managesieved 1 4 1000 none " +
         user("postern-sieve") +
         "\n"
         "         sieve=inet:*:" +
         port(p, 4190) +
         "\n"
         "jmapd    jmapd    1   4   5000    none   " +
         user("postern-jmap") +
         "\n"
         "         http=inet:*:" +
         port(p, 80) +
         "\n"
         "         https=inet:*:" +
         port(p, 443) + ",tls\n";
}

Result<> own(const std::string& path, const char* user, const char* group, mode_t mode) {
  passwd* u = ::getpwnam(user);
  struct group* g = ::getgrnam(group);
  if (!u || !g) return base::fail(base::Fault::permanent, std::string("no user ") + user);
  if (::chown(path.c_str(), u->pw_uid, g->gr_gid) != 0 || ::chmod(path.c_str(), mode) != 0)
    return std::unexpected(base::sys_error(path));
  return {};
}

// One folder of var/ for each daemon that writes.
Result<> make_folders(const Plan& p) {
  for (const char* sub : {"", "/etc", "/run", "/log", "/var", "/var/store", "/var/directory", "/var/spool", "/var/fts"})
    if (auto ok = base::make_dirs(p.dir + sub); !ok) return ok;
  if (!p.own_users) {
    for (const char* sub : {"/run", "/var"}) ::chmod((p.dir + sub).c_str(), 0700);
    return {};
  }
  if (auto ok = own(p.dir + "/var/store", "postern-store", "postern", 0750); !ok) return ok;
  if (auto ok = own(p.dir + "/var/directory", "postern-auth", "postern-auth", 0711); !ok) return ok;
  // Who writes the indexes is in this group; what is made there belongs to it.
  if (auto ok = own(p.dir + "/var/fts", "postern-search", "postern-search", 02770); !ok) return ok;
  // Messages on their way in: files without a name, so the folder may be shared.
  return ::chmod((p.dir + "/var/spool").c_str(), 01777) == 0
             ? Result<>{}
             : std::unexpected(base::sys_error(p.dir + "/var/spool"));
}

Result<> write_files(const Plan& p) {
  auto cert = io::make_self_signed({"localhost", "127.0.0.1", p.domain}, 3650);
  if (!cert) return pass(cert);
  if (auto ok = base::write_file(p.dir + "/etc/cert.pem", cert->cert_pem); !ok) return ok;
  if (auto ok = base::write_file(p.dir + "/etc/key.pem", cert->key_pem, 0600); !ok) return ok;
  // Daemons read it before they change their user, and at a reload after that.
  if (p.own_users)
    if (auto ok = own(p.dir + "/etc/key.pem", "root", "postern-tls", 0640); !ok) return ok;
  if (auto ok = base::write_file(p.dir + "/etc/master.conf", master_conf(p)); !ok) return ok;
  return base::write_file(p.dir + "/etc/postern.conf", postern_conf(p));
}

Result<> add_accounts(Context& parent, const Plan& p) {
  Context c(p.dir + "/etc", parent.verb(), {}, {});
  std::vector<std::string> domains{p.domain};
  for (const auto& [name, secret] : p.accounts)
    if (auto at = name.rfind('@'); at != std::string::npos) domains.push_back(name.substr(at + 1));
  for (const auto& d : domains) {
    authd::Request r;
    r.mutable_put_domain()->set_name(d);
    r.mutable_put_domain()->set_create(true);
    if (auto ok = c.authd(r); !ok && ok.error().code != "EXISTS") return pass(ok);
  }
  for (const auto& [name, secret] : p.accounts) {
    authd::Request r;
    r.mutable_put_account()->set_name(name);
    r.mutable_put_account()->set_create(true);
    r.mutable_put_account()->set_secret(secret);
    if (auto ok = c.authd(r); !ok) return pass(ok);
  }
  return {};
}

std::uint32_t base_port_of(const service::Config& config) {
  auto text = base::read_file(config.conf_path("master.conf"));
  auto at = text ? text->find("imap=inet:*:") : std::string::npos;
  if (at == std::string::npos) return 10000;
  auto number = std::string_view(*text).substr(at + 12);
  return base::parse_u32(number.substr(0, number.find_first_not_of("0123456789"))).value_or(10143) - 143;
}

int hints(Context& c) {
  if (!c.config()) return kBadConfig;
  auto base = base_port_of(*c.config());
  auto at = [&](unsigned p) { return std::to_string(base + p); };
  std::string who = "alice@example.org";
  std::string names;
  authd::Request r;
  r.mutable_list()->set_kind("account");
  bool first = true;
  auto listed = c.authd_items(r, [&](const authd::Reply& reply) {
    for (const auto& e : reply.entries().entries()) {
      if (std::exchange(first, false)) who = e.name();
      names += " " + e.name();
    }
  });
  if (!listed) return c.fail(listed.error());
  c.out("Postern: " + c.conf_dir() + "\n  accounts " + names + "\n  ports     imap " + at(143) + ", imaps " +
        at(993) + ", pop3 " + at(110) + ", pop3s " + at(995) + ", sieve " + at(4190) + ", http " + at(80) + ", https " + at(443) + ", lmtp " + at(24) +
        "\n  try       (passwords as given to quickstart; `make run` uses \"secret\")\n" +
        "    curl -s --url 'imap://localhost:" + at(143) + "/INBOX' -u " + who +
        ":secret -X 'STATUS INBOX (MESSAGES)'\n" + "    curl -s -u " + who +
        ":secret http://localhost:" + at(80) + "/.well-known/jmap -L\n" + "    " + program_folder() +
        "/postern -C " + c.conf_dir() + " import mbox --account " + who + " FILE.mbox\n" + "    " + program_folder() +
        "/postern -C " + c.conf_dir() + " sieve put --account " + who + " NAME FILE.sieve --activate\n");
  return kOk;
}

}  // namespace

int quickstart(Context& c) {
  if (c.has("--hints")) return hints(c);
  Plan p;
  auto dir = c.value("--dir");
  if (!dir || dir->empty() || !c.args().empty()) return c.usage("quickstart needs --dir DIR");
  if (auto n = c.value("--base-port")) {
    auto v = base::parse_u32(*n);
    if (!v || *v > 50000) return c.usage("--base-port: expected a number up to 50000");
    p.base = *v;
  }
  for (const auto& a : c.values("--account")) {
    auto eq = a.find('=');
    if (eq == std::string::npos || a.find('@') >= eq)
      return c.usage("--account: expected NAME@DOMAIN=PASSWORD");
    p.accounts.emplace_back(a.substr(0, eq), a.substr(eq + 1));
  }
  p.domain =
      c.value("--domain")
          .value_or(p.accounts.empty() ? "example.org"
                                       : p.accounts[0].first.substr(p.accounts[0].first.rfind('@') + 1));
  if (auto ok = base::make_dirs(*dir); !ok) return c.fail(ok.error());
  char full[4096];
  if (!::realpath(dir->c_str(), full)) return c.fail(base::sys_error(*dir));
  p.dir = full;
  if (::access((p.dir + "/etc/postern.conf").c_str(), F_OK) == 0) {
    c.error(p.dir + " holds an instance already; remove it or choose another folder");
    return kCantCreate;
  }
  if (::geteuid() == 0) {
    p.own_users = reachable(p.dir) && reachable(find_program("stored")) && make_users();
    if (!p.own_users)
      c.error("note: the users postern-* can't reach " + p.dir +
              " or the programs; all daemons will run as this folder's owner");
  }
  if (auto ok = make_folders(p); !ok) return c.fail(ok.error());
  if (auto ok = write_files(p); !ok) return c.fail(ok.error());
  if (auto ok = add_accounts(c, p); !ok) return c.fail(ok.error());
  return kOk;
}

}  // namespace postern::cli
