#include "ipc/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.h"

namespace postern::ipc {
namespace {

constexpr std::size_t kReadBuffer = 16 * 1024;  // larger frames are read straight into their payload
constexpr std::size_t kCopyBelow = 4 * 1024;    // larger payloads are not copied behind their header
constexpr std::size_t kGather = 32 * 1024;      // small frames share a chunk up to this
constexpr std::size_t kIovecs = 32;

template <class N>
void put(char* out, N v) {
  for (std::size_t i = 0; i < sizeof v; ++i) out[i] = static_cast<char>(v >> (8 * i) & 0xff);
}
template <class N>
N get(const char* in) {
  N v = 0;
  for (std::size_t i = 0; i < sizeof v; ++i)
    v |= static_cast<N>(static_cast<N>(static_cast<unsigned char>(in[i])) << (8 * i));
  return v;
}

std::unexpected<base::Error> corrupt(std::string what) {
  return base::fail(base::Fault::corrupt, std::move(what), "MALFORMED");
}

std::vector<base::Fd> received_fds(msghdr& m) {
  std::vector<base::Fd> out;
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    std::size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < n; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      out.emplace_back(fd);
    }
  }
  return out;
}

}  // namespace

std::array<char, kHeaderSize> encode_header(const FrameHeader& h) {
  std::array<char, kHeaderSize> out{};
  put(out.data(), h.length);
  out[4] = static_cast<char>(h.type);
  out[5] = static_cast<char>(h.fds);
  put(out.data() + 8, h.id);
  return out;
}

base::Result<FrameHeader> decode_header(std::string_view bytes) {
  FrameHeader h;
  h.length = get<std::uint32_t>(bytes.data());
  auto type = static_cast<std::uint8_t>(bytes[4]);
  h.fds = static_cast<std::uint8_t>(bytes[5]);
  h.id = get<std::uint64_t>(bytes.data() + 8);
  if (type < 1 || type > 6) return corrupt("frame of unknown type " + std::to_string(type));
  h.type = static_cast<FrameType>(type);
  if (get<std::uint16_t>(bytes.data() + 6) != 0) return corrupt("frame with a non-zero reserved field");
  if (h.fds > kMaxFrameFds) return corrupt("frame with " + std::to_string(h.fds) + " descriptors");
  bool has_id = h.type != FrameType::hint && h.type != FrameType::hello;
  if (has_id != (h.id != 0)) return corrupt("frame with an impossible call id");
  if (h.length > kMaxPayload)
    return base::fail(base::Fault::limit, "frame of " + std::to_string(h.length) + " bytes", "TOO_LARGE");
  return h;
}

std::string encode_credit(std::uint32_t items) {
  std::string out(4, '\0');
  put(out.data(), items);
  return out;
}

base::Result<std::uint32_t> decode_credit(std::string_view payload) {
  if (payload.size() != 4) return corrupt("credit frame of a wrong size");
  return get<std::uint32_t>(payload.data());
}

// --- FrameReader

std::span<char> FrameReader::room() {
  if (large_) return {payload_.data() + filled_, payload_.size() - filled_};
  if (buffer_.empty()) buffer_.resize(kReadBuffer);
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void FrameReader::added(std::size_t n) {
  (large_ ? filled_ : end_) += n;
}

base::Result<std::optional<std::size_t>> FrameReader::receive(int fd) {
  auto space = room();
  iovec iov{space.data(), space.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxFrameFds * sizeof(int))];
  msghdr m{};
  m.msg_iov = &iov;
  m.msg_iovlen = 1;
  m.msg_control = control;
  m.msg_controllen = sizeof control;
  ssize_t n;
  do n = ::recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN) return std::nullopt;
  if (n < 0 && errno == ECONNRESET) return 0;  // a peer that ended with our answer unread has ended all the same
  if (n < 0) return std::unexpected(base::sys_error("recvmsg"));
  if (m.msg_controllen > 0)
    for (auto& f : received_fds(m)) fds_.push_back(std::move(f));
  if (m.msg_flags & MSG_CTRUNC) return corrupt("more descriptors than a frame may carry");
  added(static_cast<std::size_t>(n));
  return static_cast<std::size_t>(n);
}

std::size_t FrameReader::feed(std::string_view bytes, std::vector<base::Fd> fds) {
  for (auto& f : fds) fds_.push_back(std::move(f));
  auto space = room();
  std::size_t n = std::min(space.size(), bytes.size());
  if (n > 0) std::memcpy(space.data(), bytes.data(), n);
  added(n);
  return n;
}

base::Result<Frame> FrameReader::finish(const FrameHeader& h, std::string payload) {
  Frame f{h, std::move(payload), {}};
  if (fds_.size() < h.fds) return corrupt("frame lacks its descriptors");
  for (int i = 0; i < h.fds; ++i) {
    f.fds.push_back(std::move(fds_.front()));
    fds_.pop_front();
  }
  return f;
}

void FrameReader::begin_large(const FrameHeader& h) {
  auto have = pending().substr(kHeaderSize);
  payload_.clear();
  base::extend(payload_, h.length);
  std::memcpy(payload_.data(), have.data(), have.size());
  filled_ = have.size();
  begin_ = end_ = 0;
  large_ = h;
}

