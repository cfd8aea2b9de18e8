// Any bytes as a compiled script; the checksum is put right, so that what lies behind it is reached.  What is accepted
// runs.
#include <cstdint>
#include <string>

#include "base/codec.h"
#include "sieve_run_host.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::sieve;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  (void)parse_program(bytes);
  if (bytes.size() > 4) bytes.resize(bytes.size() - 4);
  postern::base::put_u32(bytes, postern::base::crc32c(bytes));
  auto p = parse_program(bytes);
  if (!p) return 0;
  fuzz_run(std::make_shared<const Program>(std::move(*p)), "From: a@example.com\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n");
  return 0;
}
