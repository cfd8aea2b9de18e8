// A compiled script: a list of instructions over a pool of strings.
// Runs in: sieved, postern; others pass the serialised form on.  A Program is immutable and may be shared by
// runs.  The serialised form is versioned and checked like hostile input: what parse_program() accepts can be
// run, whoever wrote it.  Tests: t/unit/sieve_program.cc, t/fuzz/sieve_program.cc
#pragma once
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sieve/extensions.h"
#include "sieve/grammar.h"

namespace postern::sieve {

// A piece of a string: text, or a reference that is replaced when the script runs (RFC 5229 3).
struct Piece {
  enum class Kind : std::uint8_t { text, local, global, match, environment };
  Kind kind = Kind::text;
  std::uint32_t index = 0;  // local: the variable; match: its number
  std::string text;         // text itself; the name of a global variable or an environment item
};
// Mostly one piece of text.
using Template = std::vector<Piece>;

// An argument as the command's signature names it.
struct Argument {
  Slot slot = Slot::none;
  std::uint64_t number = 0;            // Type::number; Type::flag and tags that choose: which
  std::vector<std::uint32_t> strings;  // Type::string, strings: indexes into Program::strings
};

struct Instruction {
  Op op = Op::stop;
  std::uint32_t line = 0;    // 1-based, of the command or test
  std::uint32_t target = 0;  // jumps and loops: the instruction to go to
  std::vector<Argument> arguments;
  // finish(): which slots the arguments have, and what most tests look at, where no variables stand in it: the strings of
  // Slot::headers and Slot::keys.  Views of Program::constants.
  std::bitset<static_cast<std::size_t>(Slot::count)> slots;
  std::span<const std::string_view> headers, keys;
};

// Strings of tests in the order of their use: a run that comes after other work finds them in few cache lines.
struct Constants {
  std::string text;
  std::vector<std::string_view> strings;   // of it
};

struct Program {
  ExtensionSet extensions;  // what the script required, and what its includes may not add to
  std::vector<Template> strings;
  std::shared_ptr<const Constants> constants;   // finish(); copies share them
  std::vector<std::string> variables;  // names of the locals, lower case
  std::vector<Instruction> code;       // the last one is Op::stop
};

// What follows from the rest and makes it quick to run.  compile() and parse_program() have done it.
void finish(Program& program);

// A form to keep and to send: compact, versioned, closed by a checksum.
std::string serialize(const Program& program);
// Fault::corrupt for anything that compile() would not have made: a wrong version or checksum, a jump out of
// the code or backwards without a loop, an argument that the command's signature does not have.
// A program that was written by another version is Fault::corrupt with code "VERSION": compile it again.
base::Result<Program> parse_program(std::string_view bytes);

}  // namespace postern::sieve
