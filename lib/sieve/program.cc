#include "sieve/program.h"

#include <algorithm>

#include "base/codec.h"
#include "base/text.h"
#include "sieve/limits.h"
#include "sieve/strings.h"

namespace postern::sieve {
namespace {

constexpr std::string_view kMagic = "PSV";
constexpr std::uint8_t kProgramVersion = 1;

std::unexpected<base::Error> corrupt(std::string what) {
  return base::fail(base::Fault::corrupt, "a compiled script: " + std::move(what));
}

void put_template(std::string& out, const Template& t) {
  base::put_varint(out, t.size());
  for (const Piece& p : t) {
    base::put_u8(out, static_cast<std::uint8_t>(p.kind));
    base::put_varint(out, p.index);
    base::put_bytes(out, p.text);
  }
}

void put_instruction(std::string& out, const Instruction& i) {
  base::put_u8(out, static_cast<std::uint8_t>(i.op));
  base::put_varint(out, i.line);
  base::put_varint(out, i.target);
  base::put_varint(out, i.arguments.size());
  for (const Argument& a : i.arguments) {
    base::put_u8(out, static_cast<std::uint8_t>(a.slot));
    base::put_varint(out, a.number);
    base::put_varint(out, a.strings.size());
    for (std::uint32_t s : a.strings) base::put_varint(out, s);
  }
}

// Reads and checks; every count is bounded by the bytes that are left.
class ProgramReader {
 public:
  explicit ProgramReader(std::string_view bytes) : in_(bytes) {}

  base::Result<Program> read() {
    std::string_view bits = in_.bytes();
    if (bits.size() != program_.extensions.size()) return corrupt("another table of extensions");
    for (std::size_t i = 0; i < bits.size(); ++i) program_.extensions.set(i, bits[i] != 0);
    read_list(program_.variables, 1, [&] { return std::string(in_.bytes()); });
    read_list(program_.strings, 1, [&] { return read_template(); });
    read_list(program_.code, 4, [&] { return read_instruction(); });
    if (!in_.at_end()) return corrupt("cut or too long");
    if (std::string wrong = check(); !wrong.empty()) return corrupt(std::move(wrong));
    return std::move(program_);
  }

 private:
  template <class T, class Fn>
  void read_list(std::vector<T>& out, std::size_t least_bytes, Fn&& fn) {
    std::uint64_t n = in_.varint();
    if (n > in_.rest().size() / least_bytes) n = in_.rest().size() / least_bytes + 1;  // the reads will fail
    for (std::uint64_t i = 0; i < n && in_.ok(); ++i) out.push_back(fn());
  }

  Template read_template() {
    Template t;
    read_list(t, 3, [&] {
      Piece p;
      p.kind = static_cast<Piece::Kind>(in_.u8());
      p.index = static_cast<std::uint32_t>(in_.varint());
      p.text = in_.bytes();
      return p;
    });
    return t;
  }

  Instruction read_instruction() {
    Instruction i;
    i.op = static_cast<Op>(in_.u8());
    i.line = static_cast<std::uint32_t>(in_.varint());
    i.target = static_cast<std::uint32_t>(in_.varint());
    read_list(i.arguments, 3, [&] {
      Argument a;
      a.slot = static_cast<Slot>(in_.u8());
      a.number = in_.varint();
      read_list(a.strings, 1, [&] { return static_cast<std::uint32_t>(in_.varint()); });
      return a;
    });
    return i;
  }

  std::string check() const {
    for (const std::string& v : program_.variables)
      if (!valid_variable_name(v)) return "a variable without a name";
    for (const Template& t : program_.strings)
      if (!template_fits(t)) return "a string that no script could hold";
    if (program_.code.empty() || program_.code.back().op != Op::stop) return "no end";
    for (std::size_t i = 0; i < program_.code.size(); ++i)
      if (!target_fits(i) || !arguments_fit(program_.code[i]))
        return "instruction " + std::to_string(i) + " makes no sense";
    return "";
  }

  bool template_fits(const Template& t) const {
    return !t.empty() && std::ranges::all_of(t, [this](const Piece& p) {
      switch (p.kind) {
        case Piece::Kind::text:
          return true;
        case Piece::Kind::local:
          return p.index < program_.variables.size();
        case Piece::Kind::global:
          return valid_variable_name(p.text);
        case Piece::Kind::match:
          return p.index < kMatchVariables;
        case Piece::Kind::environment:
          return base::is_valid_utf8(p.text);
      }
      return false;
    });
  }

  bool target_fits(std::size_t at) const {
    const Instruction& i = program_.code[at];
    std::size_t n = program_.code.size();
    switch (i.op) {
      case Op::jump:
      case Op::jump_if_true:
      case Op::jump_if_false:
      case Op::part_begin:
      case Op::part_break:
      case Op::test_begin:
        return i.target > at && i.target < n;
      case Op::part_next:  // the only way back, and a loop over parts ends
        return i.target > 0 && i.target <= at && program_.code[i.target - 1].op == Op::part_begin &&
               program_.code[i.target - 1].target == at + 1;
      default:
        return i.op < Op::count && i.target == 0;
    }
  }

