// make_index FOLDER EPOCH MODSEQ < MESSAGES: an index of these messages that says it covers that commit.  A message is a line
// "EMAIL LENGTH" and its bytes; with "unread" for its length it is one that could not be read.  For tests.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "index/extract.h"
#include "index/writer.h"

using namespace postern::index;

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "make_index: %s\n", what.c_str());
  std::exit(1);
}

void put(Writer& writer, unsigned long long id, const char* length) {
  if (std::string_view(length) == "unread") {
    if (auto ok = writer.put_unread(id); !ok) fail(ok.error().what);
    return;
  }
  std::string message(std::strtoull(length, nullptr, 10), '\0');
  if (std::fread(message.data(), 1, message.size(), stdin) != message.size()) fail("a message is cut");
  if (auto ok = writer.put(id, extract(message), find_language("en")); !ok) fail(ok.error().what);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("FOLDER EPOCH MODSEQ");
  auto writer = Writer::open(argv[1]);
  if (!writer) fail(writer.error().what);
  unsigned long long id = 0;
  char length[32];
  while (std::scanf("%llu %31[0-9a-z]", &id, length) == 2) {
    if (std::getchar() != '\n') fail("a line is malformed");
    put(**writer, id, length);
  }
  (*writer)->set_covered({std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10)});
  if (auto ok = (*writer)->commit(true); !ok) fail(ok.error().what);
  return 0;
}
