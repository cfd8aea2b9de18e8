// The framing itself: headers, limits, frames cut at any byte, descriptors in the right frame.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/frame.h"

namespace postern::ipc {
namespace {

std::string wire(FrameHeader h, std::string_view payload) {
  auto head = encode_header(h);
  return std::string(head.data(), head.size()) + std::string(payload);
}

TEST(Frame, HeaderRoundTripAndLayout) {
  FrameHeader h{0x01020304u & 0xfffff, FrameType::item, 3, 0x1122334455667788u};
  auto bytes = encode_header(h);
  EXPECT_EQ(std::string(bytes.data(), 16),
            std::string("\x04\x03\x02\x00\x03\x03\x00\x00\x88\x77\x66\x55\x44\x33\x22\x11", 16));
  auto back = decode_header({bytes.data(), bytes.size()});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->length, h.length);
  EXPECT_EQ(back->type, h.type);
  EXPECT_EQ(back->fds, 3);
  EXPECT_EQ(back->id, h.id);
}

TEST(Frame, MalformedHeadersAreRefused) {
  auto bad = [](FrameHeader h, std::size_t at = 0, char value = 0) {
    auto b = encode_header(h);
    if (at) b[at] = value;
    return !decode_header({b.data(), b.size()});
  };
  EXPECT_FALSE(bad({kMaxPayload, FrameType::request, kMaxFrameFds, 1}));
  EXPECT_TRUE(bad({kMaxPayload + 1, FrameType::request, 0, 1}));
  EXPECT_TRUE(bad({0, FrameType::request, kMaxFrameFds + 1, 1}));
  EXPECT_TRUE(bad({0, FrameType::request, 0, 1}, 4, 7));
  EXPECT_TRUE(bad({0, static_cast<FrameType>(0), 0, 1}));
  EXPECT_TRUE(bad({0, FrameType::request, 0, 1}, 6, 1));
  EXPECT_TRUE(bad({0, FrameType::request, 0, 1}, 7, 1));
  EXPECT_TRUE(bad({0, FrameType::request, 0, 0}));
  EXPECT_TRUE(bad({0, FrameType::hint, 0, 1}));
  EXPECT_TRUE(bad({0, FrameType::hello, 0, 1}));
}

TEST(Frame, ReaderTakesFramesCutAtAnyByte) {
  std::string stream = wire({5, FrameType::request, 0, 1}, "hello") + wire({0, FrameType::reply, 0, 2}, "") +
                       wire({3, FrameType::hint, 0, 0}, "abc");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader r;
    std::vector<std::string> got;
    for (auto part : {stream.substr(0, cut), stream.substr(cut)}) {
      ASSERT_EQ(r.feed(part), part.size());
      for (;;) {
        auto f = r.next();
        ASSERT_TRUE(f);
        if (!*f) break;
        got.push_back((*f)->payload);
      }
    }
    EXPECT_EQ(got, (std::vector<std::string>{"hello", "", "abc"})) << cut;
    EXPECT_TRUE(r.check_fds());
  }
}

TEST(Frame, LargeFramesAtEverySizeAroundTheBuffer) {
  for (std::size_t n : {16000u, 16367u, 16368u, 16369u, 40000u, static_cast<unsigned>(kMaxPayload)}) {
    FrameReader r;
    std::string payload(n, 'p');
    payload.back() = 'e';
    std::string stream = wire({static_cast<std::uint32_t>(n), FrameType::request, 0, 9}, payload) +
                         wire({1, FrameType::request, 0, 10}, "z");
    std::string_view rest = stream;
    std::vector<Frame> got;
    while (true) {
      auto f = r.next();
      ASSERT_TRUE(f);
      if (*f) {
        got.push_back(std::move(**f));
        continue;
      }
      if (rest.empty()) break;
      std::size_t took = r.feed(rest.substr(0, 5000));
      ASSERT_GT(took, 0u);
      rest.remove_prefix(took);
    }
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].payload, payload);
    EXPECT_EQ(got[1].payload, "z");
  }
}

struct Sockets {
  Sockets() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
  base::Fd a, b;
};

ino_t inode(int fd) {
  struct stat st{};
  EXPECT_EQ(::fstat(fd, &st), 0);
  return st.st_ino;
}

TEST(Frame, DescriptorsReachTheirFrames) {
  Sockets s;
  FrameWriter w;
  FrameReader r;
  std::vector<ino_t> sent;
  std::vector<ino_t> got;
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < 12; ++i) {
    std::vector<base::Fd> fds;
    for (std::size_t k = 0; k < i % 5; ++k) {
      auto f = base::open_spool("");
      ASSERT_TRUE(f);
      sent.push_back(inode(f->get()));
      fds.push_back(std::move(*f));
    }
    w.push(FrameType::request, i + 1, std::string(i * 3000, 'x'), std::move(fds));
  }
  while (counts.size() < 12) {
    auto ok = w.send(s.a.get());
    ASSERT_TRUE(ok);
    auto n = r.receive(s.b.get());
    ASSERT_TRUE(n) << n.error().what;
    for (;;) {
      auto f = r.next();
      ASSERT_TRUE(f) << f.error().what;
      if (!*f) break;
      EXPECT_EQ((*f)->payload.size(), counts.size() * 3000);
      counts.push_back((*f)->fds.size());
      for (auto& fd : (*f)->fds) got.push_back(inode(fd.get()));
    }
    ASSERT_TRUE(r.check_fds());
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1}));
  EXPECT_EQ(got, sent);
  EXPECT_EQ(w.queued(), 0u);
  EXPECT_EQ(w.queued_fds(), 0u);
}

TEST(Frame, DescriptorsMissingOrUnannounced) {
  FrameReader missing;
  missing.feed(wire({0, FrameType::request, 1, 1}, ""));
  EXPECT_FALSE(missing.next());
  FrameReader extra;
  std::vector<base::Fd> one;
  one.emplace_back(::dup(0));
  extra.feed(wire({0, FrameType::request, 0, 1}, ""), std::move(one));
  auto f = extra.next();
  ASSERT_TRUE(f && *f);
  f = extra.next();
  ASSERT_TRUE(f);
  EXPECT_FALSE(extra.check_fds());
}

}  // namespace
}  // namespace postern::ipc
