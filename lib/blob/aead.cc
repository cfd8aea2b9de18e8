#include "blob/aead.h"

#include <array>
#include <cstring>
#include <string>

#include "base/codec.h"

namespace postern::blob {

namespace {

std::uint8_t* bytes(char* p) {
  return reinterpret_cast<std::uint8_t*>(p);
}
const std::uint8_t* bytes(std::string_view s) {
  return reinterpret_cast<const std::uint8_t*>(s.data());
}

std::array<std::uint8_t, GCM_IV_SIZE> frame_nonce(std::uint64_t frame) {
  std::array<std::uint8_t, GCM_IV_SIZE> nonce{};
  for (int i = 0; i < 8; ++i) nonce[11 - i] = static_cast<std::uint8_t>(frame >> (8 * i));
  return nonce;
}

bool tag_fits(const std::uint8_t* tag, std::string_view stored) {
  return base::constant_time_equal({reinterpret_cast<const char*>(tag), kTagSize},
                                   stored.substr(stored.size() - kTagSize));
}

}  // namespace

FrameCipher::FrameCipher(const Key& key) {
  gcm_aes128_set_key(&gcm_, key.data());
}

void FrameCipher::seal(std::uint64_t frame, char* at, std::size_t n) {
  auto nonce = frame_nonce(frame);
  gcm_aes128_set_iv(&gcm_, nonce.size(), nonce.data());
  gcm_aes128_encrypt(&gcm_, n, bytes(at), bytes(at));
  gcm_aes128_digest(&gcm_, kTagSize, bytes(at + n));
}

bool FrameCipher::open(std::uint64_t frame, std::string_view stored, char* to) {
  if (stored.size() < kTagSize) return false;
  auto nonce = frame_nonce(frame);
  std::uint8_t tag[kTagSize];
  gcm_aes128_set_iv(&gcm_, nonce.size(), nonce.data());
  gcm_aes128_decrypt(&gcm_, stored.size() - kTagSize, bytes(to), bytes(stored));
  gcm_aes128_digest(&gcm_, kTagSize, tag);
  return tag_fits(tag, stored);
}

HeaderCipher::HeaderCipher(std::string_view master_key, std::string_view salt) {
  base::Digest key = base::hmac_sha256(master_key, "postern blob segment" + std::string(salt));
  gcm_aes256_set_key(&gcm_, key.data());
}

void HeaderCipher::seal(std::string_view nonce, std::string_view bound, char* at, std::size_t n) const {
  gcm_aes256_ctx gcm = gcm_;
  gcm_aes256_set_iv(&gcm, nonce.size(), bytes(nonce));
  gcm_aes256_update(&gcm, bound.size(), bytes(bound));
  gcm_aes256_encrypt(&gcm, n, bytes(at), bytes(at));
  gcm_aes256_digest(&gcm, kTagSize, bytes(at + n));
}

bool HeaderCipher::open(std::string_view nonce, std::string_view bound, std::string_view sealed,
                        char* to) const {
  if (sealed.size() < kTagSize) return false;
  gcm_aes256_ctx gcm = gcm_;
  std::uint8_t tag[kTagSize];
  gcm_aes256_set_iv(&gcm, nonce.size(), bytes(nonce));
  gcm_aes256_update(&gcm, bound.size(), bytes(bound));
  gcm_aes256_decrypt(&gcm, sealed.size() - kTagSize, bytes(to), bytes(sealed));
  gcm_aes256_digest(&gcm, kTagSize, tag);
  return tag_fits(tag, sealed);
}

}  // namespace postern::blob
