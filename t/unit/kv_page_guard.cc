// The double-write scheme by itself: kv/page_guard.h.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "base/codec.h"
#include "kv/page_guard.h"
#include "kv/page_sum.h"
#include "kv_fault_disk.h"

namespace postern::kv {
namespace {

using test::FaultDisk;
using test::TempDir;

std::string page(char c) {
  return std::string(kPageSize, c);
}
off_t at(std::uint32_t n) {
  return static_cast<off_t>(n * kPageSize);
}

struct PageGuardTest : testing::Test {
  void SetUp() override { fd.reset(disk.open(database.c_str(), O_RDWR | O_CREAT, 0600)); }
  int write(std::uint32_t n, char c) {
    return static_cast<int>(guard.pwrite(fd.get(), page(c).data(), kPageSize, at(n)));
  }
  char seen(std::uint32_t n) {
    std::string p(kPageSize, '?');
    if (guard.pread(fd.get(), p.data(), kPageSize, at(n)) < static_cast<ssize_t>(kPageSize)) return '-';
    return p == page(p[0]) ? p[0] : '!';
  }
  char on_disk(std::uint32_t n) {
    std::string p(kPageSize, '?');
    if (::pread(fd.get(), p.data(), kPageSize, at(n)) < static_cast<ssize_t>(kPageSize)) return '-';
    return p == page(p[0]) ? p[0] : '!';
  }
  void scribble(const std::string& path, std::uint64_t where, std::string_view bytes) {
    base::Fd f(::open(path.c_str(), O_RDWR));
    ASSERT_TRUE(base::pwrite_all(f.get(), bytes, where));
  }

