#include "io/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "io/limits.h"

namespace {

using namespace postern;
using io::Deflater;
using io::Inflater;

// All that `in` gives for these compressed bytes, fed in pieces.
base::Result<std::string> inflate_all(Inflater& in, std::string_view raw, std::size_t piece = 100, std::size_t room = 1000) {
  std::string out, buffer(room, '\0');
  do {
    if (!in.pending() && !raw.empty()) {
      auto space = in.room();
      std::size_t n = std::min({piece, space.size(), raw.size()});
      std::copy_n(raw.data(), n, space.data());
      in.added(n);
      raw.remove_prefix(n);
    }
    auto got = in.read(buffer);
    if (!got) return base::pass(got);
    out.append(buffer, 0, *got);
  } while (in.pending() || !raw.empty());
  return out;
}

std::string words(std::mt19937& random, std::size_t n) {
  static const char* kWords[] = {"FETCH", "1:*", "(FLAGS)", "INBOX", "a1", "\r\n", "UID", "STORE", "0123456789"};
  std::string out;
  while (out.size() < n) out += std::string(kWords[random() % 9]) + static_cast<char>(random());
  return out;
}

TEST(Deflate, ThereAndBackInPiecesOfAnySize) {
  std::mt19937 random(1);
  for (std::size_t piece : {1u, 7u, 4096u}) {
    Deflater out;
    Inflater in;
    for (int round = 0; round < 50; ++round) {
      std::string text = words(random, random() % 3000), raw;
      out.write(std::string_view(text).substr(0, text.size() / 2), raw);
      out.write(std::string_view(text).substr(text.size() / 2), raw);
      out.flush(raw);
      EXPECT_EQ(out.held(), 0u);
      auto back = inflate_all(in, raw, piece, 1 + random() % 5000);
      ASSERT_TRUE(back);
      EXPECT_EQ(*back, text);
    }
  }
}

// A peer that refers far back, and flushes as RFC 4978 lets it: both ends rest after each burst, and nobody can tell.
TEST(Deflate, RestingChangesNoByteAndHoldsLittle) {
  for (int flush : {Z_SYNC_FLUSH, Z_PARTIAL_FLUSH, Z_FULL_FLUSH, Z_BLOCK}) {
    std::mt19937 random(2);
    z_stream peer{};
    ASSERT_EQ(deflateInit2(&peer, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    Deflater out;
    Inflater in, peers_in;
    std::string sent, received;
    for (int round = 0; round < 200; ++round) {
      std::string text = words(random, random() % 500), raw(8192, '\0');
      peer.next_in = reinterpret_cast<Bytef*>(text.data());
      peer.avail_in = static_cast<uInt>(text.size());
      peer.next_out = reinterpret_cast<Bytef*>(raw.data());
      peer.avail_out = 8192;
      deflate(&peer, flush);
      raw.resize(8192 - peer.avail_out);
      sent += text;
      auto got = inflate_all(in, raw);
      ASSERT_TRUE(got) << got.error().what;
      received += *got;
      in.rest();
      std::string answer;
      out.write(text, answer);
      out.flush(answer);
      out.rest();
      EXPECT_EQ(*inflate_all(peers_in, answer), text);
    }
    std::string raw(65536, '\0');
    peer.next_out = reinterpret_cast<Bytef*>(raw.data());
    peer.avail_out = 65536;
    deflate(&peer, Z_SYNC_FLUSH);
    raw.resize(65536 - peer.avail_out);
    received += *inflate_all(in, raw);
    EXPECT_EQ(received, sent) << flush;
    in.rest();
    EXPECT_LT(in.memory(), 20'000u);
    deflateEnd(&peer);
  }
}

TEST(Deflate, RestedAfterWordsItHoldsLessThanAFewOfThem) {
  Inflater in;
  Deflater out;
  std::string raw;
  for (int i = 0; i < 1000; ++i) out.write("a" + std::to_string(i) + " UID FETCH 1:* (FLAGS)\r\n", raw);
  out.flush(raw);
  ASSERT_TRUE(inflate_all(in, raw));
  EXPECT_GT(in.memory(), 40'000u);
  in.rest();
  EXPECT_LT(in.memory(), 8'000u);
}

TEST(Deflate, WhatIsNoDeflateDataIsAnError) {
  Inflater in;
  auto got = inflate_all(in, std::string(100, '\xff'));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, "IO");
}

TEST(Deflate, ABombIsStopped) {
  // At the limit of what a stream may expand to without being asked for its ratio, and one byte past it.
  Deflater out;
  std::string zeros(1 << 20, '\0'), raw;
  for (std::size_t n = 0; n < io::kInflateFree; n += zeros.size()) out.write(zeros, raw);
  out.flush(raw);
  Inflater in;
  auto got = inflate_all(in, raw, 4096, 65536);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->size(), io::kInflateFree);
  std::string more;
  out.write("x", more);
  out.flush(more);
  got = inflate_all(in, more);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().fault, base::Fault::limit);
}

// What expands by less than kInflateRatio may go on for ever.
TEST(Deflate, OrdinaryTextIsNoBomb) {
  std::mt19937 random(3);
  Deflater out;
  Inflater in;
  std::size_t raw_bytes = 0, bytes = 0;
  while (bytes <= io::kInflateFree) {
    std::string text = words(random, 1 << 20), raw;
    out.write(text, raw);
    out.flush(raw);
    auto got = inflate_all(in, raw, 4096, 65536);
    ASSERT_TRUE(got);
    ASSERT_EQ(got->size(), text.size());
    raw_bytes += raw.size();
    bytes += text.size();
  }
  EXPECT_LT(bytes / raw_bytes, io::kInflateRatio);
}

TEST(Deflate, TheEndOfTheDataIsTheEnd) {
  z_stream peer{};
  ASSERT_EQ(deflateInit2(&peer, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string text = "LOGOUT\r\n", raw(100, '\0');
  peer.next_in = reinterpret_cast<Bytef*>(text.data());
  peer.avail_in = static_cast<uInt>(text.size());
  peer.next_out = reinterpret_cast<Bytef*>(raw.data());
  peer.avail_out = 100;
  deflate(&peer, Z_FINISH);
  raw.resize(100 - peer.avail_out);
  deflateEnd(&peer);
  Inflater in;
  EXPECT_EQ(*inflate_all(in, raw), text);
  std::string room(10, '\0');
  EXPECT_EQ(in.read(room).error().code, "EOF");
}

}  // namespace
