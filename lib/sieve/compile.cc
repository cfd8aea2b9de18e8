// The compiler: binds arguments to a command's signature, checks them, emits instructions.
#include "sieve/compile.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest.h"
#include "base/text.h"
#include "sieve/check.h"
#include "sieve/names.h"
#include "sieve/parser.h"
#include "sieve/strings.h"
#include "sieve/suite_spelling.h"

namespace postern::sieve {
namespace {

using ArgKind = SyntaxArgument::Kind;
using Patches = std::vector<std::size_t>;  // jumps whose target isn't known yet

struct Loop {
  std::string name;  // lower case; empty for none
  Patches breaks;
};

class Compiler {
 public:
  Compiler(const CompileOptions& options, Diagnostics& diagnostics)
      : options_(options), diagnostics_(diagnostics), checker_(program_, options, diagnostics) {
    add(program_.extensions, Ext::base);
    add(program_.extensions, Ext::comparator_casemap);
    add(program_.extensions, Ext::comparator_octet);
  }

  Program script(const std::vector<Syntax>& commands) {
    block(commands);
    emit(Op::stop, {0, 0});  // no line: the script's end, not a command
    return std::move(program_);
  }

 private:
  // --- small ones
  bool on(Ext e) const { return has(program_.extensions, e); }
  // With ihave, what isn't known is an error only when it runs (RFC 5463 4).
  bool lenient() const { return on(Ext::ihave); }
  std::size_t here() const { return program_.code.size(); }
  std::size_t emit(Op op, TextPlace at, std::vector<Argument> arguments = {}) {
    program_.code.push_back({op, at.line, 0, std::move(arguments)});
    return here() - 1;
  }
  void land(const Patches& jumps) {
    for (std::size_t j : jumps) program_.code[j].target = static_cast<std::uint32_t>(here());
  }
  void error(TextPlace at, std::string what, std::string expected = {}) {
    diagnostics_.error(at, std::move(what), std::move(expected));
  }
  static std::string quoted(std::string_view s) { return "\"" + base::printable(s, 64) + "\""; }
  // An error now, or when it runs where `ihave` may avoid it.
  void unknown(TextPlace at, std::string what, std::string expected) {
    if (!lenient()) return error(at, std::move(what), std::move(expected));
    Argument message{Slot::reason, 0, {intern(Template{Piece{Piece::Kind::text, 0, std::move(what)}})}};
    emit(Op::unsupported, at, {std::move(message)});
  }

  // What was expected where `written` is: the name that it is like, or all of them.
  static std::string one_of(std::string_view written, const std::vector<std::string_view>& names) {
    if (auto name = base::nearest(written, names); !name.empty()) return quoted(name);
    std::string out = "one of:";
    for (std::string_view name : names) out += " " + std::string(name);
    return out;
  }
  std::string command_like(std::string_view written, bool as_test) const {
    std::vector<std::string_view> names;
    if (as_test) names = {"allof", "anyof", "not", "true", "false"};
    else names = {"if", "elsif", "else", "require", "stop"};
    for (const Command& c : command_table())
      if (has(options_.extensions, c.ext) && find_command(c.name, as_test)) names.push_back(c.name);
    auto name = base::nearest(written, names);
    return !name.empty() ? quoted(name) : as_test ? "a test" : "a command";
  }
  std::vector<std::string_view> extensions() const {
    std::vector<std::string_view> out;
    for (const Extension& e : extension_table())
      if (has(options_.extensions, e.ext)) out.push_back(e.name);
    return out;
  }
  std::vector<std::string_view> tags_of(const Command& c) const {
    std::vector<std::string_view> out;
    for (auto group : c.tags)
      for (const Tag& t : group)
        if (has(options_.extensions, t.ext)) out.push_back(t.name);
    return out;
  }

  // --- strings
  std::uint32_t intern(Template t) {
    if (auto text = constant(t)) {
      auto [it, is_new] =
          constants_.try_emplace(std::string(*text), static_cast<std::uint32_t>(program_.strings.size()));
      if (is_new) program_.strings.push_back(std::move(t));
      return it->second;
    }
    program_.strings.push_back(std::move(t));
    return static_cast<std::uint32_t>(program_.strings.size() - 1);
  }