  TempDir dir;
  FaultDisk disk{dir.path()};
  std::string database = dir.path() + "/store.db", twice = dir.path() + "/double-write";
  PageGuard guard{database, twice};
  base::Fd fd;
};

TEST_F(PageGuardTest, WritesAreKeptUntilTheyAreFlushed) {
  write(0, 'a');
  write(5, 'b');
  write(5, 'c');
  EXPECT_EQ(seen(0), 'a');
  EXPECT_EQ(seen(5), 'c');
  EXPECT_EQ(on_disk(0), '-');
  EXPECT_EQ(guard.size(fd.get()), at(6));
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  EXPECT_EQ(on_disk(0), 'a');
  EXPECT_EQ(on_disk(5), 'c');
  EXPECT_EQ(seen(5), 'c');
  EXPECT_EQ(guard.pages_written(), 2u);
  char head[100];
  write(0, 'z');
  EXPECT_EQ(guard.pread(fd.get(), head, sizeof head, 40), static_cast<ssize_t>(sizeof head));
  EXPECT_EQ(head[99], 'z');
}

TEST_F(PageGuardTest, FullOfPagesItDrainsByItself) {
  for (std::uint32_t i = 0; i < kMaxDeferredPages; ++i) write(i, 'a');
  EXPECT_EQ(guard.pages_written(), 0u);
  write(7, 'b');
  EXPECT_EQ(guard.pages_written(), 0u) << "a newer version needs no room";
  write(kMaxDeferredPages, 'c');
  EXPECT_EQ(guard.pages_written(), kMaxDeferredPages);
  EXPECT_EQ(on_disk(7), 'b');
  EXPECT_EQ(on_disk(kMaxDeferredPages), '-');
  EXPECT_EQ(seen(kMaxDeferredPages), 'c');
}

TEST_F(PageGuardTest, TornPagesComeBack) {
  for (std::uint32_t i = 0; i < 40; ++i) write(i, 'a');
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  for (std::uint32_t i = 10; i < 20; ++i) write(i, 'b');
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  scribble(database, 12 * kPageSize + 512, "garbage");
  scribble(database, 15 * kPageSize, page('x'));
  EXPECT_EQ(restore_torn_pages(database, twice).value(), 2u);
  EXPECT_EQ(on_disk(12), 'b');
  EXPECT_EQ(on_disk(15), 'b');
  EXPECT_EQ(on_disk(30), 'a');
  EXPECT_EQ(restore_torn_pages(database, twice).value(), 0u);
  ASSERT_EQ(::truncate(database.c_str(), at(11) + 100), 0);
  EXPECT_EQ(restore_torn_pages(database, twice).value(), 9u);
  EXPECT_EQ(on_disk(19), 'b');
}

TEST_F(PageGuardTest, TornDoubleWritesAreIgnored) {
  for (std::uint32_t i = 0; i < 4; ++i) write(i, 'a');
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  struct stat st;
  ASSERT_EQ(::stat(twice.c_str(), &st), 0);
  auto images = static_cast<std::uint64_t>(st.st_size) - 4 * kPageSize;
  scribble(database, 0, page('n'));
  scribble(database, 2 * kPageSize, page('n'));
  scribble(twice, images + 100, "garbage");  // the first image
  EXPECT_EQ(restore_torn_pages(database, twice).value() >= 1, true);
  EXPECT_NE(on_disk(0) == 'n', on_disk(2) == 'n') << "one of them lost its image";
  for (std::uint64_t byte : {0u, 9u, 17u, 19u, 21u, 25u, 51u, 52u}) {
    std::string head(60, '\0');
    base::Fd f(::open(twice.c_str(), O_RDWR));
    ASSERT_EQ(::pread(f.get(), head.data(), head.size(), 0), 60);
    scribble(database, 1 * kPageSize, page('n'));
    scribble(twice, byte, std::string(1, static_cast<char>(head[byte] ^ 1)));
    EXPECT_EQ(restore_torn_pages(database, twice).value(), 0u) << byte;
    scribble(twice, 0, head);
  }
  EXPECT_GE(restore_torn_pages(database, twice).value(), 1u);
  EXPECT_EQ(on_disk(1), 'a');
  std::filesystem::resize_file(twice, 100);
  EXPECT_EQ(restore_torn_pages(database, twice).value(), 0u);
  std::filesystem::resize_file(twice, 0);
  EXPECT_EQ(restore_torn_pages(database, twice).value(), 0u);
  std::filesystem::remove(twice);
  EXPECT_EQ(restore_torn_pages(database, twice).value(), 0u);
}

TEST_F(PageGuardTest, PagesCutOffDoNotComeBack) {
  for (std::uint32_t i = 0; i < 8; ++i) write(i, 'a');
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  write(7, 'b');
  ASSERT_EQ(guard.ftruncate(fd.get(), at(4)), 0);
  EXPECT_EQ(guard.size(fd.get()), at(4));
  EXPECT_EQ(seen(7), '-');
  EXPECT_EQ(restore_torn_pages(database, twice).value(), 0u);
  EXPECT_EQ(on_disk(7), '-');
}

TEST_F(PageGuardTest, AFullDiskKeepsThePages) {
  write(0, 'a');
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  write(0, 'b');
  write(1, 'c');
  disk.fail_at(1, ENOSPC, false);
  EXPECT_EQ(guard.fsync(fd.get()), -1);
  EXPECT_FALSE(guard.broken());
  EXPECT_EQ(seen(0), 'b');
  EXPECT_EQ(on_disk(0), 'a');
  write(0, 'd');
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  EXPECT_EQ(on_disk(0), 'd');
  EXPECT_EQ(on_disk(1), 'c');
}

TEST_F(PageGuardTest, AFailedFlushIsFinal) {
  write(0, 'a');
  ASSERT_EQ(guard.fsync(fd.get()), 0);
  for (long n = 3; n < 7; ++n) {  // past what fails before anything is in doubt
    PageGuard one(database, twice);
    one.pwrite(fd.get(), page('b').data(), kPageSize, 0);
    disk.fail_at(n, EIO, false);
    if (one.fsync(fd.get()) == 0) continue;
    disk.heal();
    if (!one.broken()) continue;
    EXPECT_EQ(one.fsync(fd.get()), -1);
    EXPECT_EQ(one.pwrite(fd.get(), page('c').data(), kPageSize, 0), -1);
  }
}

TEST(PageSum, KnowsZeroPagesAndDamage) {
  std::string zero(kPageSize, '\0');
  EXPECT_TRUE(page_intact(zero));
  EXPECT_FALSE(page_intact(zero.substr(1)));
  // A page of type 5 whose sum is put where Berkeley DB puts it.
  std::string p(kPageSize, 'x');
  p[25] = 5;
  std::memset(p.data() + 28, 0, 4);
  std::uint32_t h = 0;
  for (char c : p) h = h * 33 + static_cast<unsigned char>(c);
  std::memcpy(p.data() + 28, &h, 4);
  EXPECT_TRUE(page_intact(p));
  for (std::size_t i : {0u, 24u, 27u, 28u, 31u, 32u, 2'000u, 4'095u}) {
    std::string bad = p;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    EXPECT_FALSE(page_intact(bad)) << i;
  }
}

}  // namespace
}  // namespace postern::kv
