// The message that a script looks at: an abstract source of bytes, and versions of it that a script made.
// Runs in: sieved (over a passed descriptor), postern, tests.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern::sieve {

// Bytes of a message at any place.  Implementations must give the same bytes for the same range.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  virtual std::uint64_t size() const = 0;
  // Exactly `n` bytes from `offset`.  REQUIRES: offset + n <= size().
  virtual base::Result<std::string> read(std::uint64_t offset, std::size_t n) const = 0;
  // How many bytes of its beginning are best read first, in search of the header's end.  At least one.
  virtual std::size_t beginning() const { return 16u << 10; }
};

// A message in memory: tests, and what `filter`, `replace` and `enclose` made.
class StringMessage : public MessageSource {
 public:
  explicit StringMessage(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  base::Result<std::string> read(std::uint64_t offset, std::size_t n) const override {
    return bytes_.substr(offset, n);
  }

 private:
  std::string bytes_;
};

// What an action stores or sends: `header` (with its empty line) and then `source` from `body_begin` on.  The
// message as it came has no header of its own and begins at 0.
struct MessageVersion {
  std::shared_ptr<const MessageSource> source;
  std::string header;
  std::uint64_t body_begin = 0;
  bool original = true;  // the bytes as they came

  std::uint64_t size() const { return header.size() + source->size() - body_begin; }
  base::Result<std::string> bytes() const;
};

}  // namespace postern::sieve
