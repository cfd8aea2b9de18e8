#include "sieve/parser.h"

#include "base/text.h"
#include "sieve/grammar.h"

namespace postern::sieve {
namespace {

using Kind = Token::Kind;

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits, Diagnostics& diagnostics)
      : lexer_(text, limits.string), limits_(limits), diagnostics_(diagnostics) {
    advance();
  }

  std::vector<Syntax> script() {
    std::vector<Syntax> out;
    while (!stopped()) {
      commands(out, 0);
      if (token_.kind != Kind::close_block) break;
      error("\"}\" without \"{\"");
      advance();
    }
    return out;
  }

 private:
  TextPlace here() const { return {token_.line, token_.column}; }
  bool stopped() const { return token_.kind == Kind::end || diagnostics_.full(); }
  bool at(Kind k) const { return token_.kind == k; }

  void advance() {
    token_ = lexer_.next();
    while (token_.kind == Kind::bad && !diagnostics_.full()) {
      diagnostics_.error(here(), token_.text);
      if (token_.instead == Kind::bad) {
        token_ = lexer_.next();
      } else {
        token_.kind = token_.instead;
        token_.text.clear();
      }
    }
    if (token_.kind == Kind::bad) token_.kind = Kind::end;
  }

  void error(std::string what, std::string expected = {}) {
    diagnostics_.error(here(), std::move(what), std::move(expected));
  }
  void unexpected(std::string expected) { error("unexpected " + describe(token_), std::move(expected)); }

  // To behind the next ";" or block of this level.
  void resynchronise() {
    std::size_t depth = 0;
    for (; !stopped(); advance()) {
      if (at(Kind::open_block)) ++depth;
      if (at(Kind::close_block)) {
        if (depth == 0) return;
        if (--depth == 0) return advance();
      }
      if (at(Kind::semicolon) && depth == 0) return advance();
    }
  }

  bool count() {
    if (++count_ <= kMaxCommands) return true;
    error("more than " + std::to_string(kMaxCommands) + " commands and tests");
    token_.kind = Kind::end;
    return false;
  }

  void commands(std::vector<Syntax>& out, std::size_t depth) {
    while (!stopped() && !at(Kind::close_block)) {
      if (at(Kind::semicolon)) {
        error("\";\" without a command", "a command");
        advance();
        continue;
      }
      if (!at(Kind::identifier)) {
        unexpected("a command");
        resynchronise();
        continue;
      }
      if (!count()) return;
      out.emplace_back();
      if (!command(out.back(), depth)) {
        out.pop_back();
        resynchronise();
      }
    }
  }

  bool command(Syntax& c, std::size_t depth) {
    c.name = token_.text;
    c.at = here();
    advance();
    if (!arguments(c, 0)) return false;
    if (at(Kind::semicolon)) {
      advance();
      return true;
    }
    if (!at(Kind::open_block)) {
      // The next command begins: only the semicolon is missing.
      error("missing \";\" after \"" + base::printable(c.name, 64) + "\"", "\";\"");
      return at(Kind::identifier) || at(Kind::close_block);
    }
    return block(c, depth + 1);
  }

  bool block(Syntax& c, std::size_t depth) {
    if (depth > limits_.block_nesting) {
      error("blocks nested more than " + std::to_string(limits_.block_nesting) + " deep");
      return false;
    }
    c.has_block = true;
    TextPlace open = here();
    std::size_t errors = diagnostics_.errors.size();
    advance();
    commands(c.block, depth);
    if (at(Kind::close_block)) {
      advance();
    } else if (diagnostics_.errors.size() == errors) {  // else the end was lost in another mistake
      diagnostics_.error(open, "\"{\" without \"}\"", "\"}\"");
    }
    return true;
  }

  // Only `if` and `elsif` take tests: after all else a word that is no test begins the next command.
  bool begins_command(const Syntax& c) const {
    if (base::iequals(c.name, "if") || base::iequals(c.name, "elsif")) return false;
    for (std::string_view word : {"not", "allof", "anyof", "ihave"})
      if (base::iequals(token_.text, word)) return false;
    return !find_command(token_.text, true);
  }

  // *argument [ test / test-list ]
  bool arguments(Syntax& c, std::size_t depth) {
    SyntaxArgument a;
    while (true) {
      a = {};
      a.at = here();
      switch (token_.kind) {
        case Kind::string:
          a.strings.push_back(std::move(token_.text));
          advance();
          break;
        case Kind::number:
          a.kind = SyntaxArgument::Kind::number;
          a.number = token_.number;
          advance();
          break;
        case Kind::tag:
          a.kind = SyntaxArgument::Kind::tag;
          a.tag = std::move(token_.text);
          advance();
          break;
        case Kind::open_list:
          if (!list(a)) return false;
          break;
        case Kind::identifier:
          if (depth == 0 && begins_command(c)) return true;
          [[fallthrough]];
        case Kind::open_tests:
          return tests(c, depth + 1);
        default:
          return true;
      }
      c.arguments.push_back(std::move(a));
    }
  }

  bool list(SyntaxArgument& a) {
    a.kind = SyntaxArgument::Kind::list;
    advance();
    while (at(Kind::string)) {
      if (a.strings.size() == kMaxListItems) {
        error("a list of more than " + std::to_string(kMaxListItems) + " strings");
        return false;
      }
      a.strings.push_back(std::move(token_.text));
      advance();
      if (at(Kind::close_list)) {
        advance();
        return true;
      }
      if (!at(Kind::comma)) {
        unexpected("\",\" or \"]\"");
        return false;
      }
      advance();
    }
    unexpected("a string");
    return false;
  }

  bool tests(Syntax& c, std::size_t depth) {
    if (depth > limits_.test_nesting) {
      error("tests nested more than " + std::to_string(limits_.test_nesting) + " deep");
      return false;
    }
    if (!at(Kind::open_tests)) return test(c, depth);
    c.has_test_list = true;
    do {
      advance();
      if (!at(Kind::identifier)) {
        unexpected("a test");
        return false;
      }
      if (!test(c, depth)) return false;
    } while (at(Kind::comma));
    if (!at(Kind::close_tests)) {
      unexpected("\",\" or \")\"");
      return false;
    }
    advance();
    return true;
  }

  bool test(Syntax& parent, std::size_t depth) {
    if (!count()) return false;
    Syntax t;
    t.name = token_.text;
    t.at = here();
    advance();
    if (!arguments(t, depth)) return false;
    parent.tests.push_back(std::move(t));
    return true;
  }

  Lexer lexer_;
  const Limits& limits_;
  Diagnostics& diagnostics_;
  Token token_;
  std::size_t count_ = 0;
};

}  // namespace

void Diagnostics::error(TextPlace at, std::string what, std::string expected) {
  if (errors.size() < most_) errors.push_back({at.line, at.column, std::move(what), std::move(expected)});
}

void Diagnostics::warning(TextPlace at, std::string what) {
  if (warnings.size() < most_) warnings.push_back({at.line, at.column, std::move(what), ""});
}

std::vector<Syntax> parse(std::string_view text, const Limits& limits, Diagnostics& diagnostics) {
  return Parser(text, limits, diagnostics).script();
}

}  // namespace postern::sieve
