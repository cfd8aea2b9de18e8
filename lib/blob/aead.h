// AES-GCM as lib/blob uses it: one key, many nonces, no state kept between calls.  Internal to lib/blob.
#pragma once
#include <gnutls/crypto.h>
#include <nettle/gcm.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "blob/location.h"

namespace postern::blob {

// Frames of one blob; the nonce is the frame's number.  By GnuTLS, whose AES-GCM takes half of nettle's time: it is the
// largest part of what a FETCH of bodies costs.
class FrameCipher {
 public:
  explicit FrameCipher(const Key& key);
  // Encrypts n bytes of `at` in place and puts kTagSize bytes behind them.
  void seal(std::uint64_t frame, char* at, std::size_t n);
  // Decrypts `stored` (tag included) to `to`, which has room for stored.size() - kTagSize; false when the tag
  // does not fit: then `to` holds nothing that may be used.
  bool open(std::uint64_t frame, std::string_view stored, char* to);

 private:
  struct Close {
    void operator()(gnutls_aead_cipher_hd_t c) const noexcept { gnutls_aead_cipher_deinit(c); }
  };
  std::unique_ptr<api_aead_cipher_hd_st, Close> gcm_;
};

// The secret part of headers of one segment, under a key made from the master key and the segment's salt.
class HeaderCipher {
 public:
  HeaderCipher(std::string_view master_key, std::string_view salt);
  // `nonce` is 12 random bytes; `bound` is what the tag covers besides.  `at`: n bytes, then room for
  // kTagSize.
  void seal(std::string_view nonce, std::string_view bound, char* at, std::size_t n) const;
  bool open(std::string_view nonce, std::string_view bound, std::string_view sealed, char* to) const;

 private:
  gcm_aes256_ctx gcm_;
};

}  // namespace postern::blob