  base::Result<Piece> resolve(std::string_view name) {
    using Kind = Piece::Kind;
    if (base::is_digit(name[0])) {
      auto n = base::parse_u32(name);
      if (!n || *n >= kMatchVariables)
        return base::fail(base::Fault::permanent,
                          "there is no match variable ${" + base::printable(name, 16) + "}");
      return Piece{Kind::match, *n, ""};
    }
    std::string lower = base::to_lower(name);
    auto dot = lower.find('.');
    if (dot == lower.npos) return local_or_global(lower);
    std::string_view space = std::string_view(lower).substr(0, dot),
                     rest = std::string_view(lower).substr(dot + 1);
    if (space == "global" && on(Ext::include) && valid_variable_name(rest))
      return Piece{Kind::global, 0, std::string(rest)};
    if (space == "env" && on(Ext::dovecot_environment)) {
      std::string item(rest);
      std::ranges::replace(item, '_', '-');
      return Piece{Kind::environment, 0, std::move(item)};
    }
    // A suite's folder: its files are named relative to it.
    if (space == "tst" && rest == "path" && on(Ext::dovecot_testsuite)) return Piece{Kind::text, 0, "."};
    return base::fail(base::Fault::permanent, "there is no variable namespace " + quoted(space));
  }

  base::Result<Piece> local_or_global(const std::string& name) {
    if (globals_.contains(name)) return Piece{Piece::Kind::global, 0, name};
    auto [it, is_new] = locals_.try_emplace(name, static_cast<std::uint32_t>(program_.variables.size()));
    if (is_new) {
      if (program_.variables.size() >= options_.limits.variables)
        return base::fail(base::Fault::limit,
                          "more than " + std::to_string(options_.limits.variables) + " variables");
      program_.variables.push_back(name);
    }
    return Piece{Piece::Kind::local, it->second, ""};
  }

  // For a string with an error that was said: none of the checks of constants says another.
  std::uint32_t unreadable() { return intern({Piece{Piece::Kind::match, 0, ""}}); }

  std::uint32_t string(const std::string& text, TextPlace at, bool with_variables = true) {
    std::string decoded = text;
    if (on(Ext::encoded_character)) {
      auto d = decode_characters(text);
      if (!d) {
        error(at, d.error().what);
        return unreadable();
      }
      decoded = std::move(*d);
    }
    ResolveName resolve_name;
    if (with_variables && on(Ext::variables))
      resolve_name = [this](std::string_view n) { return resolve(n); };
    auto t = split_references(decoded, resolve_name);
    if (!t) {
      error(at, t.error().what);
      return unreadable();
    }
    return intern(std::move(*t));
  }

  // The name of a variable that is written to: a template of one reference.
  std::uint32_t variable(const std::string& name, TextPlace at) {
    bool plain = valid_variable_name(name);
    if (!plain && !base::istarts_with(name, "global.")) {
      error(at, quoted(name) + " is no variable that can be set", "a variable's name");
      return intern(Template(1));
    }
    auto piece = resolve(name);
    if (!piece || (piece->kind != Piece::Kind::local && piece->kind != Piece::Kind::global)) {
      error(at, piece ? quoted(name) + " can't be set" : piece.error().what);
      return intern(Template(1));
    }
    program_.strings.push_back({std::move(*piece)});
    return static_cast<std::uint32_t>(program_.strings.size() - 1);
  }

  std::vector<std::uint32_t> strings(const SyntaxArgument& a, Slot slot, bool is_constant) {
    std::vector<std::uint32_t> out;
    out.reserve(a.strings.size());
    bool names = slot == Slot::variable || slot == Slot::variables;
    for (const std::string& s : a.strings)
      out.push_back(names ? variable(s, a.at) : string(s, a.at, !is_constant));
    return out;
  }

