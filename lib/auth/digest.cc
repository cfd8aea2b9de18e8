// The hash functions by name, over nettle.
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "auth/foreign.h"

namespace postern::auth {
namespace {

const std::uint8_t* bytes_of(std::string_view s) {
  return reinterpret_cast<const std::uint8_t*>(s.data());
}
std::uint8_t* bytes_of(std::string& s) {
  return reinterpret_cast<std::uint8_t*>(s.data());
}

const nettle_hash& algorithm(Digest d) {
  switch (d) {
    case Digest::md5:
      return nettle_md5;
    case Digest::sha1:
      return nettle_sha1;
    case Digest::sha256:
      return nettle_sha256;
    case Digest::sha512:
      break;
  }
  return nettle_sha512;
}

// Large enough for the state of every algorithm above.
struct alignas(16) State {
  unsigned char bytes[sizeof(sha512_ctx)];
};

}  // namespace

std::size_t digest_size(Digest d) {
  return algorithm(d).digest_size;
}

std::string digest_of(Digest d, std::string_view first, std::string_view second) {
  const nettle_hash& a = algorithm(d);
  State st;
  std::string out(a.digest_size, '\0');
  a.init(st.bytes);
  a.update(st.bytes, first.size(), bytes_of(first));
  a.update(st.bytes, second.size(), bytes_of(second));
  a.digest(st.bytes, out.size(), bytes_of(out));
  return out;
}

std::string hmac_of(Digest d, std::string_view key, std::string_view bytes) {
  std::string out(digest_size(d), '\0');
  if (d == Digest::sha1) {
    hmac_sha1_ctx c;
    hmac_sha1_set_key(&c, key.size(), bytes_of(key));
    hmac_sha1_update(&c, bytes.size(), bytes_of(bytes));
    hmac_sha1_digest(&c, out.size(), bytes_of(out));
  } else if (d == Digest::sha256) {
    hmac_sha256_ctx c;
    hmac_sha256_set_key(&c, key.size(), bytes_of(key));
    hmac_sha256_update(&c, bytes.size(), bytes_of(bytes));
    hmac_sha256_digest(&c, out.size(), bytes_of(out));
  } else {
    base::check(d == Digest::sha512, "hmac_of has no MD5");
    hmac_sha512_ctx c;
    hmac_sha512_set_key(&c, key.size(), bytes_of(key));
    hmac_sha512_update(&c, bytes.size(), bytes_of(bytes));
    hmac_sha512_digest(&c, out.size(), bytes_of(out));
  }
  return out;
}

std::string derive_key(Digest d, std::string_view secret, std::string_view salt, std::uint32_t iterations,
                       std::size_t size) {
  std::string out(size, '\0');
  auto run = [&](auto f) {
    f(secret.size(), bytes_of(secret), iterations, salt.size(), bytes_of(salt), out.size(), bytes_of(out));
  };
  switch (d) {
    case Digest::sha1:
      run(pbkdf2_hmac_sha1);
      break;
    case Digest::sha256:
      run(pbkdf2_hmac_sha256);
      break;
    case Digest::sha512:
      run(pbkdf2_hmac_sha512);
      break;
    case Digest::md5:
      base::check(false, "pbkdf2 has no MD5");
      break;
  }
  return out;
}

}  // namespace postern::auth
