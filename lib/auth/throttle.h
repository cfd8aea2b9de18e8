// Slows down guessing: failed logins are counted by address (IPv4 /32, IPv6 /64) and by account name, whether
// the account exists or not.  The first few cost nothing, then the delay doubles up to a limit; an address
// that goes on is refused without a look at the password.  Counts halve every ten minutes.  An account is
// never refused, or anybody could lock its owner out; from an address that logged in there lately it is not
// even slowed. Each try is charged before it is checked and paid back on success, so that tries in parallel
// gain nothing.
// Runs in: authd, on its loop thread.  Memory: three fixed tables, whatever the number of attackers.
// Tests: t/unit/auth_cache.cc
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

struct ThrottleOptions {
  bool slow_loopback = false;          // else failures from there are counted only
  std::uint32_t free_failures = 3;     // cost nothing
  std::uint32_t first_delay_ms = 500;  // then doubled; 0 = no delays at all
  std::uint32_t max_delay_ms = 15'000;
  std::uint32_t max_account_delay_ms = 4'000;
  std::uint32_t refuse_after = 100;  // failures of an address
  std::uint32_t half_life_s = 600;
  std::size_t table_entries = 32'768;  // of each table
};

class Throttle {
 public:
  explicit Throttle(ThrottleOptions options);
  // The tables stay as large as they were made.
  void set_options(ThrottleOptions options) { options_ = options; }

  struct Decision {
    std::uint32_t delay_ms = 0;  // to wait before the answer is given
    bool refuse = false;         // do not even look
  };
  // `address`: text of an IP, or empty for a Unix socket (counts as loopback).  `account`: the canonical
  // name, or what was sent when it has none.  `now_ms`: monotonic.
  Decision attempt(std::string_view address, std::string_view account, std::uint64_t now_ms);
  // Pays back what attempt() charged, and remembers the pair as a friendly one for a day.
  void success(std::string_view address, std::string_view account, std::uint64_t now_ms);
  // The check could not be made (a temporary fault): pays back, forgets nothing.
  void undo(std::string_view address, std::string_view account, std::uint64_t now_ms);

  std::uint64_t failures() const { return charged_ - paid_; }  // since the start
  std::uint64_t refused() const { return refused_; }

 private:
  struct Entry {
    std::uint64_t key = 0;  // 0 = empty
    std::uint64_t at_ms = 0;
    float score = 0;
  };
  // Four-way sets; a full set gives up the entry whose score has decayed furthest.
  class Table {
   public:
    explicit Table(std::size_t entries) : entries_(entries < 4 ? 4 : entries / 4 * 4) {}
    Entry* find(std::uint64_t key);
    Entry& obtain(std::uint64_t key, std::uint64_t now_ms, std::uint32_t half_life_s);

   private:
    std::vector<Entry> entries_;
  };
  float charge(Table& t, std::uint64_t key, std::uint64_t now_ms);
  void pay(Table& t, std::uint64_t key, std::uint64_t now_ms);
  std::uint32_t delay(float score, std::uint32_t limit_ms) const;

  ThrottleOptions options_;
  Table addresses_, accounts_, friends_;
  std::uint64_t charged_ = 0, paid_ = 0, refused_ = 0;
};

// The part of an address that is counted: all of IPv4 (also when mapped into IPv6), the first 64 bits of
// IPv6. Anything that is no address is taken as it stands, so that it is counted too.
std::string throttle_network(std::string_view address);
bool is_loopback(std::string_view address);

}  // namespace postern::auth
