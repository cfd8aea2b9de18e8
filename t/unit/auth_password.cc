// Hashes of every scheme: the right password is taken, any other is not; what can't be used is refused by
// name.
#include <gtest/gtest.h>

#include <string>

#include "auth/credential.h"
#include "auth/limits.h"
#include "auth/password.h"
#include "auth/saslprep.h"
#include "auth/secret.h"

namespace postern::auth {
namespace {

constexpr std::string_view kSecret = "correct horse";

struct Case {
  const char* stored;
  const char* scheme;
};

// Made by crypt(3) and by Python's hashlib.
const Case kHashes[] = {
    {"$y$j75$abcdefghijklmnop$1kKL1r02wT4HlcktLfzeoOHd1GFgv7Ay4JeEbqGj80B", "yescrypt"},
    {"$gy$j75$abcdefghijklmnop$5ajbgv/UanA5M5qJVWF5whKEQl5QwuhPGXEZ6W8eONC", "gost-yescrypt"},
    {"$7$CU..../....abcdefghijklmnopqrstuv$9iKUd8kFo0fLA4Ucy6/Q0BuBv301rJIKpU6KHvKNPCB", "scrypt"},
    {"$6$saltsalt$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/uamSo5z0",
     "sha512crypt"},
    {"$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/", "sha256crypt"},
    {"$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "bcrypt"},
    {"$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "bcrypt"},
    {"$2a$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "bcrypt"},
    {"$1$saltsalt$NuzA7WTAelpl95xgBGWN60", "md5crypt"},
    {"$3$$cfc43211ba8dc470832267827cac1407", "nt"},
    {"$sha1$1000$saltsalt$ouns5uP5ckp8yJ3a80IEZtEDXjoB", "sha1crypt"},
    {"$md5,rounds=100$saltsalt$$q88IIAyAdrhjr0PiOMwir/", "sunmd5"},
    {"{CRYPT}abhfCpXqd4GrI", "{CRYPT}"},
    {"{DES-CRYPT}abhfCpXqd4GrI", "{DES-CRYPT}"},
    {"{CRYPT}_J9..tQC5/aRkutBnZEI", "{CRYPT}"},
    {"{crypt}$1$saltsalt$NuzA7WTAelpl95xgBGWN60", "{CRYPT}"},
    {"{MD5-CRYPT}$1$saltsalt$NuzA7WTAelpl95xgBGWN60", "{MD5-CRYPT}"},
    {"{MD5}$1$saltsalt$NuzA7WTAelpl95xgBGWN60", "{MD5}"},
    {"{SHA512-CRYPT}$6$saltsalt$"
     "hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/"
     "uamSo5z0",
     "{SHA512-CRYPT}"},
    {"{SHA256-CRYPT}$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/", "{SHA256-CRYPT}"},
    {"{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "{BLF-CRYPT}"},
    {"{PLAIN}correct horse", "{PLAIN}"},
    {"{CLEARTEXT}correct horse", "{CLEARTEXT}"},
    {"{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "{SHA}"},
    {"{SHA}2f9e53523b62abc141a2b4d6019d23cba835dbd0", "{SHA}"},
    {"{SHA.HEX}2f9e53523b62abc141a2b4d6019d23cba835dbd0", "{SHA.HEX}"},
    {"{SHA1.b64}L55TUjtiq8FBorTWAZ0jy6g129A=", "{SHA1.B64}"},
    {"{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE=", "{SHA256}"},
    {"{SHA256.HEX}4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631", "{SHA256.HEX}"},
    {"{SHA512}VraY3v7bWkNbY0r+MyC7rz/c2SC2xQOkRvx7endrKY1HnRumqLYXgI6wv1ec6aldZoNHvKtxSQhayTyyeZUZew==",
     "{SHA512}"},
    {"{LDAP-MD5}PLTnMmMfR+brlh80VUt83g==", "{LDAP-MD5}"},
    {"{PLAIN-MD5}3cb4e732631f47e6eb961f34554b7cde", "{PLAIN-MD5}"},
    {"{SMD5}dOFUaVBCHBhXV0ftJT8m7E5hQ2wxMjM0", "{SMD5}"},
    {"{SSHA}N5AvglyQgpuw+E6FIPXO/4H4ClROYUNsMTIzNA==", "{SSHA}"},
    {"{ssha}N5AvglyQgpuw+E6FIPXO/4H4ClROYUNsMTIzNA==", "{SSHA}"},
    {"{SSHA.HEX}37902f825c90829bb0f84e8520f5ceff81f80a544e61436c31323334", "{SSHA.HEX}"},
    {"{SSHA256}U+kc1alrfU/YkBSrUMVgRVRSDIXIhJKFdZfdaHQ8IbROYUNsMTIzNA==", "{SSHA256}"},
    {"{SSHA512}UcgUMQCoyOq39//"
     "KJeZNFoQ73BzEEkkNZ2T69j+OCt7PoOjJm64Lb57Zx6uRq4trGJ8K7NSDqjle2Iy1ZZ0K4E5hQ2wxMjM0",
     "{SSHA512}"},
    {"{PBKDF2}$1$abcdefgh$5000$6d70aecd0318c531fdfa63564f9c318b4fbddc22", "{PBKDF2}"},
    {"{PBKDF2-SHA1}3000$TmFDbDEyMzQ$mPZJHcymG24EyirOfv2rqHRiqqQ", "{PBKDF2-SHA1}"},
    {"{PBKDF2-SHA256}3000$TmFDbDEyMzQ$k6Vlif6LporY4ONaj5pagOL44z2XQHWjoBU6l1dEi1I", "{PBKDF2-SHA256}"},
    {"{PBKDF2-SHA512}3000$TmFDbDEyMzQ$2sywPn2Modxh8tsW.W1FeJIdSSSeiz5ZhN1."
     "HXbfgmtG/s0s2xeYwgp7T9NTEZjHgUO2L8W7r02JHUm5G9HMWg",
     "{PBKDF2-SHA512}"},
    {"$pbkdf2-sha256$3000$TmFDbDEyMzQ$k6Vlif6LporY4ONaj5pagOL44z2XQHWjoBU6l1dEi1I", "pbkdf2"},
    {"$pbkdf2-sha256$i=3000,l=32$TmFDbDEyMzQ$k6Vlif6LporY4ONaj5pagOL44z2XQHWjoBU6l1dEi1I", "pbkdf2"},
    {"{SCRAM-SHA-256}4096,TmFDbDEyMzQ=,rPpaSK7SppAlh2vJB4JIuz9Hfxuave9UvFTabOdG/Lo=,"
     "YJF7jWelY3ZyozbQw6dCHkfpYIVWukOgiYrLeXUBI8Y=",
     "{SCRAM-SHA-256}"},
    {"{SCRAM-SHA-1}4096,TmFDbDEyMzQ=,5O3tFWbRsdQIvfv33+3nbT17XjI=,wkgi52AV4w6g4tOTZ6YNO/jzZ/4=",
     "{SCRAM-SHA-1}"},
};

TEST(Password, VerifiesEveryScheme) {
  for (const Case& c : kHashes) {
    SCOPED_TRACE(c.stored);
    EXPECT_TRUE(is_hash(c.stored));
    auto usable = check_hash(c.stored);
    EXPECT_TRUE(usable) << usable.error().what;
    EXPECT_EQ(scheme_name(c.stored), c.scheme);
    auto right = verify(kSecret, c.stored);
    ASSERT_TRUE(right) << right.error().what;
    EXPECT_TRUE(*right);
    for (std::string_view other : {"Correct horse", "correctehorse", "x", ""}) {
      auto wrong = verify(other, c.stored);
      ASSERT_TRUE(wrong) << wrong.error().what;
      EXPECT_FALSE(*wrong) << other;
    }
  }
}

TEST(Password, AHashIsNoPasswordForItself) {
  for (const Case& c : kHashes) {
    auto r = verify(c.stored, c.stored);
    ASSERT_TRUE(r) << c.stored;
    EXPECT_FALSE(*r) << c.stored;
  }
}

TEST(Password, RefusesWhatItCanNotUse) {
  const char* kBad[] = {
      "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
      "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
      "{NOSUCH}abc",
      "{SHA}",
      "{SHA}abc",
      "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=extra",
      "{SSHA}!!!!",
      "{SSHA256}N5AvglyQgpuw+E6FIPXO/4H4ClROYUNsMTIzNA==",
      "{MD5-CRYPT}$6$saltsalt$x",
      "{BLF-CRYPT}plain",
      "{PLAIN}",
      "{PBKDF2}$1$abcdefgh$0$6d70aecd0318c531fdfa63564f9c318b4fbddc22",
      "{PBKDF2}$1$abcdefgh$4294967295$6d70aecd0318c531fdfa63564f9c318b4fbddc22",
      "{PBKDF2}$1$abcdefgh",
      "{SCRAM-SHA-256}4096,TmFDbDEyMzQ=,AAAA,AAAA",
      "{SCRAM-SHA-1}99999999,TmFDbDEyMzQ=,5O3tFWbRsdQIvfv33+3nbT17XjI=,wkgi52AV4w6g4tOTZ6YNO/jzZ/4=",
      "$pbkdf2-md5$3000$TmFDbDEyMzQ$k6Vlif6LporY4ONaj5pagOL44z2XQHWjoBU6l1dEi1I",
      ("$6$rounds=999999999$s$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2scFtv/"
       "uamSo5z0"),
      "$2y$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
      "$y$jzT$abcdefghijklmnop$1kKL1r02wT4HlcktLfzeoOHd1GFgv7Ay4JeEbqGj80B",
      "$7$zU..../....abcdefghijklmnopqrstuv$9iKUd8kFo0fLA4Ucy6/Q0BuBv301rJIKpU6KHvKNPCB",
      "$6$saltsalt$short",
      "$6$",
      "$",
      "$nonsense$abc",
      "{CRYPT}ab",
      "{CRYPT}",
      "{CRYPT}*0",
      "*0",
  };
  for (const char* s : kBad) {
    auto r = check_hash(s);
    EXPECT_FALSE(r) << s;
    if (!r) EXPECT_EQ(r.error().code, "INVALID") << s;
    auto v = verify("x", s);
    EXPECT_TRUE(!v || !*v) << s;
  }
  auto argon = check_hash("{ARGON2I}abc");
  ASSERT_FALSE(argon);
  EXPECT_NE(argon.error().what.find("Argon2"), std::string::npos);
  EXPECT_FALSE(check_hash("{PLAIN}" + std::string(kMaxStoredHash, 'a')));
}

TEST(Password, TellsHashesFromPasswords) {
  for (const char* s : {"$6$x", "{SSHA}x", "{SHA256.HEX}00"}) EXPECT_TRUE(is_hash(s)) << s;
  for (const char* s : {"", "secret", "$", "{", "{}", "{ }x", "{no end", "a$6$", "{a b}c"})
    EXPECT_FALSE(is_hash(s)) << s;
}

TEST(Password, HashesWithYescryptAndNewSalts) {
  auto a = hash(kSecret), b = hash(kSecret);
  ASSERT_TRUE(a && b);
  EXPECT_TRUE(a->starts_with("$y$"));
  EXPECT_NE(*a, *b);
  EXPECT_TRUE(verify(kSecret, *a).value());
  EXPECT_FALSE(verify("correct horsee", *a).value());
}

TEST(Password, NobodysHashCostsAVerificationAndFitsNothing) {
  ASSERT_TRUE(check_hash(nobody_hash()));
  EXPECT_EQ(scheme_name(nobody_hash()), "yescrypt");
  EXPECT_TRUE(nobody_hash().starts_with(hash("x")->substr(0, 7))) << "the cost of new hashes";
  for (std::string_view s : {"", "secret"}) EXPECT_FALSE(verify(s, nobody_hash()).value());
}

TEST(Password, LimitsOfTheSecret) {
  std::string longest(kMaxSecret, 'p');
  auto h = hash(longest);
  ASSERT_TRUE(h);
  EXPECT_TRUE(verify(longest, *h).value());
  EXPECT_FALSE(hash(longest + "p"));
  EXPECT_FALSE(verify(longest + "p", *h).value());
  EXPECT_FALSE(hash(""));
  // crypt(3) would stop at the NUL and take the first half for the whole.
  EXPECT_FALSE(hash(std::string_view("ab\0cd", 5)));
  auto ab = hash("ab");
  ASSERT_TRUE(ab);
  EXPECT_FALSE(verify(std::string_view("ab\0cd", 5), *ab).value());
  EXPECT_FALSE(verify(std::string_view("ab\0", 3), *ab).value());
}

TEST(Credential, KeepsScramKeysOfAPlainPassword) {
  auto c = make_credential(kSecret);
  ASSERT_TRUE(c);
  EXPECT_TRUE(c->has_scram());
  EXPECT_EQ(c->sha256->iterations, kScramIterations);
  EXPECT_TRUE(verify_secret(kSecret, c->hash).value());
  auto plain = make_credential("{PLAIN}correct horse");
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->hash.starts_with("$y$"));
  EXPECT_TRUE(plain->has_scram());
  auto foreign = make_credential(kHashes[3].stored);
  ASSERT_TRUE(foreign);
  EXPECT_FALSE(foreign->has_scram());
  auto scram = make_credential(
      "{SCRAM-SHA-1}4096,TmFDbDEyMzQ=,5O3tFWbRsdQIvfv33+3nbT17XjI=,wkgi52AV4w6g4tOTZ6YNO/jzZ/4=");
  ASSERT_TRUE(scram);
  EXPECT_TRUE(scram->sha1.has_value());
  EXPECT_FALSE(scram->sha256.has_value());
  EXPECT_TRUE(plain->clear.empty());
  EXPECT_FALSE(make_credential(""));
  EXPECT_FALSE(make_credential("{ARGON2ID}x"));
}

TEST(Credential, ComparesUnicodePasswordsInOneForm) {
  // e with acute: composed when it was set, decomposed when it is typed; and a control character that
  // SASLprep refuses.
  auto c = make_credential("caf\xc3\xa9 \xe2\x85\xa8");
  ASSERT_TRUE(c);
  EXPECT_TRUE(verify_secret("cafe\xcc\x81 IX", c->hash).value());
  EXPECT_FALSE(verify_secret("cafe IX", c->hash).value());
  auto odd = make_credential("bell\a");
  ASSERT_TRUE(odd);
  EXPECT_FALSE(odd->has_scram());
  EXPECT_TRUE(verify_secret("bell\a", odd->hash).value());
}

TEST(SaslPrep, ExamplesOfRfc4013) {
  EXPECT_EQ(saslprep("I\xc2\xadX", Prep::stored).value(), "IX");
  EXPECT_EQ(saslprep("user", Prep::stored).value(), "user");
  EXPECT_EQ(saslprep("USER", Prep::stored).value(), "USER");
  EXPECT_EQ(saslprep("\xc2\xaa", Prep::stored).value(), "a");
  EXPECT_EQ(saslprep("\xe2\x85\xa8", Prep::stored).value(), "IX");
  EXPECT_FALSE(saslprep("\x07", Prep::stored));
  EXPECT_FALSE(saslprep("\xd8\xa7\x31", Prep::stored));
  EXPECT_FALSE(saslprep("\xff", Prep::stored));
  EXPECT_EQ(saslprep("", Prep::stored).value(), "");
}

TEST(Credential, AsTextsAndBack) {
  auto c = make_credential("secret", {4096}).value();
  auto texts = to_texts(c);
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_TRUE(texts[1].starts_with("{SCRAM-SHA-256}4096,"));
  auto back = from_texts(texts).value();
  EXPECT_EQ(back.hash, c.hash);
  for (auto [x, y] : {std::pair(&back.sha256, &c.sha256), std::pair(&back.sha1, &c.sha1)}) {
    ASSERT_TRUE(x->has_value());
    EXPECT_EQ((*x)->iterations, (*y)->iterations);
    EXPECT_EQ((*x)->salt, (*y)->salt);
    EXPECT_EQ((*x)->stored_key, (*y)->stored_key);
    EXPECT_EQ((*x)->server_key, (*y)->server_key);
  }
  EXPECT_TRUE(to_texts({}).empty());
  EXPECT_TRUE(from_texts({})->hash.empty());
  // A plain password is none of these, nor is anything but keys behind the hash.
  EXPECT_FALSE(from_texts({"secret"}));
  EXPECT_FALSE(from_texts({c.hash, "secret"}));
  EXPECT_FALSE(from_texts({c.hash, c.hash}));
  EXPECT_FALSE(from_texts({c.hash, texts[1], texts[2], texts[1]}));
}

TEST(Secret, IsWipedAndMovesWithoutACopy) {
  std::string text = "a password that is long enough to be on the heap";
  Secret s = Secret::take(std::move(text));
  EXPECT_TRUE(text.empty());
  const char* at = s.c_str();
  Secret t = std::move(s);
  EXPECT_EQ(t.c_str(), at);
  EXPECT_TRUE(s.empty());
  EXPECT_EQ(t.view(), "a password that is long enough to be on the heap");
  std::string w = "short";
  wipe(w);
  EXPECT_TRUE(w.empty());
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(w.data()[i], '\0');
}

// RFC 1939 7, the example of APOP.
TEST(Credential, ApopDigest) {
  EXPECT_EQ(apop_digest("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf"), "c4c9334bac560ecc979e58001b3e22fb");
  auto c = make_credential("tanstaaf", {.clear = true});
  ASSERT_TRUE(c);
  EXPECT_EQ(c->clear, "tanstaaf");
  auto again = from_texts(to_texts(*c));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->clear, "tanstaaf");
  EXPECT_EQ(again->hash, c->hash);
  EXPECT_TRUE(again->has_scram());
}

}  // namespace
}  // namespace postern::auth
