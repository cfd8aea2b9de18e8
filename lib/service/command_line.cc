#include "service/command_line.h"

#include "base/text.h"
#include "service/options.h"

namespace postern::service {
namespace {

bool uses(const Option& o, std::string_view program) {
  if (o.secret) return false;
  for (auto p : base::split_blank(o.programs))
    if (p == "all" || p == program) return true;
  return false;
}

base::Result<> take(CommandLine& c, std::string_view program, std::string key, std::string value) {
  auto wrong = [&](const char* what) { return base::fail(base::Fault::permanent, "--" + key + ": " + what); };
  if (key == "service") {
    c.service = value;
  } else if (key == "user") {
    c.user = value;
  } else if (key == "clients") {
    auto n = value == "none" ? std::optional(kNone) : base::parse_u64(value);
    if (!n || *n == 0) return wrong("expected a number of clients, or none");
    c.clients = *n;
  } else if (const Option* o = find_option(key); o && uses(*o, program)) {
    c.settings.emplace_back(key, value);
  } else {
    return wrong("no such option; --help lists them");
  }
  return {};
}

}  // namespace

base::Result<CommandLine> parse_command_line(int argc, char** argv, std::string_view program) {
  CommandLine c;
  for (int i = 1; i < argc; ++i) {
    std::string_view a = argv[i];
    if (a == "-C" && i + 1 < argc) {
      c.conf_dir = argv[++i];
    } else if (a.starts_with("-C") && a.size() > 2) {
      c.conf_dir = a.substr(2);
    } else if (a == "--help" || a == "-h") {
      c.help = true;
    } else if (a == "--version") {
      c.version = true;
    } else if (a == "--inetd") {
      c.inetd = true;
    } else if (a == "--prove-sandbox") {
      c.prove_sandbox = true;
    } else if (a.starts_with("--") && a.find('=') != std::string_view::npos) {
      auto eq = a.find('=');
      if (auto ok = take(c, program, std::string(a.substr(2, eq - 2)), std::string(a.substr(eq + 1))); !ok) return pass(ok);
    } else {
      return base::fail(base::Fault::permanent, "unexpected argument '" + base::printable(a, 64) + "'; --help explains");
    }
  }
  return c;
}

std::string help_text(std::string_view program, std::string_view summary, bool inetd) {
  std::string out = "usage: " + std::string(program) + " [-C DIR]" + (inetd ? " [--inetd]" : "") + " [--KEY=VALUE]...\n";
  out += std::string(summary) + "\n\n  -C DIR       configuration folder (/etc/postern)\n";
  if (inetd) out += "  --inetd      serve the one connection on descriptors 0 and 1\n";
  out += "  --help       this text\n  --version    the version\n\nOptions of postern.conf(5), here as --KEY=VALUE:\n";
  for (const auto& o : options()) {
    if (!uses(o, program)) continue;
    std::string name = "  --" + std::string(o.name) + "=" + std::string(o.fallback);
    out += name + (name.size() < 38 ? std::string(38 - name.size(), ' ') : "\n" + std::string(38, ' ')) + std::string(o.help) + "\n";
  }
  return out;
}

}  // namespace postern::service