base::Result<std::optional<Frame>> FrameReader::next() {
  if (large_) {
    if (filled_ < payload_.size()) return std::nullopt;
    FrameHeader h = *std::exchange(large_, std::nullopt);
    auto f = finish(h, std::exchange(payload_, {}));
    if (!f) return base::pass(f);
    return std::move(*f);
  }
  auto bytes = pending();
  if (bytes.size() < kHeaderSize) return std::nullopt;
  auto h = decode_header(bytes);
  if (!h) return base::pass(h);
  if (bytes.size() - kHeaderSize < h->length) {
    if (kHeaderSize + h->length > buffer_.size()) begin_large(*h);
    return std::nullopt;
  }
  begin_ += kHeaderSize + h->length;
  auto f = finish(*h, std::string(bytes.substr(kHeaderSize, h->length)));
  if (!f) return base::pass(f);
  return std::move(*f);
}

base::Result<> FrameReader::check_fds() const {
  if (fds_.empty()) return {};
  std::size_t allowed = large_ ? large_->fds : pending().empty() ? 0 : kMaxFrameFds;
  if (!large_ && pending().size() >= kHeaderSize) {
    auto h = decode_header(pending());
    if (!h) return base::pass(h);
    allowed = h->fds;
  }
  if (fds_.size() > allowed) return corrupt("descriptors that no frame announced");
  return {};
}

// --- FrameWriter

void FrameWriter::push(FrameType type, std::uint64_t id, std::string payload, std::vector<base::Fd> fds) {
  base::check(payload.size() <= kMaxPayload && fds.size() <= kMaxFrameFds, "frame within its limits");
  auto header = encode_header(
      {static_cast<std::uint32_t>(payload.size()), type, static_cast<std::uint8_t>(fds.size()), id});
  queued_ += kHeaderSize + payload.size();
  queued_fds_ += fds.size();
  bool small = payload.size() < kCopyBelow;
  if (!fds.empty() || chunks_.empty() ||
      chunks_.back().bytes.size() + kHeaderSize + payload.size() > kGather) {
    chunks_.emplace_back();
    chunks_.back().bytes = std::exchange(spare_, {});
    chunks_.back().fds = std::move(fds);
  }
  std::string& tail = chunks_.back().bytes;
  tail.append(header.data(), header.size());
  if (small) {
    tail += payload;
  } else {
    chunks_.emplace_back();
    chunks_.back().bytes = std::move(payload);
  }
}

base::Result<> FrameWriter::push_copy(FrameType type, std::uint64_t id, std::string_view payload,
                                      const std::vector<base::Fd>& fds) {
  std::vector<base::Fd> copies;
  for (const auto& f : fds) {
    copies.emplace_back(::fcntl(f.get(), F_DUPFD_CLOEXEC, 0));
    if (!copies.back()) return std::unexpected(base::sys_error("dup"));
  }
  push(type, id, std::string(payload), std::move(copies));
  return {};
}

std::size_t FrameWriter::gather(std::span<iovec> out) const {
  std::size_t n = 0;
  for (const auto& c : chunks_) {
    if (n == out.size() || (n > 0 && !c.fds.empty())) break;
    std::size_t skip = n == 0 ? offset_ : 0;
    out[n++] = {const_cast<char*>(c.bytes.data()) + skip, c.bytes.size() - skip};
  }
  return n;
}

void FrameWriter::consume(std::size_t n) {
  queued_ -= n;
  queued_fds_ -= chunks_.front().fds.size();
  chunks_.front().fds.clear();
  offset_ += n;
  while (!chunks_.empty() && offset_ >= chunks_.front().bytes.size()) {
    offset_ -= chunks_.front().bytes.size();
    if (spare_.capacity() < kHeaderSize && chunks_.front().bytes.capacity() <= kGather) {
      spare_ = std::move(chunks_.front().bytes);
      spare_.clear();
    }
    chunks_.pop_front();
  }
}

base::Result<bool> FrameWriter::send(int fd) {
  while (queued_ > 0) {
    std::array<iovec, kIovecs> iov;
    msghdr m{};
    m.msg_iov = iov.data();
    m.msg_iovlen = gather(iov);
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFrameFds * sizeof(int))] = {};
    if (const auto& fds = chunks_.front().fds; !fds.empty()) {
      m.msg_control = control;
      m.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
      cmsghdr* c = CMSG_FIRSTHDR(&m);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      for (std::size_t i = 0; i < fds.size(); ++i) {
        int f = fds[i].get();
        std::memcpy(CMSG_DATA(c) + i * sizeof f, &f, sizeof f);
      }
    }
    ssize_t n = ::sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return false;
    if (n < 0) return std::unexpected(base::sys_error("sendmsg"));
    consume(static_cast<std::size_t>(n));
  }
  return true;
}

void FrameWriter::clear() {
  chunks_.clear();
  offset_ = queued_ = queued_fds_ = 0;
}

}  // namespace postern::ipc
