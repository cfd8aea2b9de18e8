// What a command's arguments must be, beyond their types: known headers, zones, addresses, patterns; tags
// that need or exclude each other. Part of the compiler; not for others.
#pragma once
#include "sieve/compile.h"
#include "sieve/grammar.h"
#include "sieve/parser.h"
#include "sieve/program.h"

namespace postern::sieve {

// A command or test with its arguments in their slots.
struct Bound {
  const Command* command = nullptr;
  TextPlace at;
  std::vector<Argument> arguments;

  const Argument* find(Slot slot) const;
  bool has(Slot slot) const { return find(slot) != nullptr; }
  // The number in a slot, 0 when it isn't there.
  std::uint64_t number(Slot slot) const;
};

class Checker {
 public:
  Checker(const Program& program, const CompileOptions& options, Diagnostics& diagnostics)
      : program_(program), options_(options), diagnostics_(diagnostics) {}
  // Says what is wrong with `b`.  `in_loop`: within a foreverypart.
  void check(const Bound& b, bool in_loop);

 private:
  void matching(const Bound& b);
  void headers(const Bound& b);
  void envelope(const Bound& b);
  void dates(const Bound& b);
  void special_uses(const Bound& b, Slot slot);
  void destination(const Bound& b);
  void redirect(const Bound& b);
  void vacation(const Bound& b);
  void notify(const Bound& b);
  void variable(const Bound& b, std::string_view what);
  void edit_header(const Bound& b);
  void names(const Bound& b, bool (*valid)(std::string_view), std::string_view what);
  void exclude(const Bound& b, Slot one, Slot other, std::string_view what);
  void need(const Bound& b, Slot one, Slot other, std::string_view what);
  void error(const Bound& b, std::string what, std::string expected = {});
  void warning(const Bound& b, std::string what);
  // fn(text) for each constant string of a slot.
  template <class Fn>
  void each_constant(const Bound& b, Slot slot, Fn&& fn);

  const Program& program_;
  const CompileOptions& options_;
  Diagnostics& diagnostics_;
};

// A rule that the text of a pattern must keep; empty when it does.
std::string regex_error(std::string_view pattern, bool octets = false);

}  // namespace postern::sieve
