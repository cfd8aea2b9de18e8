#include "auth/throttle.h"

#include <arpa/inet.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/codec.h"
#include "base/text.h"

namespace postern::auth {
namespace {

std::uint64_t table_key(char kind, std::string_view a, std::string_view b = {}) {
  std::string s(1, kind);
  base::put_bytes(s, a);
  s.append(b);
  std::uint64_t h = base::seeded_hash(s);
  return h == 0 ? 1 : h;
}

float decay(float score, std::uint64_t since_ms, std::uint32_t half_life_s) {
  return score * std::exp2(-static_cast<float>(since_ms) / (1000.0F * static_cast<float>(half_life_s)));
}

// 16 bytes of an IPv6 address, IPv4 mapped into it; false when `text` is neither.
bool parse_ip(std::string_view text, std::array<unsigned char, 16>& out) {
  std::string s(text.substr(0, 64));
  in_addr v4;
  if (inet_pton(AF_INET, s.c_str(), &v4) == 1) {
    out = {};
    out[10] = out[11] = 0xff;
    memcpy(&out[12], &v4, 4);
    return true;
  }
  if (std::size_t zone = s.find('%'); zone != std::string::npos) s.resize(zone);
  return inet_pton(AF_INET6, s.c_str(), out.data()) == 1;
}

bool is_mapped(const std::array<unsigned char, 16>& ip) {
  return std::all_of(ip.begin(), ip.begin() + 10, [](unsigned char c) { return c == 0; }) && ip[10] == 0xff &&
         ip[11] == 0xff;
}

}  // namespace

std::string throttle_network(std::string_view address) {
  std::array<unsigned char, 16> ip;
  if (!parse_ip(address, ip)) return std::string(address.substr(0, 256));
  return {reinterpret_cast<const char*>(ip.data()), is_mapped(ip) ? 16u : 8u};
}

bool is_loopback(std::string_view address) {
  if (address.empty()) return true;
  std::array<unsigned char, 16> ip;
  if (!parse_ip(address, ip)) return false;
  if (is_mapped(ip)) return ip[12] == 127;
  return std::all_of(ip.begin(), ip.end() - 1, [](unsigned char c) { return c == 0; }) && ip[15] == 1;
}

Throttle::Throttle(ThrottleOptions options)
    : options_(options),
      addresses_(options.table_entries),
      accounts_(options.table_entries),
      friends_(options.table_entries) {}

Throttle::Entry* Throttle::Table::find(std::uint64_t key) {
  std::size_t set = key % (entries_.size() / 4) * 4;
  auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(set);
  auto it = std::find_if(begin, begin + 4, [&](const Entry& e) { return e.key == key; });
  return it == begin + 4 ? nullptr : &*it;
}

Throttle::Entry& Throttle::Table::obtain(std::uint64_t key, std::uint64_t now_ms, std::uint32_t half_life_s) {
  if (Entry* e = find(key)) return *e;
  std::size_t set = key % (entries_.size() / 4) * 4;
  auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(set);
  auto worth = [&](const Entry& e) {
    return e.key == 0 ? -1.0F : decay(e.score, now_ms - e.at_ms, half_life_s);
  };
  auto it =
      std::min_element(begin, begin + 4, [&](const Entry& a, const Entry& b) { return worth(a) < worth(b); });
  *it = Entry{key, now_ms, 0};
  return *it;
}

float Throttle::charge(Table& t, std::uint64_t key, std::uint64_t now_ms) {
  Entry& e = t.obtain(key, now_ms, options_.half_life_s);
  float before = decay(e.score, now_ms - e.at_ms, options_.half_life_s);
  // The cap lets a long attack be forgotten in a few hours rather than days.
  e.score = std::min(before + 1, 8.0F * static_cast<float>(options_.refuse_after));
  e.at_ms = now_ms;
  return before;
}

void Throttle::pay(Table& t, std::uint64_t key, std::uint64_t now_ms) {
  Entry* e = t.find(key);
  if (!e) return;
  e->score = std::max(0.0F, decay(e->score, now_ms - e->at_ms, options_.half_life_s) - 1);
  e->at_ms = now_ms;
}

std::uint32_t Throttle::delay(float score, std::uint32_t limit_ms) const {
  // Half a failure's grace, so that decay over a second does not move the steps.
  auto n = static_cast<std::uint32_t>(score + 0.5F);
  if (n < options_.free_failures) return 0;
  std::uint32_t shift = std::min(n - options_.free_failures, 16u);
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(limit_ms, std::uint64_t{options_.first_delay_ms} << shift));
}

Throttle::Decision Throttle::attempt(std::string_view address, std::string_view account,
                                     std::uint64_t now_ms) {
  ++charged_;
  std::string network = throttle_network(address);
  float by_address = charge(addresses_, table_key('i', network), now_ms);
  float by_account = charge(accounts_, table_key('a', account), now_ms);
  if (is_loopback(address) && !options_.slow_loopback) return {};
  Decision d;
  d.refuse = by_address + 0.5F >= static_cast<float>(options_.refuse_after);
  d.delay_ms = delay(by_address, options_.max_delay_ms);
  Entry* known = friends_.find(table_key('f', network, account));
  bool is_friend = known && decay(known->score, now_ms - known->at_ms, 144 * options_.half_life_s) > 0.5F;
  if (!is_friend) d.delay_ms = std::max(d.delay_ms, delay(by_account, options_.max_account_delay_ms));
  if (d.refuse) ++refused_;
  return d;
}

void Throttle::success(std::string_view address, std::string_view account, std::uint64_t now_ms) {
  ++paid_;
  std::string network = throttle_network(address);
  // One good login must not wash an address clean: an attacker may own an account here himself.
  pay(addresses_, table_key('i', network), now_ms);
  pay(accounts_, table_key('a', account), now_ms);
  Entry& f = friends_.obtain(table_key('f', network, account), now_ms, 144 * options_.half_life_s);
  f.score = 1;
  f.at_ms = now_ms;
}

void Throttle::undo(std::string_view address, std::string_view account, std::uint64_t now_ms) {
  ++paid_;
  pay(addresses_, table_key('i', throttle_network(address)), now_ms);
  pay(accounts_, table_key('a', account), now_ms);
}

}  // namespace postern::auth
