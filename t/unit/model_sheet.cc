#include "model/sheet.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace postern::model {
namespace {

std::string build(std::size_t n, bool places) {
  SheetBuilder b;
  for (std::size_t i = 0; i < n; ++i) {
    SheetRow r{static_cast<std::uint32_t>(2 * i + 1), {i, i << 1}, i + 10, i + 100, i / 2 + 1, i * 1000,
               static_cast<std::int64_t>(i), 5, -7};
    std::vector<std::uint32_t> in(i % 3, static_cast<std::uint32_t>(i));
    b.add(r, places ? std::span<const std::uint32_t>(in) : std::span<const std::uint32_t>());
  }
  return b.finish(9, 77);
}

TEST(ModelSheet, ThereAndBack) {
  for (std::size_t n : {0, 1, 2, 3, 1000}) {
    auto s = Sheet::from_bytes(build(n, true));
    ASSERT_TRUE(s.has_value()) << n;
    EXPECT_EQ((*s)->size(), n);
    EXPECT_EQ((*s)->mailbox(), 9u);
    EXPECT_EQ((*s)->modseq_now(), 77u);
    for (std::size_t i = 0; i < n; ++i) {
      SheetRow r = (*s)->row(i);
      EXPECT_EQ(r.uid, 2 * i + 1);
      EXPECT_EQ(r.flags, (Flags{i, i << 1}));
      EXPECT_EQ(r.modseq, i + 10);
      EXPECT_EQ(r.thread, i / 2 + 1);
      EXPECT_EQ(r.size, i * 1000);
      EXPECT_EQ(r.sent, -7);
      EXPECT_EQ((*s)->places(i).size(), i % 3);
      EXPECT_EQ((*s)->find_uid(static_cast<std::uint32_t>(2 * i + 1)), i);
      EXPECT_EQ((*s)->find_uid(static_cast<std::uint32_t>(2 * i + 2)), n);
      EXPECT_EQ((*s)->find_email(i + 100), i);
    }
  }
}

TEST(ModelSheet, AWrongLengthIsRefused) {
  std::string bytes = build(5, true);
  for (std::size_t n = 0; n < bytes.size(); n += 3)
    EXPECT_FALSE(Sheet::from_bytes(bytes.substr(0, n)).has_value()) << n;
  EXPECT_FALSE(Sheet::from_bytes(bytes + "12345678").has_value());
  bytes[0] = 'X';
  EXPECT_FALSE(Sheet::from_bytes(bytes).has_value());
}

TEST(ModelSheet, AWrongCountOrPlaceNeverReadsOutside) {
  std::string bytes = build(6, true);
  for (std::size_t at = 8; at < bytes.size(); ++at)
    for (char c : {'\x00', '\x7f', '\xff'}) {
      std::string bad = bytes;
      bad[at] = c;
      auto s = Sheet::from_bytes(bad);
      if (!s) continue;
      for (std::size_t i = 0; i < (*s)->size(); ++i) {
        (*s)->row(i);
        for (std::uint32_t p : (*s)->places(i)) (void)p;
      }
      (*s)->find_uid(3);
      (*s)->find_email(101);
    }
}

TEST(ModelSheet, OnlySealedDescriptorsAreMapped) {
  std::string bytes = build(100, false);
  auto fd = seal(bytes);
  ASSERT_TRUE(fd.has_value());
  auto s = Sheet::from_fd(*fd);
  ASSERT_TRUE(s.has_value());
  EXPECT_EQ((*s)->size(), 100u);
  EXPECT_LT(::ftruncate(fd->get(), 10), 0);
  base::Fd open(::memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_TRUE(base::write_all(open.get(), bytes).has_value());
  EXPECT_FALSE(Sheet::from_fd(open).has_value());
}

}  // namespace
}  // namespace postern::model
