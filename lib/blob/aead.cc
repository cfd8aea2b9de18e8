#include "blob/aead.h"

#include <array>
#include <cstring>
#include <string>

#include "base/codec.h"
#include "base/system.h"

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
  Key copy = key;
  gnutls_datum_t datum{copy.data(), static_cast<unsigned>(copy.size())};
  gnutls_aead_cipher_hd_t made = nullptr;
  base::check(gnutls_aead_cipher_init(&made, GNUTLS_CIPHER_AES_128_GCM, &datum) == 0, "AES-128-GCM");
  gcm_.reset(made);
}

void FrameCipher::seal(std::uint64_t frame, char* at, std::size_t n) {
  auto nonce = frame_nonce(frame);
  std::size_t sealed = n + kTagSize;
  int r = gnutls_aead_cipher_encrypt(gcm_.get(), nonce.data(), nonce.size(), nullptr, 0, kTagSize, at, n, at, &sealed);
  base::check(r == 0 && sealed == n + kTagSize, "sealing a frame");
}

bool FrameCipher::open(std::uint64_t frame, std::string_view stored, char* to) {
  if (stored.size() < kTagSize) return false;
  auto nonce = frame_nonce(frame);
  std::size_t n = stored.size() - kTagSize, plain = n;
  int r = gnutls_aead_cipher_decrypt(gcm_.get(), nonce.data(), nonce.size(), nullptr, 0, kTagSize, stored.data(),
                                     stored.size(), to, &plain);
  return r == 0 && plain == n;
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
