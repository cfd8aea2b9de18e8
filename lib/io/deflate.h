// Raw deflate both ways (RFC 1951), as COMPRESS=DEFLATE puts it under a stream (RFC 4978).  Private to lib/io.
// Input: hostile.  Limits: kInflateFree, kInflateRatio; what is inflated at once is what the caller has room for.
// Memory: some 200 KB while bytes move; rest() gives nearly all of it back without a byte on the wire.
// Tests: t/unit/io_deflate.cc, t/fuzz/io_deflate.cc
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct z_stream_s;

namespace postern::io {

class Deflater {
 public:
  Deflater();
  ~Deflater();
  // Compresses `bytes`; what comes out is appended.  The rest stays inside until flush().
  void write(std::string_view bytes, std::string& out);
  // After it the peer can read all that was written.
  void flush(std::string& out);
  // Bytes written since the last flush.
  std::size_t held() const { return held_; }
  // Forgets what was sent: later bytes do not refer to it.  REQUIRES: held() == 0.
  void rest();

 private:
  void run(std::string_view bytes, int how, std::string& out);
  struct End {
    void operator()(z_stream_s* z) const noexcept;
  };
  std::unique_ptr<z_stream_s, End> z_;
  std::size_t held_ = 0;
};

class Inflater {
 public:
  Inflater();
  ~Inflater();
  // Room for compressed bytes.  REQUIRES: !pending().
  std::span<char> room();
  void added(std::size_t n) { end_ = n; }
  // read() has something to do without new input.
  bool pending() const { return !ended_ && (begin_ < end_ || full_); }
  // Fills `out` as far as the input goes; 0: more input is needed.  Errors: "EOF" at the end of the compressed data,
  // Fault::corrupt for what is no deflate data, Fault::limit when it expands beyond measure.
  base::Result<std::size_t> read(std::span<char> out);
  // What came in and was not inflated: of a peer that has ended its compressed data, what it said after that.
  std::string_view left() const { return {raw_.get() + begin_, end_ - begin_}; }
  // Keeps what later bytes may refer to, compressed, and gives the rest back.  Does nothing in the middle of a block.
  void rest();
  // Bytes of memory held now, about.
  std::size_t memory() const;

 private:
  bool wake();
  struct End {
    void operator()(z_stream_s* z) const noexcept;
  };
  std::unique_ptr<z_stream_s, End> z_;
  std::unique_ptr<char[]> raw_;
  std::size_t begin_ = 0, end_ = 0;  // of raw_, not yet inflated
  std::uint64_t in_ = 0, out_ = 0;
  bool full_ = false;      // the last read() filled its room: there may be more
  bool ended_ = false;
  // While resting: the window, and the bits of the last byte that belong to the next block.
  std::string window_;
  std::size_t window_size_ = 0;
  int bits_ = 0;
  unsigned char last_ = 0;
};

}  // namespace postern::io