  bool arguments_fit(const Instruction& i) const {
    std::uint64_t seen[2] = {0, 0};
    for (const Argument& a : i.arguments) {
      auto slot = static_cast<std::size_t>(a.slot);
      if (a.slot >= Slot::count || (seen[slot / 64] >> slot % 64 & 1)) return false;
      seen[slot / 64] |= std::uint64_t{1} << slot % 64;
      for (std::uint32_t s : a.strings)
        if (s >= program_.strings.size() || !(names_variable(a.slot) ? is_reference(s) : true)) return false;
      if (!argument_fits(i, a)) return false;
    }
    const Command* c = command_of(i.op);
    if (i.op == Op::part_break) return i.arguments.size() == 1;
    if (!c) return true;
    return std::ranges::all_of(c->positions, [&](const Position& p) {
      auto slot = static_cast<std::size_t>(p.slot);
      return p.optional || (seen[slot / 64] >> slot % 64 & 1);
    });
  }

  static bool names_variable(Slot s) { return s == Slot::variable || s == Slot::variables; }
  bool is_reference(std::uint32_t s) const {
    const Template& t = program_.strings[s];
    return t.size() == 1 && (t[0].kind == Piece::Kind::local || t[0].kind == Piece::Kind::global);
  }

  static bool argument_fits(const Instruction& i, const Argument& a) {
    if (i.op == Op::unsupported) return a.slot == Slot::reason && a.strings.size() == 1;
    if (i.op == Op::part_break) return a.slot == Slot::limit && a.number >= 1 && a.strings.empty();
    const Command* c = command_of(i.op);
    if (!c) return false;
    for (const Position& p : c->positions)
      if (p.slot == a.slot) return value_fits(a, p.type, 0);
    for (auto group : c->tags)
      for (const Tag& t : group)
        if (t.slot == a.slot && value_fits(a, t.type, t.choice)) return true;
    return false;
  }

  static bool value_fits(const Argument& a, Type type, std::uint8_t choice) {
    switch (type) {
      case Type::flag:
        return a.strings.empty() && a.number == choice;
      case Type::choice:
        return a.strings.empty() && a.number == choice;
      case Type::number:
        return a.strings.empty();
      case Type::string:
        return a.strings.size() == 1;
      case Type::strings:
        return a.strings.size() <= kMaxListItems;
      case Type::relation:
        return a.strings.empty() && a.number >= choice && a.number < choice + 6u;
      case Type::comparator:
        return a.strings.empty() && a.number < 4;
    }
    return false;
  }

  base::Reader in_;
  Program program_;
};

}  // namespace

std::string serialize(const Program& program) {
  std::string out(kMagic);
  base::put_u8(out, kProgramVersion);
  std::string bits;
  for (std::size_t i = 0; i < program.extensions.size(); ++i)
    bits += program.extensions.test(i) ? '\1' : '\0';
  base::put_bytes(out, bits);
  base::put_varint(out, program.variables.size());
  for (const std::string& v : program.variables) base::put_bytes(out, v);
  base::put_varint(out, program.strings.size());
  for (const Template& t : program.strings) put_template(out, t);
  base::put_varint(out, program.code.size());
  for (const Instruction& i : program.code) put_instruction(out, i);
  base::put_u32(out, base::crc32c(out));
  return out;
}

base::Result<Program> parse_program(std::string_view bytes) {
  if (bytes.size() > kMaxProgram)
    return base::fail(base::Fault::limit, "a compiled script that is too large");
  if (bytes.size() < kMagic.size() + 5 || !bytes.starts_with(kMagic)) return corrupt("not one");
  if (static_cast<std::uint8_t>(bytes[kMagic.size()]) != kProgramVersion)
    return base::fail(base::Fault::corrupt, "a compiled script of another version", "VERSION");
  std::string_view body = bytes.substr(0, bytes.size() - 4);
  if (base::Reader(bytes.substr(body.size())).u32() != base::crc32c(body))
    return corrupt("its checksum is wrong");
  auto program = ProgramReader(body.substr(kMagic.size() + 1)).read();
  if (program) finish(*program);
  return program;
}

void finish(Program& program) {
  auto is_hot = [](const Argument& a) { return a.slot == Slot::headers || a.slot == Slot::keys; };
  std::size_t bytes = 0, strings = 0;
  for (const Template& t : program.strings)
    if (auto text = constant(t)) bytes += text->size();
  for (const Instruction& i : program.code)
    for (const Argument& a : i.arguments) strings += is_hot(a) ? a.strings.size() : 0;
  // So much that views and spans of them stay.
  auto constants = std::make_shared<Constants>();
  constants->text.reserve(bytes);
  constants->strings.reserve(strings);
  std::vector<std::optional<std::string_view>> known(program.strings.size());
  auto view = [&](std::uint32_t string) {
    if (auto text = known[string] ? std::nullopt : constant(program.strings[string])) {
      std::size_t begin = constants->text.size();
      constants->text += *text;
      known[string] = std::string_view(constants->text).substr(begin);
    }
    return known[string];
  };
  for (Instruction& i : program.code)
    for (const Argument& a : i.arguments) {
      i.slots.set(static_cast<std::size_t>(a.slot));
      if (!is_hot(a)) continue;
      std::size_t begin = constants->strings.size();
      for (std::uint32_t s : a.strings)
        if (auto text = view(s)) constants->strings.push_back(*text);
      if (constants->strings.size() - begin == a.strings.size())
        (a.slot == Slot::keys ? i.keys : i.headers) = std::span(constants->strings).subspan(begin);
    }
  program.constants = std::move(constants);
}

}  // namespace postern::sieve
