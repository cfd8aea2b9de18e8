// Costs and sizes that the directory refuses, each at the limit and one past it.
#include <gtest/gtest.h>

#include "auth/limits.h"
#include "auth/names.h"
#include "auth/password.h"
#include "base/codec.h"

namespace postern::auth {
namespace {

bool taken(const std::string& hash) { return check_hash(hash).has_value(); }

TEST(AuthLimits, HashesThatCostTooMuchAreRefused) {
  auto sha = [](std::uint32_t rounds) {
    return "$6$rounds=" + std::to_string(rounds) + "$saltsalt$" + std::string(86, '/');
  };
  EXPECT_TRUE(taken(sha(kMaxShaCryptRounds)));
  EXPECT_FALSE(taken(sha(kMaxShaCryptRounds + 1)));
  auto bcrypt = [](std::uint32_t cost) { return "$2b$" + std::to_string(cost) + "$" + std::string(53, '.'); };
  EXPECT_TRUE(taken(bcrypt(kMaxBcryptCost)));
  EXPECT_FALSE(taken(bcrypt(kMaxBcryptCost + 1)));
  auto pbkdf2 = [](std::uint32_t n) {
    return "{PBKDF2-SHA256}" + std::to_string(n) + "$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  };
  EXPECT_FALSE(taken(pbkdf2(kMaxPbkdf2Iterations + 1)));
  auto scram = [](std::uint32_t n, std::size_t salt) {
    std::string key = base::base64(std::string(32, 'k'));
    return "{SCRAM-SHA-256}" + std::to_string(n) + "," + base::base64(std::string(salt, 's')) + "," + key + "," + key;
  };
  EXPECT_TRUE(taken(scram(kScramMaxIterations, kMaxScramSalt))) << check_hash(scram(kScramMaxIterations, kMaxScramSalt)).error().what;
  EXPECT_FALSE(taken(scram(kScramMaxIterations + 1, kMaxScramSalt)));
  EXPECT_FALSE(taken(scram(kScramMaxIterations, kMaxScramSalt + 1)));
}

TEST(AuthLimits, AddressesOfAnyLength) {
  std::string domain;
  while (domain.size() < kMaxDomain - 4) domain += "aaa.";
  domain.resize(kMaxDomain - 4);
  EXPECT_LE((std::string(kMaxLocalPart, 'l') + "@" + domain).size(), kMaxAddress);
  for (std::size_t n : {kMaxAddress, 2 * kMaxAddress, 2 * kMaxAddress + 1, std::size_t{65'536}})
    EXPECT_FALSE(parse_address(std::string(n, 'a') + "@example.org", {})) << n;
}

}  // namespace
}  // namespace postern::auth
