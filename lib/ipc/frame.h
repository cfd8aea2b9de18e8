// The wire between Postern's processes: frames over Unix stream sockets.
//
//   u32 payload length | u8 type | u8 descriptors | u16 zero | u64 call id | payload        (little-endian)
//
//   hello    both ways, first, id 0: the protocol's name.  A different name ends the connection.
//   request  client to server, id chosen by the client, not 0, not in use.
//   item     server to client: one piece of a streamed answer; needs credit (kStreamCredit to begin with).
//   reply    server to client: ends the call.
//   hint     server to client, unasked, id 0.
//   credit   client to server: u32 more items for that call; 0: the rest is not wanted.
//
// Descriptors travel as SCM_RIGHTS with the first byte of their frame.
// decode_header() and FrameReader::feed() are pure; fuzzed by t/fuzz/ipc_frame.cc.
//
// Limits: kMaxPayload, kMaxFrameFds.  Tests: t/unit/ipc_frame.cc, t/unit/ipc_channel.cc,
// t/unit/ipc_hostile.cc
#pragma once
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "ipc/limits.h"

namespace postern::ipc {

enum class FrameType : std::uint8_t { request = 1, reply = 2, item = 3, hint = 4, hello = 5, credit = 6 };

inline constexpr std::size_t kHeaderSize = 16;

struct FrameHeader {
  std::uint32_t length = 0;
  FrameType type = FrameType::request;
  std::uint8_t fds = 0;
  std::uint64_t id = 0;
};

std::array<char, kHeaderSize> encode_header(const FrameHeader& h);
// Fault::corrupt on an unknown type, too many descriptors, a non-zero reserved field or an impossible id;
// Fault::limit past kMaxPayload.  REQUIRES: bytes.size() >= kHeaderSize.
base::Result<FrameHeader> decode_header(std::string_view bytes);

struct Frame {
  FrameHeader header;
  std::string payload;
  std::vector<base::Fd> fds;
};

std::string encode_credit(std::uint32_t items);
base::Result<std::uint32_t> decode_credit(std::string_view payload);

// Cuts frames out of a byte stream.
class FrameReader {
 public:
  // One recvmsg().  The number of bytes; 0 at the end of the connection; nothing when none are there.
  base::Result<std::optional<std::size_t>> receive(int fd);
  // The same without a socket; takes what there is room for, at least one byte after next() gave nothing.
  std::size_t feed(std::string_view bytes, std::vector<base::Fd> fds = {});
  // The next whole frame, or nothing yet.  After an error the stream is of no use.
  base::Result<std::optional<Frame>> next();
  // Descriptors that no frame can own are an error: call it when next() gave nothing.
  base::Result<> check_fds() const;

 private:
  std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
  std::span<char> room();
  void added(std::size_t n);
  void begin_large(const FrameHeader& h);
  base::Result<Frame> finish(const FrameHeader& h, std::string payload);
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::deque<base::Fd> fds_;
  // A large payload under way is read straight into its string.
  std::optional<FrameHeader> large_;
  std::string payload_;
  std::size_t filled_ = 0;
};

// Queues frames and sends them with as few calls as the descriptors among them allow.
class FrameWriter {
 public:
  // REQUIRES: payload.size() <= kMaxPayload, fds.size() <= kMaxFrameFds.
  void push(FrameType type, std::uint64_t id, std::string payload, std::vector<base::Fd> fds = {});
  // Copies the payload; `fds` are duplicated.
  base::Result<> push_copy(FrameType type, std::uint64_t id, std::string_view payload,
                           const std::vector<base::Fd>& fds);
  // True when all is sent, false when the socket is full.
  base::Result<bool> send(int fd);
  std::size_t queued() const { return queued_; }
  std::size_t queued_fds() const { return queued_fds_; }
  bool empty() const { return queued_ == 0; }
  void clear();

 private:
  struct Chunk {
    std::string bytes;
    std::vector<base::Fd> fds;  // sent with the first byte
  };
  std::size_t gather(std::span<iovec> out) const;
  void consume(std::size_t n);
  std::deque<Chunk> chunks_;
  std::string spare_;       // keeps its memory for the next small frames
  std::size_t offset_ = 0;  // sent of the first chunk
  std::size_t queued_ = 0;
  std::size_t queued_fds_ = 0;
};

}  // namespace postern::ipc
