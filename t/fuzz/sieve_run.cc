// A script, a line "%%", and a message: the script runs over the message.
#include <cstdint>
#include <string_view>

#include "sieve/compile.h"
#include "sieve_run_host.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::sieve;
  std::string_view all(reinterpret_cast<const char*>(data), size);
  auto cut = all.find("\n%%\n");
  CompileOptions o;
  o.extensions = available(Place{true, true, true, false});
  o.notify = {true, true, true};
  auto c = compile(all.substr(0, cut), o);
  if (!c) return 0;
  fuzz_run(std::make_shared<const Program>(std::move(c->program)), std::string(cut == all.npos ? "" : all.substr(cut + 4)));
  return 0;
}