  // --- arguments
  bool type_fits(const SyntaxArgument& a, Type type) {
    if (type == Type::number) return a.kind == ArgKind::number;
    if (type == Type::strings) return a.kind == ArgKind::string || a.kind == ArgKind::list;
    return a.kind == ArgKind::string;
  }
  static std::string wanted(Type type) {
    return type == Type::number    ? "a number"
           : type == Type::strings ? "a string or a list of strings"
                                   : "a string";
  }

  bool relation(const SyntaxArgument& a, std::uint8_t first, std::uint64_t& out) {
    constexpr std::string_view kRelations[] = {"gt", "ge", "lt", "le", "eq", "ne"};
    auto it = std::ranges::find_if(kRelations, [&a](auto r) { return base::iequals(r, a.strings[0]); });
    out = static_cast<std::uint64_t>(first + (it - std::begin(kRelations)));
    if (it != std::end(kRelations)) return true;
    error(a.at, quoted(a.strings[0]) + " is no relation", "\"gt\", \"ge\", \"lt\", \"le\", \"eq\" or \"ne\"");
    return false;
  }

  bool comparator(const SyntaxArgument& a, std::uint64_t& out) {
    for (std::uint8_t i = 0; i < 4; ++i) {
      if (a.strings[0] != name_of(static_cast<Comparator>(i))) continue;
      out = i;
      auto ext = find_extension("comparator-" + a.strings[0]);
      // Suites for Pigeonhole count on all of them.
      if (ext && (on(*ext) || on(Ext::dovecot_testsuite))) return true;
      unknown(a.at, "the comparator " + quoted(a.strings[0]) + " is not required",
              "`require \"comparator-" + a.strings[0] + "\"`");
      return lenient();
    }
    unknown(a.at, "unknown comparator " + quoted(a.strings[0]),
            one_of(a.strings[0], {"i;ascii-casemap", "i;octet", "i;ascii-numeric", "i;unicode-casemap"}));
    return lenient();
  }

  bool tag(const Syntax& s, std::size_t& i, Bound& b) {
    const SyntaxArgument& a = s.arguments[i];
    const Tag* t = find_tag(*b.command, a.tag);
    if (!t) {
      auto tags = tags_of(*b.command);
      unknown(a.at, std::string(b.command->name) + " has no " + quoted(a.tag), tags.empty() ? "" : one_of(a.tag, tags));
      return false;
    }
    if (!on(t->ext)) {
      unknown(a.at, quoted(a.tag) + " is not required", "`require \"" + std::string(name_of(t->ext)) + "\"`");
      return false;
    }
    if (b.has(t->slot)) {
      error(a.at, quoted(a.tag) + " comes after a tag that excludes it, or twice");
      return false;
    }
    Argument out{t->slot, t->choice, {}};
    if (t->type != Type::flag && t->type != Type::choice) {
      if (++i == s.arguments.size() || !type_fits(s.arguments[i], t->type)) {
        error(a.at, quoted(a.tag) + " lacks its value", wanted(t->type));
        return false;
      }
      const SyntaxArgument& value = s.arguments[i];
      if (t->type == Type::relation) {
        if (!relation(value, t->choice, out.number)) return false;
      } else if (t->type == Type::comparator) {
        if (!comparator(value, out.number)) return false;
      } else if (t->type == Type::number) {
        out.number = value.number;
      } else {
        out.strings = strings(value, t->slot, t->slot == Slot::loop);
      }
    }
    b.arguments.push_back(std::move(out));
    return true;
  }

