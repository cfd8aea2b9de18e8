// sieve check, compile: scripts in files, without a server.
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cmd/postern/json.h"
#include "cmd/postern/sieve_file.h"
#include "cmd/postern/verbs.h"
#include "sieve/program.h"

namespace postern::cli {
namespace {

boost::json::array to_json(const std::vector<sieve::Diagnostic>& list) {
  boost::json::array out;
  for (const auto& d : list)
    out.push_back({{"line", d.line}, {"column", d.column}, {"what", d.what}, {"expected", d.expected}});
  return out;
}

// One script; nothing when it could not be read.
std::optional<bool> check_one(Context& c, const std::string& path, boost::json::array& rows) {
  auto text = read_script(c, path);
  if (!text) return std::nullopt;
  if (!c.json()) return compile_script(c, path, *text, sieve_options(c)).has_value();
  auto r = sieve::compile(*text, sieve_options(c));
  rows.push_back({{"script", path},
                  {"valid", r.has_value()},
                  {"errors", to_json(r ? std::vector<sieve::Diagnostic>() : r.error().errors)},
                  {"warnings", to_json(r ? r->warnings : r.error().warnings)}});
  return r.has_value();
}

std::string listing(const sieve::Program& p) {
  std::string out;
  auto text = [&p](std::uint32_t s) {
    std::string one;
    for (const sieve::Piece& piece : p.strings[s]) {
      switch (piece.kind) {
        case sieve::Piece::Kind::text:
          one += base::printable(piece.text, 120);
          break;
        case sieve::Piece::Kind::local:
          one += "${" + p.variables[piece.index] + "}";
          break;
        case sieve::Piece::Kind::global:
          one += "${global." + piece.text + "}";
          break;
        case sieve::Piece::Kind::match:
          one += "${" + std::to_string(piece.index) + "}";
          break;
        case sieve::Piece::Kind::environment:
          one += "${env." + piece.text + "}";
          break;
      }
    }
    return "\"" + one + "\"";
  };
  for (std::size_t n = 0; n < p.code.size(); ++n) {
    const sieve::Instruction& i = p.code[n];
    out += std::to_string(n) + "\t" + std::to_string(i.line) + "\t" + std::string(sieve::name_of(i.op));
    if (i.target) out += " -> " + std::to_string(i.target);
    for (const sieve::Argument& a : i.arguments) {
      out += a.strings.empty() ? " " + std::to_string(a.number) : "";
      for (std::uint32_t s : a.strings) out += " " + text(s);
    }
    out += "\n";
  }
  return out;
}

}  // namespace

std::optional<std::string> read_script(Context& c, const std::string& path) {
  constexpr std::size_t kMax = 64u << 20;
  auto r = base::read_file(path == "-" ? "/dev/stdin" : path, kMax);
  if (r) return std::move(*r);
  c.error(r.error().what);
  return std::nullopt;
}

sieve::CompileOptions script_options(ScriptPlace place) {
  sieve::CompileOptions o;
  o.extensions = sieve::available({.delivery = place != ScriptPlace::imap, .imap_events = place != ScriptPlace::delivery, .commands = true});
  o.notify = {true, true, true};
  return o;
}

sieve::CompileOptions sieve_options(Context& c) {
  return script_options(c.has("--imap") ? ScriptPlace::imap : ScriptPlace::delivery);
}

void say(Context&, const std::string& path, const sieve::Diagnostic& d, bool is_warning) {
  std::string line = (path == "-" ? "standard input" : path) + ":" + std::to_string(d.line) + ":" + std::to_string(d.column) + ": " +
                     (is_warning ? "warning: " : "error: ") + d.what + (d.expected.empty() ? "" : "; expected " + d.expected);
  std::fprintf(stderr, "%s\n", line.c_str());
}

std::optional<sieve::Program> compile_script(Context& c, const std::string& path, std::string_view text, const sieve::CompileOptions& options) {
  auto r = sieve::compile(text, options);
  if (!r)
    for (const auto& d : r.error().errors) say(c, path, d, false);
  for (const auto& d : r ? r->warnings : r.error().warnings) say(c, path, d, true);
  if (!r) return std::nullopt;
  return std::move(r->program);
}

int sieve_check(Context& c) {
  if (c.args().empty()) return c.usage("which script?");
  boost::json::array rows;
  int status = kOk;
  for (const std::string& path : c.args()) {
    auto valid = check_one(c, path, rows);
    if (!valid) return kNoInput;
    if (!*valid) status = kFound;
  }
  if (c.json()) print_json(c, rows);
  return status;
}

int sieve_compile(Context& c) {
  if (c.args().size() != 1) return c.usage("which script?");
  auto text = read_script(c, c.args()[0]);
  if (!text) return kNoInput;
  auto program = compile_script(c, c.args()[0], *text, sieve_options(c));
  if (!program) return kFound;
  auto out = c.value("--output");
  if (!out) {
    c.out(listing(*program));
    return kOk;
  }
  auto written = base::write_file(*out, sieve::serialize(*program));
  return written ? kOk : c.fail(written.error());
}

}  // namespace postern::cli
