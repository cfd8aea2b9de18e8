#include "base/codec.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include "base/system.h"

namespace postern::base {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kStd[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string encode64(std::string_view in, const char* alphabet, bool pad) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  std::size_t i = 0;
  auto at = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(in[k])); };
  for (; i + 3 <= in.size(); i += 3) {
    std::uint32_t v = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int s : {18, 12, 6, 0}) out += alphabet[v >> s & 63];
  }
  if (std::size_t left = in.size() - i; left > 0) {
    std::uint32_t v = at(i) << 16 | (left == 2 ? at(i + 1) << 8 : 0);
    out += alphabet[v >> 18 & 63];
    out += alphabet[v >> 12 & 63];
    if (left == 2) out += alphabet[v >> 6 & 63];
    if (pad) out.append(3 - left, '=');
  }
  return out;
}

std::array<std::int8_t, 256> decode_table(const char* alphabet) {
  std::array<std::int8_t, 256> t;
  t.fill(-1);
  for (int i = 0; i < 64; ++i) t[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return t;
}

std::optional<std::string> decode64(std::string_view s, const std::array<std::int8_t, 256>& table) {
  if (s.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(s.size() / 4 * 3 + 2);
  std::uint32_t acc = 0;
  int bits = 0;
  for (char c : s) {
    int v = table[static_cast<unsigned char>(c)];
    if (v < 0) return std::nullopt;
    acc = acc << 6 | static_cast<std::uint32_t>(v);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(acc >> bits & 0xff);
    }
  }
  if ((acc & ((1u << bits) - 1)) != 0) return std::nullopt;  // not canonical
  return out;
}

template <class N>
void put_big(std::string& out, N v) {
  for (int s = static_cast<int>(sizeof(N)) * 8 - 8; s >= 0; s -= 8) out += static_cast<char>(v >> s & 0xff);
}

template <class N>
N get_big(std::string_view b) {
  N v = 0;
  for (char c : b) v = static_cast<N>(v << 8 | static_cast<unsigned char>(c));
  return v;
}

}  // namespace

std::string hex(std::string_view bytes) {
  std::string out;
  for (char ch : bytes) {
    auto c = static_cast<unsigned char>(ch);
    out += kHex[c >> 4];
    out += kHex[c & 15];
  }
  return out;
}

std::optional<std::string> unhex(std::string_view s) {
  if (s.size() % 2) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < s.size(); i += 2) {
    int a = hex_value(s[i]), b = hex_value(s[i + 1]);
    if (a < 0 || b < 0) return std::nullopt;
    out += static_cast<char>(a << 4 | b);
  }
  return out;
}

std::string base64(std::string_view bytes) { return encode64(bytes, kStd, true); }
std::string base64url(std::string_view bytes) { return encode64(bytes, kUrl, false); }

std::optional<std::string> unbase64(std::string_view s) {
  static const auto table = decode_table(kStd);
  if (s.size() % 4) return std::nullopt;
  for (int i = 0; i < 2 && !s.empty() && s.back() == '='; ++i) s.remove_suffix(1);
  return decode64(s, table);
}

std::optional<std::string> unbase64url(std::string_view s) {
  static const auto table = decode_table(kUrl);
  return decode64(s, table);
}

std::string percent_encode(std::string_view s) {
  std::string out;
  for (char ch : s) {
    auto c = static_cast<unsigned char>(ch);
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                 c == '.' || c == '_' || c == '~';
    if (plain) {
      out += ch;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[c >> 4];
      out += "0123456789ABCDEF"[c & 15];
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      out += s[i];
      continue;
    }
    if (i + 2 >= s.size()) return std::nullopt;
    int a = hex_value(s[i + 1]), b = hex_value(s[i + 2]);
    if (a < 0 || b < 0) return std::nullopt;
    out += static_cast<char>(a << 4 | b);
    i += 2;
  }
  return out;
}

void put_u8(std::string& out, std::uint8_t v) { out += static_cast<char>(v); }
void put_u16(std::string& out, std::uint16_t v) { put_big(out, v); }
void put_u32(std::string& out, std::uint32_t v) { put_big(out, v); }
void put_u64(std::string& out, std::uint64_t v) { put_big(out, v); }

void put_varint(std::string& out, std::uint64_t v) {
  while (v >= 0x80) {
    out += static_cast<char>(v | 0x80);
    v >>= 7;
  }
  out += static_cast<char>(v);
}