  bool positions(const Syntax& s, const std::vector<std::size_t>& given, Bound& b) {
    auto all = b.command->positions;
    auto required = static_cast<std::size_t>(std::ranges::count(all, false, &Position::optional));
    if (given.size() < required || given.size() > all.size()) {
      error(s.at, std::string(b.command->name) + " needs " + std::to_string(required) +
                      (all.size() > required ? " or " + std::to_string(all.size()) : "") +
                      " arguments, not " + std::to_string(given.size()));
      return false;
    }
    std::size_t spare = given.size() - required, at = 0;
    for (const Position& p : all) {
      if (p.optional && spare == 0) continue;
      if (p.optional) --spare;
      const SyntaxArgument& a = s.arguments[given[at++]];
      if (!type_fits(a, p.type)) {
        error(a.at, std::string(b.command->name) + ": wrong argument " + std::to_string(at), wanted(p.type));
        return false;
      }
      Argument out{p.slot, a.number, {}};
      if (p.type != Type::number) out.strings = strings(a, p.slot, p.constant);
      if (p.constant && p.slot == Slot::program && on(Ext::variables) &&
          a.strings[0].find("${") != std::string::npos) {
        error(a.at, std::string(b.command->name) + ": the program's name must be a constant string");
        return false;
      }
      b.arguments.push_back(std::move(out));
    }
    return true;
  }

  // Nothing when something was wrong, and said.
  bool bind(const Syntax& s, const Command& c, Bound& b) {
    b.command = &c;
    b.at = s.at;
    std::vector<std::size_t> given;
    for (std::size_t i = 0; i < s.arguments.size(); ++i) {
      if (s.arguments[i].kind != ArgKind::tag) {
        given.push_back(i);
      } else if (!given.empty()) {  // RFC 5228 2.6.2
        error(s.arguments[i].at, quoted(s.arguments[i].tag) + " stands after arguments without a tag");
        return false;
      } else if (!tag(s, i, b)) {
        return false;
      }
    }
    if (!positions(s, given, b)) return false;
    checker_.check(b, !loops_.empty());
    return true;
  }

  const Command* lookup(const Syntax& s, bool as_test) {
    const Command* c = find_command(s.name, as_test);
    std::string kind = as_test ? "test " : "command ";
    if (!c) {
      bool other = find_command(s.name, !as_test) != nullptr;
      unknown(s.at,
              other ? quoted(s.name) + (as_test ? " is a command" : " is a test")
                    : "unknown " + kind + quoted(s.name),
              other ? (as_test ? "a test" : "a command") : command_like(s.name, as_test));
      return nullptr;
    }
    if (!on(c->ext)) {
      unknown(s.at, kind + quoted(s.name) + " is not required",
              "`require \"" + std::string(name_of(c->ext)) + "\"`");
      return nullptr;
    }
    return c;
  }

  // --- tests: code that sets the condition
  void test(const Syntax& s) {
    if (s.has_block) return error(s.at, quoted(s.name) + " takes no block");
    if (base::iequals(s.name, "not")) {
      if (s.tests.size() != 1 || s.has_test_list) return error(s.at, "\"not\" needs one test", "a test");
      no_arguments(s);
      test(s.tests[0]);
      emit(Op::invert, s.at);
      return;
    }
    if (base::iequals(s.name, "allof")) return test_list(s, Op::jump_if_false);
    if (base::iequals(s.name, "anyof")) return test_list(s, Op::jump_if_true);
    if (base::iequals(s.name, "ihave") && on(Ext::ihave)) return ihave(s);
    const Command* c = lookup(s, true);
    if (!c) return;
    if (!s.tests.empty()) return error(s.tests[0].at, quoted(s.name) + " takes no test");
    Bound b;
    if (bind(s, *c, b)) emit(c->op, s.at, std::move(b.arguments));
  }

  void test_list(const Syntax& s, Op leave_on) {
    no_arguments(s);
    if (s.tests.empty() || !s.has_test_list)
      return error(s.at, quoted(s.name) + " needs a list of tests", "\"(\"");
    Patches ends;
    for (std::size_t i = 0; i < s.tests.size(); ++i) {
      test(s.tests[i]);
      if (i + 1 < s.tests.size()) ends.push_back(emit(leave_on, s.tests[i].at));
    }
    land(ends);
  }

  void ihave(const Syntax& s) {
    if (s.arguments.size() != 1 || !type_fits(s.arguments[0], Type::strings) || !s.tests.empty())
      return error(s.at, "\"ihave\" needs one argument", wanted(Type::strings));
    bool all = true;
    for (const std::string& name : s.arguments[0].strings) {
      auto ext = find_extension(name);
      // What changes how strings are read can't come after strings were read.
      bool changes_strings = ext && (*ext == Ext::variables || *ext == Ext::encoded_character);
      all = all && ext && has(options_.extensions, *ext) && (!changes_strings || on(*ext));
    }
    if (all)
      for (const std::string& name : s.arguments[0].strings) enable(*find_extension(name));
    emit(all ? Op::set_true : Op::set_false, s.at);
  }

