// Payloads in descriptors: there and back, and what is no file.
#include "ipc/large.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace postern::ipc {
namespace {

TEST(IpcLarge, ThereAndBack) {
  std::string bytes(3'000'000, 'x');
  bytes[17] = '\0';
  auto fd = to_descriptor(bytes);
  ASSERT_TRUE(fd);
  EXPECT_EQ(from_descriptor(*fd, bytes.size()).value(), bytes);
  EXPECT_EQ(from_descriptor(*fd, bytes.size() - 1).error().code, "MALFORMED");
  auto empty = to_descriptor("");
  EXPECT_EQ(from_descriptor(*empty, 0).value(), "");
}

TEST(IpcLarge, PipesAreRefused) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  base::Fd in(ends[0]), out(ends[1]);
  EXPECT_EQ(from_descriptor(in, 100).error().code, "MALFORMED");
}

}  // namespace
}  // namespace postern::ipc