void put_bytes(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out += bytes;
}

std::string_view Reader::take(std::size_t n) {
  if (!ok_ || n > rest_.size()) {
    ok_ = false;
    return {};
  }
  auto out = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return out;
}

std::uint8_t Reader::u8() { return get_big<std::uint8_t>(take(1)); }
std::uint16_t Reader::u16() { return get_big<std::uint16_t>(take(2)); }
std::uint32_t Reader::u32() { return get_big<std::uint32_t>(take(4)); }
std::uint64_t Reader::u64() { return get_big<std::uint64_t>(take(8)); }

std::uint64_t Reader::varint() {
  std::uint64_t v = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    std::uint8_t b = u8();
    if (!ok_) return 0;
    if (shift == 63 && b > 1) break;
    v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
    if (!(b & 0x80)) return v;
  }
  ok_ = false;
  return 0;
}

std::string_view Reader::bytes() {
  std::uint64_t n = varint();
  if (n > rest_.size()) {
    ok_ = false;
    return {};
  }
  return take(static_cast<std::size_t>(n));
}

namespace {

std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = c & 1 ? 0x82f63b78u ^ (c >> 1) : c >> 1;
    t[i] = c;
  }
  return t;
}

std::uint32_t crc_plain(std::string_view bytes, std::uint32_t c) {
  static const auto table = crc_table();
  for (char ch : bytes) c = table[(c ^ static_cast<unsigned char>(ch)) & 0xff] ^ (c >> 8);
  return c;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc_sse(std::string_view bytes, std::uint32_t c) {
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t c64 = c;
  for (; n >= 8; n -= 8, p += 8) {
    std::uint64_t v;
    std::memcpy(&v, p, 8);
    c64 = _mm_crc32_u64(c64, v);
  }
  c = static_cast<std::uint32_t>(c64);
  for (; n > 0; --n, ++p) c = _mm_crc32_u8(c, static_cast<unsigned char>(*p));
  return c;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
  std::uint32_t c = ~seed;
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2");
  if (fast) return ~crc_sse(bytes, c);
#endif
  return ~crc_plain(bytes, c);
}

static_assert(sizeof(sha256_ctx) <= 256);

Sha256::Sha256() { sha256_init(reinterpret_cast<sha256_ctx*>(state_.data())); }

void Sha256::update(std::string_view bytes) {
  sha256_update(reinterpret_cast<sha256_ctx*>(state_.data()), bytes.size(),
                reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

Digest Sha256::finish() {
  Digest d;
  sha256_digest(reinterpret_cast<sha256_ctx*>(state_.data()), d.size(), d.data());
  return d;
}

Digest sha256(std::string_view bytes) {
  Sha256 h;
  h.update(bytes);
  return h.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  hmac_sha256_ctx c;
  hmac_sha256_set_key(&c, key.size(), reinterpret_cast<const std::uint8_t*>(key.data()));
  hmac_sha256_update(&c, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  Digest d;
  hmac_sha256_digest(&c, d.size(), d.data());
  return d;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && memeql_sec(a.data(), b.data(), a.size());
}

// SipHash-2-4 (Aumasson and Bernstein, 2012), keyed for each process.
std::uint64_t seeded_hash(std::string_view bytes) {
  static const std::uint64_t k0 = random_u64(), k1 = random_u64();
  std::uint64_t v0 = k0 ^ 0x736f6d6570736575ull, v1 = k1 ^ 0x646f72616e646f6dull,
                v2 = k0 ^ 0x6c7967656e657261ull, v3 = k1 ^ 0x7465646279746573ull;
  auto rotl = [](std::uint64_t x, int b) { return x << b | x >> (64 - b); };
  auto round = [&] {
    v0 += v1, v1 = rotl(v1, 13) ^ v0, v0 = rotl(v0, 32);
    v2 += v3, v3 = rotl(v3, 16) ^ v2;
    v0 += v3, v3 = rotl(v3, 21) ^ v0;
    v2 += v1, v1 = rotl(v1, 17) ^ v2, v2 = rotl(v2, 32);
  };
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t m;
    std::memcpy(&m, bytes.data() + i, 8);
    v3 ^= m, round(), round(), v0 ^= m;
  }
  std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (std::size_t k = 0; i + k < bytes.size(); ++k)
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i + k])) << (8 * k);
  v3 ^= last, round(), round(), v0 ^= last;
  v2 ^= 0xff;
  round(), round(), round(), round();
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace postern::base