  void no_arguments(const Syntax& s) {
    if (!s.arguments.empty()) error(s.arguments[0].at, quoted(s.name) + " takes no arguments");
  }

  // --- commands
  void block(const std::vector<Syntax>& commands) {
    for (std::size_t i = 0; i < commands.size() && !diagnostics_.full();) {
      const Syntax& s = commands[i];
      if (!base::iequals(s.name, "require")) may_require_ = false;
      if (base::iequals(s.name, "if")) {
        if_chain(commands, i);
      } else {
        command(s);
        ++i;
      }
    }
  }

  void if_chain(const std::vector<Syntax>& commands, std::size_t& i) {
    Patches ends;
    bool more = true;
    for (bool first = true; more && i < commands.size(); first = false) {
      const Syntax& s = commands[i];
      bool is_else = base::iequals(s.name, "else");
      if (!first && !is_else && !base::iequals(s.name, "elsif")) break;
      ++i;
      no_arguments(s);
      if (!s.has_block) error(s.at, quoted(s.name) + " needs a block", "\"{\"");
      Patches next;
      if (is_else) {
        more = false;
        if (!s.tests.empty()) error(s.at, "\"else\" takes no test");
      } else if (s.tests.size() != 1 || s.has_test_list) {
        error(s.at, quoted(s.name) + " needs one test", "a test");
      } else {
        test(s.tests[0]);
        next.push_back(emit(Op::jump_if_false, s.at));
      }
      block(s.block);
      bool follows = more && i < commands.size() &&
                     (base::iequals(commands[i].name, "elsif") || base::iequals(commands[i].name, "else"));
      if (follows) ends.push_back(emit(Op::jump, s.at));
      land(next);
    }
    land(ends);
  }

  void enable(Ext e) {
    add(program_.extensions, e);
    for (const Extension& row : extension_table())
      if (row.ext == e && !row.implies.empty()) enable(*find_extension(row.implies));
  }

  void require(const Syntax& s) {
    if (!may_require_) error(s.at, "\"require\" stands after other commands");
    if (s.arguments.size() != 1 || !type_fits(s.arguments[0], Type::strings) || !s.tests.empty() ||
        s.has_block)
      return error(s.at, "\"require\" needs one argument", wanted(Type::strings));
    for (const std::string& name : s.arguments[0].strings) {
      auto ext = find_extension(name);
      if (!ext || !has(options_.extensions, *ext)) {
        error(s.arguments[0].at, "unknown extension " + quoted(name), one_of(name, extensions()));
      } else {
        enable(*ext);
      }
    }
  }

  void global(const Syntax& s) {
    if (s.arguments.size() != 1 || !type_fits(s.arguments[0], Type::strings) || !s.tests.empty() ||
        s.has_block)
      return error(s.at, "\"global\" needs one argument", wanted(Type::strings));
    for (const std::string& name : s.arguments[0].strings) {
      std::string lower = base::to_lower(name);
      if (!valid_variable_name(name)) error(s.arguments[0].at, quoted(name) + " is no variable's name");
      if (locals_.contains(lower))
        error(s.arguments[0].at, quoted(name) + " is used as a local variable already");
      globals_.insert(std::move(lower));
      if (globals_.size() > options_.limits.variables) return error(s.at, "too many global variables");
    }
  }

  void foreverypart(const Syntax& s, Bound b) {
    if (loops_.size() >= options_.limits.loop_nesting)
      return error(s.at,
                   "foreverypart nested more than " + std::to_string(options_.limits.loop_nesting) + " deep");
    loops_.push_back({loop_name(b), {}});
    std::size_t begin = emit(Op::part_begin, s.at);
    block(s.block);
    std::size_t next = emit(Op::part_next, s.at);
    program_.code[next].target = static_cast<std::uint32_t>(begin + 1);
    land({begin});
    land(loops_.back().breaks);
    loops_.pop_back();
  }

