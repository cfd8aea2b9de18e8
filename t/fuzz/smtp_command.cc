// LMTP command lines and DATA: no crash, and the same body however the input is cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "smtp/command.h"
#include "smtp/data.h"

using namespace postern::smtp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view in(reinterpret_cast<const char*>(data), size);
  auto c = parse_command(in);
  (void)parse_mail(c.argument);
  (void)parse_rcpt(c.argument, true);
  (void)parse_bdat(c.argument);
  std::string whole, cut;
  DataReader a, b;
  a.feed(in, [&](std::string_view s) { whole += s; });
  for (std::size_t i = 0; i < in.size() && !b.done(); ++i) b.feed(in.substr(i, 1), [&](std::string_view s) { cut += s; });
  if (whole != cut || a.done() != b.done()) std::abort();
  return 0;
}
