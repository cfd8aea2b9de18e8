#include "io/deflate.h"

#include <zlib.h>

#include <algorithm>

#include "base/system.h"
#include "io/limits.h"

namespace postern::io {

namespace {

constexpr int kWindowBits = 14, kMemoryLevel = 7;  // 128 KB a compressor
constexpr std::size_t kWindow = 32 * 1024;
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kInflateState = 48 * 1024;
// What inflate() leaves in data_type beside the number of unused bits.
constexpr int kBetweenBlocks = 128, kInLastBlock = 64;

Bytef* bytes_of(const char* p) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(p));
}

// A window is kept as another deflated text: what clients say is much the same again and again.
std::string pack(std::string_view window) {
  uLongf size = compressBound(window.size());
  std::string out(size, '\0');
  if (compress2(bytes_of(out.data()), &size, bytes_of(window.data()), window.size(), Z_BEST_SPEED) != Z_OK) return {};
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

}  // namespace

// --- out

void Deflater::End::operator()(z_stream_s* z) const noexcept {
  deflateEnd(z);
  delete z;
}

Deflater::Deflater() = default;
Deflater::~Deflater() = default;

void Deflater::run(std::string_view bytes, int how, std::string& out) {
  if (!z_) {
    z_.reset(new z_stream{});
    int made = deflateInit2(z_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, -kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    base::check(made == Z_OK, "memory for a compressor");
  }
  while (true) {
    std::string_view now = bytes.substr(0, 1u << 30);
    bytes.remove_prefix(now.size());
    z_->next_in = bytes_of(now.data());
    z_->avail_in = static_cast<uInt>(now.size());
    do {
      std::size_t had = out.size();
      out.resize(had + kPiece);
      z_->next_out = bytes_of(out.data() + had);
      z_->avail_out = kPiece;
      deflate(z_.get(), bytes.empty() ? how : Z_NO_FLUSH);
      out.resize(had + kPiece - z_->avail_out);
    } while (z_->avail_out == 0);
    if (bytes.empty()) return;
  }
}

void Deflater::write(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  held_ += bytes.size();
  run(bytes, Z_NO_FLUSH, out);
}

void Deflater::flush(std::string& out) {
  if (held_ == 0) return;
  run({}, Z_SYNC_FLUSH, out);
  held_ = 0;
}

// A sync flush ends at a byte, and the blocks of a new compressor refer to nothing before them.
void Deflater::rest() {
  z_.reset();
}

// --- in

void Inflater::End::operator()(z_stream_s* z) const noexcept {
  inflateEnd(z);
  delete z;
}

Inflater::Inflater() = default;
Inflater::~Inflater() = default;

std::span<char> Inflater::room() {
  if (!raw_) raw_ = std::make_unique<char[]>(kReadBlock);
  begin_ = end_ = 0;
  return {raw_.get(), kReadBlock};
}

// The state as rest() left it.
bool Inflater::wake() {
  if (z_) return true;
  z_.reset(new z_stream{});
  if (inflateInit2(z_.get(), -MAX_WBITS) != Z_OK) return false;
  if (window_size_ > 0) {
    std::string window(window_size_, '\0');
    uLongf size = window_size_;
    if (uncompress(bytes_of(window.data()), &size, bytes_of(window_.data()), window_.size()) != Z_OK) return false;
    if (inflateSetDictionary(z_.get(), bytes_of(window.data()), static_cast<uInt>(size)) != Z_OK) return false;
  }
  std::string().swap(window_);
  window_size_ = 0;
  return bits_ == 0 || inflatePrime(z_.get(), bits_, last_ >> (8 - bits_)) == Z_OK;
}

base::Result<std::size_t> Inflater::read(std::span<char> out) {
  if (ended_) return base::fail(base::Fault::temporary, "the compressed data has ended", "EOF");
  if (!pending()) return 0;
  if (!wake()) return base::fail(base::Fault::temporary, "no memory to inflate", "IO");
  std::size_t had = end_ - begin_;
  z_->next_in = bytes_of(raw_.get() + begin_);
  z_->avail_in = static_cast<uInt>(had);
  z_->next_out = bytes_of(out.data());
  z_->avail_out = static_cast<uInt>(out.size());
  int state = Z_OK;
  // Z_BLOCK: it stops between blocks, the only places where rest() is possible; one call more would leave them.
  // Behind the last block there is no such place: one call more tells of the end.
  auto between_blocks = [this] {
    return z_->avail_in == 0 && (z_->data_type & (kBetweenBlocks | kInLastBlock)) == kBetweenBlocks;
  };
  while (state == Z_OK && z_->avail_out > 0 && !between_blocks()) {
    uInt in = z_->avail_in, room = z_->avail_out;
    state = inflate(z_.get(), Z_BLOCK);
    if (z_->avail_in == in && z_->avail_out == room) break;
  }
  std::size_t used = had - z_->avail_in, got = out.size() - z_->avail_out;
  if (used > 0) last_ = static_cast<unsigned char>(raw_[begin_ + used - 1]);
  begin_ += used;
  full_ = z_->avail_out == 0;
  in_ += used;
  out_ += got;
  if (state == Z_STREAM_END) {
    ended_ = true;
    full_ = false;
  } else if (state != Z_OK && state != Z_BUF_ERROR) {
    return base::fail(base::Fault::corrupt, "not deflate data", "IO");
  }
  if (out_ > kInflateFree && out_ / kInflateRatio > in_)
    return base::fail(base::Fault::limit, "compressed data expands beyond measure", "TOO_LONG");
  if (got == 0 && ended_) return read(out);
  return got;
}

void Inflater::rest() {
  if (pending() || ended_) return;
  raw_.reset();
  begin_ = end_ = 0;
  if (!z_ || !(z_->data_type & kBetweenBlocks) || (z_->data_type & kInLastBlock)) return;
  std::string window(kWindow, '\0');
  uInt size = 0;
  if (inflateGetDictionary(z_.get(), bytes_of(window.data()), &size) != Z_OK) return;
  window.resize(size);
  std::string packed = pack(window);
  if (size > 0 && packed.empty()) return;
  bits_ = z_->data_type & 7;
  window_ = std::move(packed);
  window_size_ = size;
  z_.reset();
}

std::size_t Inflater::memory() const {
  return (z_ ? kInflateState : 0) + (raw_ ? kReadBlock : 0) + window_.capacity();
}

}  // namespace postern::io