  std::string loop_name(const Bound& b) {
    const Argument* a = b.find(Slot::loop);
    return a ? std::string(*constant(program_.strings[a->strings[0]])) : "";
  }

  void part_break(const Syntax& s, const Bound& b) {
    std::string name = loop_name(b);
    for (std::size_t i = loops_.size(); i-- > 0;) {
      if (b.has(Slot::loop) && loops_[i].name != name) continue;
      Argument levels{Slot::limit, loops_.size() - i, {}};
      loops_[i].breaks.push_back(emit(Op::part_break, s.at, {std::move(levels)}));
      return;
    }
    error(s.at, b.has(Slot::loop) ? "no foreverypart around it is called " + quoted(name)
                                  : "\"break\" stands in no foreverypart");
  }

  void test_block(const Syntax& s, Bound b) {
    std::size_t begin = emit(Op::test_begin, s.at, std::move(b.arguments));
    block(s.block);
    land({begin});
    emit(Op::test_end, s.at);
  }

  void command(const Syntax& s) {
    if (base::iequals(s.name, "require")) return require(s);
    if (base::iequals(s.name, "elsif") || base::iequals(s.name, "else"))
      return error(s.at, quoted(s.name) + " without \"if\"", "a command");
    if (base::iequals(s.name, "global") && on(Ext::include) && on(Ext::variables)) return global(s);
    if (on(Ext::dovecot_testsuite))
      if (auto newer = newer_spelling(s)) return command(*newer);
    const Command* c = lookup(s, false);
    if (!c) return;
    if (!s.tests.empty()) return error(s.tests[0].at, quoted(s.name) + " takes no test");
    bool wants_block = c->shape == Shape::block;
    if (s.has_block != wants_block)
      return error(s.at, quoted(s.name) + (wants_block ? " needs a block" : " takes no block"),
                   wants_block ? "\"{\"" : "\";\"");
    Bound b;
    if (!bind(s, *c, b)) return;
    if (c->op == Op::part_begin) return foreverypart(s, std::move(b));
    if (c->op == Op::part_break) return part_break(s, b);
    if (c->op == Op::test_begin) return test_block(s, std::move(b));
    emit(c->op, s.at, std::move(b.arguments));
  }

  const CompileOptions& options_;
  Diagnostics& diagnostics_;
  Program program_;
  Checker checker_;
  bool may_require_ = true;
  std::map<std::string, std::uint32_t, std::less<>> constants_;
  std::map<std::string, std::uint32_t, std::less<>> locals_;
  std::set<std::string, std::less<>> globals_;
  std::vector<Loop> loops_;
};

}  // namespace

std::string to_string(const Diagnostic& d) {
  std::string out = std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.what;
  if (!d.expected.empty()) out += "; expected " + d.expected;
  return out;
}

std::expected<Compiled, Rejected> compile(std::string_view text, const CompileOptions& options) {
  Diagnostics diagnostics(options.limits.errors);
  auto rejected = [&diagnostics] {
    std::ranges::sort(diagnostics.errors, {},
                      [](const Diagnostic& d) { return std::pair(d.line, d.column); });
    return std::unexpected(Rejected{std::move(diagnostics.errors), std::move(diagnostics.warnings)});
  };
  if (text.size() > options.limits.script) {
    diagnostics.error({}, "the script has more than " + std::to_string(options.limits.script) + " bytes");
    return rejected();
  }
  if (!base::is_valid_utf8(text)) {
    diagnostics.error({}, "the script is no UTF-8 text");
    return rejected();
  }
  std::vector<Syntax> commands = parse(text, options.limits, diagnostics);
  Compiler compiler(options, diagnostics);
  Program program = compiler.script(commands);
  if (diagnostics.failed()) return rejected();
  finish(program);
  return Compiled{std::move(program), std::move(diagnostics.warnings)};
}

}  // namespace postern::sieve
