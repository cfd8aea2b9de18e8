// Blobs: what is put is read back whole or in part, damage is found, crashes and full disks cost nothing that
// was synced.
#include "blob/blob_store.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <random>
#include <thread>

#include "base/codec.h"
#include "base/file.h"
#include "blob/aead.h"
#include "kv_fault_disk.h"

namespace postern::blob {
namespace {

namespace fs = std::filesystem;
using test::FaultDisk;
using test::TempDir;

std::string body_of(std::size_t size, bool random, unsigned seed = 1) {
  std::mt19937_64 rng(seed);
  std::string s;
  while (s.size() < size) {
    if (random) {
      std::uint64_t v = rng();
      s.append(reinterpret_cast<const char*>(&v), 8);
    } else {
      s += "Received: from example " + std::to_string(rng() % 1'000) + "\r\n";
    }
  }
  s.resize(size);
  return s;
}

struct BlobStore : testing::Test {
  void open() {
    writer.reset();
    auto w = Writer::open(options);
    ASSERT_TRUE(w) << w.error().what;
    writer = std::move(*w);
  }
  Stored put(std::string_view body) {
    auto s = writer->put(body);
    EXPECT_TRUE(s) << s.error().what;
    if (!s) return {};
    EXPECT_EQ(s->sha256, base::sha256(body));
    auto parsed = Location::parse(s->location.serialize());
    EXPECT_TRUE(parsed);
    EXPECT_EQ(*parsed, s->location);
    return *s;
  }
  std::string file(std::uint32_t segment) const {
    char name[16];
    std::snprintf(name, sizeof name, "%08x.seg", segment);
    return options.folder + "/" + name;
  }
  std::vector<WalkedRecord> walk(std::uint32_t segment) {
    std::vector<WalkedRecord> found;
    auto key = MasterKey::load(options.master_key);
    EXPECT_TRUE(key);
    auto end = walk_segment(options.folder, segment, *key, [&](const WalkedRecord& r) {
      found.push_back(r);
      return true;
    });
    EXPECT_TRUE(end) << end.error().what;
    if (end) walked = *end;
    return found;
  }

  TempDir dir;
  FaultDisk disk{dir.path()};
  WriterOptions options{
      .folder = dir.path() + "/blobs", .master_key = dir.path() + "/master.key", .segment_target = 4u << 20};
  std::unique_ptr<Writer> writer;
  Reader reader{dir.path() + "/blobs"};
  WalkEnd walked;
};

TEST_F(BlobStore, RoundTripsOfAllSizes) {
  open();
  std::vector<std::pair<Stored, std::string>> all;
  for (std::size_t size : {0, 1, 9, 65'535, 65'536, 65'537, 1 << 20, (1 << 20) + 1, 5'000'000})
    for (bool random : {false, true}) {
      std::string body = body_of(size, random);
      all.emplace_back(put(body), body);
      if (!random && size >= 65'535) EXPECT_LT(all.back().first.location.stored_length, size / 2);
      if (random)
        EXPECT_EQ(all.back().first.location.stored_length, size + (size + 65'535) / 65'536 * kTagSize);
    }
  ASSERT_TRUE(writer->sync());
  for (auto& [s, body] : all) {
    EXPECT_EQ(reader.read(s.location).value(), body);
    std::string streamed;
    ASSERT_TRUE(reader.read_frames(s.location, 0, [&](std::string_view piece) {
      EXPECT_LE(piece.size(), kFrameSize);
      streamed += piece;
      return true;
    }));
    EXPECT_EQ(streamed, body);
  }
  // The same from the segments alone.
  std::size_t found = 0;
  for (std::uint32_t n : list_segments(options.folder).value())
    for (auto& r : walk(n)) {
      EXPECT_EQ(r.sha256, all[found].first.sha256);
      EXPECT_EQ(r.location, all[found].first.location);
      ++found;
      EXPECT_EQ(walked.skipped, 0u);
    }
  EXPECT_EQ(found, all.size());
}

TEST_F(BlobStore, OtherCodecsLieSideBySide) {
  std::string text = body_of(200'000, false), noise = body_of(200'000, true);
  std::vector<Stored> all;
  for (Codec codec : {Codec::none, Codec::lz4, Codec::zstd}) {
    options.codec = codec;
    open();
    all.push_back(put(text));
    EXPECT_EQ(all.back().location.frames[0].codec, codec);
    EXPECT_EQ(put(noise).location.frames[0].codec, Codec::none);
  }
  EXPECT_LT(all[1].location.stored_length, all[0].location.stored_length);
  EXPECT_LT(all[2].location.stored_length, all[1].location.stored_length);
  for (auto& s : all)
    EXPECT_EQ(reader.read(s.location, 70'000, 100'000).value(), text.substr(70'000, 100'000));
}

TEST_F(BlobStore, RangedReadsAtAnyOffset) {
  open();
  std::string body = body_of(1'300'000, false);
  Stored s = put(body);
  std::mt19937 rng(3);
  for (int i = 0; i < 300; ++i) {
    std::uint64_t from = i < 20 ? kFrameSize * static_cast<std::uint64_t>(i) : rng() % (body.size() + 10);
    std::uint64_t n = i % 3 ? rng() % 200'000 : rng() % 3;
    std::string want = from >= body.size() ? "" : body.substr(from, n);
    ASSERT_EQ(reader.read(s.location, from, n).value(), want) << from << " " << n;
  }
  for (std::uint64_t from : {0ull, 1ull, 65'535ull, 65'536ull, 70'000ull, 1'299'999ull, 1'300'000ull}) {
    std::string rest;
    ASSERT_TRUE(reader.read_frames(s.location, from, [&](std::string_view piece) {
      rest += piece;
      return true;
    }));
    EXPECT_EQ(rest, body.substr(from));
  }
  int pieces = 0;
  ASSERT_TRUE(reader.read_frames(s.location, 0, [&](std::string_view) { return ++pieces < 3; }));
  EXPECT_EQ(pieces, 3);
}

TEST_F(BlobStore, WithoutWaitingWhatIsInMemory) {
  open();
  for (std::size_t size : {9, 65'537, 1 << 20}) {
    std::string body = body_of(size, false);
    auto s = put(body);
    Reader fresh{options.folder};
    EXPECT_FALSE(fresh.read_now(s.location, 0, size).value());  // its segment is not open
    ASSERT_TRUE(fresh.read(s.location));
    EXPECT_EQ(fresh.read_now(s.location, 0, size).value(), body);
    EXPECT_EQ(fresh.read_now(s.location, 5, 3).value(), body.substr(5, 3));
    EXPECT_EQ(fresh.read_now(s.location, size, 1).value(), "");
    disk.would_wait = true;
    EXPECT_FALSE(fresh.read_now(s.location, 0, size).value());
    EXPECT_EQ(fresh.read(s.location).value(), body);
    disk.would_wait = false;
  }
}

// The disk format: GCM test case 2 of its specification, whatever library does it.
TEST_F(BlobStore, FramesAreSealedAsEver) {
  FrameCipher cipher(Key{});
  std::string frame(16, '\0');
  frame.resize(16 + kTagSize);
  cipher.seal(0, frame.data(), 16);
  EXPECT_EQ(base::hex(frame), "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
  std::string plain(16, 'x');
  EXPECT_TRUE(cipher.open(0, frame, plain.data()));
  EXPECT_EQ(plain, std::string(16, '\0'));
  EXPECT_FALSE(cipher.open(1, frame, plain.data()));
  EXPECT_FALSE(cipher.open(0, std::string_view(frame).substr(0, 15), plain.data()));
}

TEST_F(BlobStore, BodiesFromDescriptors) {
  open();
  for (std::size_t size : {0u, 100u, 1u << 20, 3'000'000u}) {
    std::string body = body_of(size, size % 2);
    base::Fd fd(::memfd_create("body", MFD_CLOEXEC));
    ASSERT_TRUE(base::pwrite_all(fd.get(), body, 0));
    auto s = writer->put(fd.get(), size);
    ASSERT_TRUE(s) << s.error().what;
    EXPECT_EQ(s->sha256, base::sha256(body));
    EXPECT_EQ(reader.read(s->location).value(), body);
    base::Digest known = base::sha256(body);
    EXPECT_EQ(writer->put(fd.get(), size, &known)->sha256, known);
    auto over = writer->put(fd.get(), size + 1);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().fault, base::Fault::permanent);
  }
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  EXPECT_EQ(writer->put(pipe[0], 0).error().fault, base::Fault::permanent);
  ::close(pipe[0]), ::close(pipe[1]);
  base::Fd fd(::memfd_create("large", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(kMaxBlobSize + 1)), 0);
  EXPECT_EQ(writer->put(fd.get(), kMaxBlobSize + 1).error().fault, base::Fault::limit);
}

TEST_F(BlobStore, ASegmentIsNoiseWithoutALocation) {
  open();
  std::string body = "Subject: the plan\r\n\r\nWe meet at noon.\r\n";
  Stored a = put(body), b = put(body);
  EXPECT_NE(a.location.key, b.location.key);
  std::string bytes = base::read_file(file(1)).value();
  EXPECT_EQ(bytes.find("noon"), std::string::npos);
  EXPECT_EQ(bytes.find(base::view(a.sha256)), std::string::npos) << "equal mail would be found by its hash";
  EXPECT_EQ(bytes.find(std::string(reinterpret_cast<const char*>(a.location.key.data()), 16)),
            std::string::npos);
  Location wrong = a.location;
  wrong.key = b.location.key;
  EXPECT_EQ(reader.read(wrong).error().fault, base::Fault::corrupt);
}

// X02 for blobs: each flipped bit is found by the read, by the walk, or harms nothing.
TEST_F(BlobStore, FlippedBitsAreFound) {
  open();
  std::string small = body_of(700, false), other = body_of(300, true), large = body_of(1'200'000, false);
  Stored s = put(small), o = put(other), l = put(large);
  std::string bytes = base::read_file(file(1), 1u << 24).value();
  auto key = MasterKey::load(options.master_key);
  auto flip_and_read = [&](std::uint64_t at, int bit, const Location& location) {
    base::Fd fd(::open(file(1).c_str(), O_RDWR));
    char c = static_cast<char>(bytes[at] ^ (1 << bit));
    EXPECT_TRUE(base::pwrite_all(fd.get(), {&c, 1}, at));
    auto read = reader.read(location);
    EXPECT_TRUE(base::pwrite_all(fd.get(), {&bytes[at], 1}, at));
    return read;
  };
  for (std::uint64_t at = s.location.offset; at < s.location.end(); ++at) {
    bool in_frames = at >= s.location.offset + s.location.header_length;
    auto read = flip_and_read(at, static_cast<int>(at % 8), s.location);
    ASSERT_EQ(read.has_value(), !in_frames) << at;
    if (!read) ASSERT_EQ(read.error().fault, base::Fault::corrupt);
    if (read) ASSERT_EQ(*read, small);
    // The walk passes over a record whose header is damaged, and finds the others.
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    std::size_t n = 0;
    bool others = false;
    auto end = walk_bytes(bad, 1, *key, [&](const WalkedRecord& r) {
      ++n;
      others |= r.sha256 == o.sha256;
      return true;
    });
    ASSERT_TRUE(end);
    ASSERT_EQ(n, in_frames ? 3u : 2u) << at;
    ASSERT_TRUE(others);
  }
  // A large blob's frame table stands in the header only: damage there must not be believed.
  for (std::uint64_t at = l.location.offset; at < l.location.offset + l.location.header_length; ++at) {
    auto read = flip_and_read(at, static_cast<int>(at % 8), l.location);
    ASSERT_FALSE(read && *read != large);
    if (at < l.location.offset + 116 || at >= l.location.offset + 120) ASSERT_FALSE(read) << at;
  }
  EXPECT_EQ(reader.read(l.location).value(), large);
}

TEST_F(BlobStore, LocationsThatLieAreRefused) {
  open();
  Stored s = put(body_of(100'000, true)), l = put(body_of(2'000'000, true));
  auto refused = [&](Location bad) {
    auto r = reader.read(bad);
    EXPECT_FALSE(r);
  };
  Location bad = s.location;
  bad.segment = 99;
  EXPECT_EQ(reader.read(bad).error().code, "NOT_FOUND");
  bad = s.location, bad.offset += 8, refused(bad);
  bad = s.location, bad.size += 1, refused(bad);
  bad = s.location, bad.size -= 1, refused(bad);
  bad = s.location, bad.frames.clear(), refused(bad);
  bad = s.location, bad.frames[0].codec = Codec::lz4, refused(bad);
  bad = s.location, bad.frames[0].codec = Codec::zstd, refused(bad);
  bad = s.location, bad.frames[1].stored = 70, refused(bad);
  bad = s.location, bad.frames[1].stored = 1, refused(bad);
  bad = s.location, bad.offset = 1ull << 61, refused(bad);
  bad = l.location, bad.header_length += 4, refused(bad);
  bad = l.location, bad.size += 1, refused(bad);
  bad = l.location, bad.stored_length += 1, refused(bad);
  bad = l.location, bad.size = kMaxBlobSize + 1, refused(bad);
  bad = l.location, bad.offset = s.location.offset, refused(bad);
}

TEST_F(BlobStore, ReopenGoesOnBehindEverything) {
  std::vector<std::pair<Stored, std::string>> all;
  for (unsigned life = 0; life < 6; ++life) {
    open();
    for (unsigned i = 0; i < 20; ++i) {
      std::string body = body_of(1 + 997 * i * (life + 1), i % 2, life * 100 + i);
      all.emplace_back(put(body), body);
      if (life > 0 && i == 0) EXPECT_EQ(all.back().first.location.offset % 4096, 0u);
    }
    ASSERT_TRUE(writer->sync());
    for (auto& [s, body] : all) ASSERT_EQ(reader.read(s.location).value(), body);
  }
  EXPECT_EQ(list_segments(options.folder)->size(), 1u);
  EXPECT_EQ(walk(1).size(), all.size());
}

TEST_F(BlobStore, KnownEndIsNeverWrittenOver) {
  open();
  Stored s = put(body_of(5'000, true));
  ASSERT_TRUE(writer->sync());
  writer.reset();
  options.known_segment = s.location.segment;
  options.known_end = s.location.end() + 100'000;
  open();
  EXPECT_GE(put("next").location.offset, options.known_end);
  writer.reset();
  options.known_segment = 40;  // that segment is missing: its number is not used again
  open();
  EXPECT_EQ(put("next").location.segment, 41u);
}

TEST_F(BlobStore, SegmentsRollAtTheirTarget) {
  open();
  std::vector<Stored> all;
  for (unsigned i = 0; i < 40; ++i) all.push_back(put(body_of(300'000, true, i)));
  EXPECT_EQ(all.back().location.segment, 4u);
  Stored large = put(body_of(6'000'000, true));
  EXPECT_GT(large.location.size, options.segment_target);
  EXPECT_EQ(large.location.offset, 64u) << "one that exceeds the target gets a segment of its own";
  ASSERT_TRUE(writer->roll());
  EXPECT_GT(put("x").location.segment, large.location.segment);
  ASSERT_TRUE(writer->sync());
  for (unsigned i = 0; i < 40; ++i)
    EXPECT_EQ(reader.read(all[i].location).value(), body_of(300'000, true, i));

  writer->mark_dead(all[0].location);
  auto stats = writer->segment_stats();
  EXPECT_EQ(stats[0].segment, 1u);
  EXPECT_GE(stats[0].dead, 300'000u);
  EXPECT_FALSE(stats[0].current);
  EXPECT_TRUE(stats.back().current);
  EXPECT_EQ(writer->remove_segment(stats.back().segment).error().code, "IN_USE");
  ASSERT_TRUE(writer->remove_segment(1));
  EXPECT_FALSE(fs::exists(file(1)));
  EXPECT_EQ(writer->remove_segment(1).error().code, "NOT_FOUND");
  reader.forget(1);
  EXPECT_EQ(reader.read(all[0].location).error().code, "NOT_FOUND");
}

TEST_F(BlobStore, MasterKeyIsMadeOnceAndGuarded) {
  open();
  EXPECT_EQ(fs::status(options.master_key).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  put("x");
  writer.reset();
  auto key = base::read_file(options.master_key).value();
  open();
  writer.reset();
  EXPECT_EQ(base::read_file(options.master_key).value(), key);
  fs::permissions(options.master_key, fs::perms::group_read, fs::perm_options::add);
  EXPECT_FALSE(Writer::open(options));
  fs::remove(options.master_key);
  auto w = Writer::open(options);
  ASSERT_FALSE(w) << "a new key would make all blobs unreadable for fsck";
  EXPECT_EQ(w.error().fault, base::Fault::permanent);
  EXPECT_FALSE(fs::exists(options.master_key));
  ASSERT_TRUE(MasterKey::create(options.master_key));
  EXPECT_FALSE(MasterKey::create(options.master_key));
  auto other = MasterKey::load(options.master_key);
  std::size_t n = 0;
  auto end = walk_segment(options.folder, 1, *other, [&](const WalkedRecord&) { return ++n, true; });
  ASSERT_TRUE(end);
  EXPECT_EQ(n, 0u) << "another key opens nothing";
}

TEST_F(BlobStore, GarbageTailAndForeignFilesAreHarmless) {
  open();
  Stored s = put(body_of(10'000, false));
  ASSERT_TRUE(writer->sync());
  writer.reset();
  base::Fd fd(::open(file(1).c_str(), O_RDWR | O_APPEND));
  ASSERT_TRUE(base::write_all(fd.get(), "PBR1" + body_of(50'000, true)));
  base::write_file(options.folder + "/00000002.seg", "", 0600).value();
  base::write_file(options.folder + "/notes.txt", "hello", 0600).value();
  base::write_file(options.folder + "/0000000G.seg", "hello", 0600).value();
  open();
  Stored t = put("behind the garbage");
  EXPECT_EQ(t.location.segment, 3u) << "a segment without a head is left alone";
  EXPECT_EQ(reader.read(s.location).value(), body_of(10'000, false));
  EXPECT_EQ(reader.read(t.location).value(), "behind the garbage");
  EXPECT_EQ(walk(1).size(), 1u);
  auto key = MasterKey::load(options.master_key);
  EXPECT_FALSE(walk_segment(options.folder, 2, *key, [](const WalkedRecord&) { return true; }));
}

TEST_F(BlobStore, PutsInParallel) {
  open();
  constexpr int kThreads = 4, kEach = 60;
  std::vector<std::vector<Stored>> stored(kThreads);
  std::atomic<bool> stop{false};
  std::thread syncer([&] {
    while (!stop) EXPECT_TRUE(writer->sync());
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        stored[t].push_back(writer
                                ->put(body_of(static_cast<std::size_t>(i % 20 ? i * 997 : 1'500'000), i % 2,
                                              static_cast<unsigned>(t * 100 + i)))
                                .value());
    });
  for (auto& t : threads) t.join();
  stop = true;
  syncer.join();
  for (int t = 0; t < kThreads; ++t)
    for (int i = 0; i < kEach; ++i)
      ASSERT_EQ(base::sha256(reader.read(stored[t][i].location).value()), stored[t][i].sha256);
  std::size_t n = 0;
  for (std::uint32_t segment : list_segments(options.folder).value()) n += walk(segment).size();
  EXPECT_EQ(n, static_cast<std::size_t>(kThreads * kEach));
}

// F05: whatever call finds the disk full, the writer is usable when there is room again.
TEST_F(BlobStore, FullDiskAtEveryCallLeavesAUsableWriter) {
  bool reached = true;
  for (long n = 1; reached; ++n) {
    SCOPED_TRACE(n);
    fs::remove_all(options.folder);
    Reader fresh(options.folder);
    open();
    std::vector<std::pair<Stored, std::string>> good;
    disk.fail_at(n, ENOSPC, false);
    bool failed = false;
    for (unsigned i = 0; i < 12; ++i) {
      std::string body = body_of(i % 4 == 3 ? 1'200'000 : 20'000, i % 2, i);
      auto s = writer->put(body);
      if (s) good.emplace_back(*s, body);
      if (s) continue;
      failed = true;
      EXPECT_EQ(s.error().fault, base::Fault::temporary);
      EXPECT_EQ(s.error().code, "NO_SPACE");
    }
    reached = disk.calls() >= n;
    EXPECT_EQ(failed, reached);
    disk.heal();
    ASSERT_TRUE(writer->sync());
    std::size_t walked_records = 0;
    for (std::uint32_t segment : list_segments(options.folder).value())
      walked_records += walk(segment).size();
    EXPECT_EQ(walked_records, good.size());
    for (auto& [s, body] : good) ASSERT_EQ(fresh.read(s.location).value(), body);
  }
}

// Each call in turn fails for good, comes half-way, is cut short or is slow: what a sync() covered is whole in the next life.
TEST_F(BlobStore, FaultsAtEveryCallLoseNothingSynced) {
  using Arm = void (*)(FaultDisk&, long);
  const std::pair<const char*, Arm> kFaults[] = {
      {"EIO", [](FaultDisk& d, long n) { d.fail_at(n, EIO, false); }},
      {"EIO from then on", [](FaultDisk& d, long n) { d.fail_at(n, EIO, true); }},
      {"ENOSPC from then on", [](FaultDisk& d, long n) { d.fail_at(n, ENOSPC, true); }},
      {"torn", [](FaultDisk& d, long n) { d.tear_at(n); }},
      {"short", [](FaultDisk& d, long n) { d.cut_short_at(n); }},
      {"slow", [](FaultDisk& d, long n) { d.delay_at(n); }}};
  for (auto& [name, arm] : kFaults) {
    bool reached = true;
    for (long n = 1; reached; ++n) {
      SCOPED_TRACE(testing::Message() << name << " at call " << n);
      fs::remove_all(options.folder);
      std::vector<std::pair<Stored, std::string>> synced, pending;
      arm(disk, n);
      if (auto opened = Writer::open(options)) {
        writer = std::move(*opened);
        for (unsigned i = 0; i < 10; ++i) {
          std::string body = body_of(i % 5 == 4 ? 1'200'000 : 20'000, i % 2, i);
          if (auto s = writer->put(body)) pending.emplace_back(*s, body);
          if (i % 3 || !writer->sync()) continue;
          std::move(pending.begin(), pending.end(), std::back_inserter(synced));
          pending.clear();
        }
      }
      reached = disk.calls() >= n;
      disk.heal();
      open();
      put("the next life");
      ASSERT_TRUE(writer->sync());
      Reader fresh(options.folder);
      for (auto& [s, body] : synced) {
        auto read = fresh.read(s.location);
        ASSERT_TRUE(read) << read.error().what;
        ASSERT_EQ(*read, body);
      }
    }
  }
}

// F04: after a failed flush nothing more is promised.
TEST_F(BlobStore, FailedSyncIsFinal) {
  open();
  put("x");
  disk.fail_at(1, EIO, false);
  EXPECT_EQ(writer->sync().error().code, "PANIC");
  disk.heal();
  EXPECT_EQ(writer->sync().error().code, "PANIC");
  EXPECT_EQ(writer->put("y").error().code, "PANIC");
  open();
  EXPECT_TRUE(writer->put("z"));
  EXPECT_TRUE(writer->sync());
}

// F03: what was synced before the power went is whole afterwards, whatever became of the rest.
TEST_F(BlobStore, PowerCutKeepsWhatWasSynced) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 rng(seed);
    fs::remove_all(options.folder);
    std::vector<std::pair<Stored, std::string>> synced, pending;
    for (int life = 0; life < 3; ++life) {
      disk.freeze_at(3 + static_cast<long>(rng() % 60));
      open();
      for (unsigned i = 0; i < 40 && !disk.frozen(); ++i) {
        std::string body = body_of(rng() % (i % 10 == 0 ? 1'500'000 : 30'000), i % 2, rng());
        auto s = writer->put(body);
        ASSERT_TRUE(s);
        pending.emplace_back(*s, body);
        if (rng() % 3) continue;
        ASSERT_TRUE(writer->sync());
        if (disk.frozen()) break;
        std::move(pending.begin(), pending.end(), std::back_inserter(synced));
        pending.clear();
      }
      pending.clear();
      writer.reset();
      disk.power_cut(rng);
      disk.heal();
      open();
      put("after the cut");
      ASSERT_TRUE(writer->sync());
      Reader fresh(options.folder);
      for (auto& [s, body] : synced) {
        auto read = fresh.read(s.location);
        ASSERT_TRUE(read) << read.error().what;
        ASSERT_EQ(*read, body);
      }
      std::size_t found = 0;
      for (std::uint32_t segment : list_segments(options.folder).value()) {
        auto key = MasterKey::load(options.master_key);
        auto end = walk_segment(options.folder, segment, *key, [&](const WalkedRecord& r) {
          for (auto& [s, body] : synced) found += s.location == r.location;
          return true;
        });
        if (!end) EXPECT_EQ(end.error().fault, base::Fault::corrupt);
      }
      EXPECT_EQ(found, synced.size());
    }
  }
}

}  // namespace
}  // namespace postern::blob
