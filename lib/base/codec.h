// Byte encodings: base64, hex, percent, big-endian and varint integers.  Pure and bounded by their input.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::base {

std::string hex(std::string_view bytes);
std::optional<std::string> unhex(std::string_view s);
// RFC 4648 4, with padding, no line breaks.
std::string base64(std::string_view bytes);
// RFC 4648 5 without padding.
std::string base64url(std::string_view bytes);
// Strict: no blanks, padding required and canonical.  Both alphabets' own characters only.
std::optional<std::string> unbase64(std::string_view s);
std::optional<std::string> unbase64url(std::string_view s);
// RFC 3986: everything outside the unreserved set is escaped.
std::string percent_encode(std::string_view s);
// Nothing on a malformed escape.
std::optional<std::string> percent_decode(std::string_view s);

// Appends to a buffer.
void put_u8(std::string& out, std::uint8_t v);
void put_u16(std::string& out, std::uint16_t v);  // big-endian, so that keys sort
void put_u32(std::string& out, std::uint32_t v);
void put_u64(std::string& out, std::uint64_t v);
void put_varint(std::string& out, std::uint64_t v);        // LEB128, at most 10 bytes
void put_bytes(std::string& out, std::string_view bytes);  // varint length, then the bytes

// Reads what the put_ functions wrote, with bounds: after a read past the end ok() is false and every value is 0.
class Reader {
 public:
  // `bytes` must outlive the reader and every view it returns.
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::uint64_t varint();
  std::string_view bytes();               // as put_bytes wrote
  std::string_view take(std::size_t n);   // exactly n bytes
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// CRC-32C (Castagnoli) of `bytes`, continuing from `seed`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

using Digest = std::array<std::uint8_t, 32>;
Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);
inline std::string_view view(const Digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }
bool constant_time_equal(std::string_view a, std::string_view b);
// 64-bit keyed hash for tables whose keys come from outside; the seed is random for each process.
std::uint64_t seeded_hash(std::string_view bytes);

// SHA-256 over pieces.
class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  Digest finish();

 private:
  alignas(16) std::array<unsigned char, 256> state_{};
};

}  // namespace postern::base
