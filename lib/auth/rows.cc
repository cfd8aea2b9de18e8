#include "auth/rows.h"

#include <array>

#include "auth/limits.h"
#include "base/codec.h"

namespace postern::auth {
namespace {

using base::Reader;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kAccountVersion = 2;  // 1 had no quotas of messages and mailboxes
constexpr std::array<std::string_view, 5> kKinds = {"domain", "account", "alias", "group", "list"};

// The tag tells the types of the `p` rows apart, and guards against reading one row as another.
enum class Tag : std::uint8_t {
  counters = 'c',
  domain = 'd',
  name = 'n',
  account = 'A',
  alias = 'L',
  group = 'G',
  credential = 's',
  outbox = 'o',
  grave = 'z',
};

std::string begin(Tag t, std::uint8_t version = kVersion) {
  std::string b;
  base::put_u8(b, version);
  base::put_u8(b, static_cast<std::uint8_t>(t));
  return b;
}

bool opens(Reader& r, Tag t) {
  return r.u8() == kVersion && r.u8() == static_cast<std::uint8_t>(t);
}

base::Result<> ended(const Reader& r, bool sound = true) {
  if (r.at_end() && sound) return {};
  return base::fail(base::Fault::corrupt, "directory row is malformed or of an unknown version", "CORRUPT");
}

std::string text(Reader& r) {
  return std::string(r.bytes());
}

void put_time(std::string& b, std::int64_t t) {
  base::put_varint(b, static_cast<std::uint64_t>(t));
}
std::int64_t time(Reader& r) {
  return static_cast<std::int64_t>(r.varint());
}

void put_keys(std::string& b, const std::optional<ScramKeys>& k) {
  base::put_u8(b, k ? 1 : 0);
  if (!k) return;
  base::put_varint(b, k->iterations);
  base::put_bytes(b, k->salt);
  base::put_bytes(b, k->stored_key);
  base::put_bytes(b, k->server_key);
}

bool read_keys(Reader& r, std::size_t size, std::optional<ScramKeys>& k) {
  std::uint8_t has = r.u8();
  k.reset();
  if (has != 1) return has == 0;
  ScramKeys v;
  std::uint64_t n = r.varint();
  v.salt = text(r);
  v.stored_key = text(r);
  v.server_key = text(r);
  if (n < 1 || n > kScramMaxIterations || v.salt.empty() || v.salt.size() > kMaxScramSalt) return false;
  if (v.stored_key.size() != size || v.server_key.size() != size) return false;
  v.iterations = static_cast<std::uint32_t>(n);
  k = std::move(v);
  return true;
}

std::string key(char kind, std::string_view rest) {
  std::string k(1, kind);
  k.append(rest);
  return k;
}

std::string key(char kind, Id id) {
  std::string k(1, kind);
  base::put_u64(k, id);
  return k;
}

}  // namespace

std::string_view kind_name(Kind k) {
  return kKinds[static_cast<std::size_t>(k)];
}

base::Result<Kind> parse_kind(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds[i] == name) return static_cast<Kind>(i);
  return base::fail(base::Fault::permanent, "unknown kind: one of domain, account, alias, group, list",
                    "INVALID");
}

std::string encode(const Counters& v) {
  std::string b = begin(Tag::counters);
  base::put_varint(b, v.next_id);
  base::put_varint(b, v.next_outbox);
  return b;
}
base::Result<> decode(std::string_view bytes, Counters& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::counters);
  v.next_id = r.varint();
  v.next_outbox = r.varint();
  return ended(r, ok && v.next_id > 0 && v.next_outbox > 0);
}

std::string encode(const Domain& v) {
  std::string b = begin(Tag::domain);
  base::put_bytes(b, v.name);
  base::put_bytes(b, v.catch_all);
  base::put_bytes(b, v.description);
  put_time(b, v.created);
  return b;
}
base::Result<> decode(std::string_view bytes, Domain& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::domain);
  v.name = text(r);
  v.catch_all = text(r);
  v.description = text(r);
  v.created = time(r);
  return ended(r, ok);
}

std::string encode(const NameRow& v) {
  std::string b = begin(Tag::name);
  base::put_u8(b, static_cast<std::uint8_t>(v.kind));
  base::put_varint(b, v.id);
  return b;
}
base::Result<> decode(std::string_view bytes, NameRow& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::name);
  std::uint8_t kind = r.u8();
  v.kind = static_cast<Kind>(kind);
  v.id = r.varint();
  return ended(r, ok && kind >= 1 && kind < kKinds.size() && v.id > 0);
}

std::string encode(const Account& v) {
  std::string b = begin(Tag::account, kAccountVersion);
  base::put_varint(b, v.id);
  base::put_bytes(b, v.name);
  base::put_varint(b, v.generation);
  base::put_varint(b, v.quota_bytes);
  base::put_bytes(b, v.description);
  base::put_bytes(b, v.timezone);
  base::put_u8(b, static_cast<std::uint8_t>((v.disabled ? 1 : 0) | (v.admin ? 2 : 0)));
  put_time(b, v.created);
  base::put_varint(b, v.quota_emails);
  base::put_varint(b, v.quota_mailboxes);
  return b;
}
base::Result<> decode(std::string_view bytes, Account& v) {
  Reader r(bytes);
  std::uint8_t version = r.u8();
  bool ok = version >= 1 && version <= kAccountVersion && r.u8() == static_cast<std::uint8_t>(Tag::account);
  v.id = r.varint();
  v.name = text(r);
  v.generation = r.varint();
  v.quota_bytes = r.varint();
  v.description = text(r);
  v.timezone = text(r);
  std::uint8_t flags = r.u8();
  v.disabled = (flags & 1) != 0;
  v.admin = (flags & 2) != 0;
  v.created = time(r);
  v.quota_emails = version >= 2 ? r.varint() : 0;
  v.quota_mailboxes = version >= 2 ? r.varint() : 0;
  return ended(r, ok && flags < 4 && v.id > 0);
}

std::string encode(const Alias& v) {
  std::string b = begin(Tag::alias);
  base::put_varint(b, v.id);
  base::put_bytes(b, v.name);
  put_time(b, v.created);
  base::put_varint(b, v.targets.size());
  for (const std::string& t : v.targets) base::put_bytes(b, t);
  return b;
}
base::Result<> decode(std::string_view bytes, Alias& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::alias);
  v.id = r.varint();
  v.name = text(r);
  v.created = time(r);
  v.targets.clear();
  std::uint64_t n = r.varint();
  if (!r.ok() || n > kMaxAliasTargets) return ended(r, false);
  for (std::uint64_t i = 0; i < n; ++i) v.targets.push_back(text(r));
  return ended(r, ok && v.id > 0);
}

std::string encode(const Group& v) {
  std::string b = begin(Tag::group);
  base::put_u8(b, static_cast<std::uint8_t>(v.kind));
  base::put_varint(b, v.id);
  base::put_bytes(b, v.name);
  base::put_bytes(b, v.description);
  put_time(b, v.created);
  return b;
}
base::Result<> decode(std::string_view bytes, Group& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::group);
  v.kind = static_cast<Kind>(r.u8());
  v.id = r.varint();
  v.name = text(r);
  v.description = text(r);
  v.created = time(r);
  return ended(r, ok && (v.kind == Kind::group || v.kind == Kind::list) && v.id > 0);
}

std::string encode(const Credential& v) {
  std::string b = begin(Tag::credential);
  base::put_bytes(b, v.hash);
  put_keys(b, v.sha256);
  put_keys(b, v.sha1);
  if (!v.clear.empty()) base::put_bytes(b, v.clear);
  return b;
}
base::Result<> decode(std::string_view bytes, Credential& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::credential);
  v.hash = text(r);
  ok = read_keys(r, 32, v.sha256) && ok;
  ok = read_keys(r, 20, v.sha1) && ok;
  if (!r.at_end()) v.clear = text(r);
  return ended(r, ok);
}

std::string encode(const OutboxItem& v) {
  std::string b = begin(Tag::outbox);
  base::put_u8(b, static_cast<std::uint8_t>(v.what));
  base::put_varint(b, v.account);
  base::put_varint(b, v.generation);
  put_time(b, v.created);
  return b;
}
base::Result<> decode(std::string_view bytes, OutboxItem& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::outbox);
  std::uint8_t what = r.u8();
  v.what = static_cast<OutboxItem::What>(what);
  v.account = r.varint();
  v.generation = r.varint();
  v.created = time(r);
  return ended(r, ok && what >= 1 && what <= 3);
}

std::string encode(const Grave& v) {
  std::string b = begin(Tag::grave);
  put_time(b, v.deleted);
  base::put_bytes(b, encode(v.account));
  base::put_bytes(b, encode(v.credential));
  base::put_varint(b, v.groups.size());
  for (Id g : v.groups) base::put_varint(b, g);
  return b;
}
base::Result<> decode(std::string_view bytes, Grave& v) {
  Reader r(bytes);
  bool ok = opens(r, Tag::grave);
  v.deleted = time(r);
  ok = decode(r.bytes(), v.account) && ok;
  ok = decode(r.bytes(), v.credential) && ok;
  v.groups.clear();
  std::uint64_t n = r.varint();
  if (!r.ok() || n > kMaxTicketGroups) return ended(r, false);
  for (std::uint64_t i = 0; i < n; ++i) v.groups.push_back(r.varint());
  return ended(r, ok);
}

namespace keys {

std::string audit_head() {
  return "h";
}
std::string counters() {
  return "c";
}
std::string domain(std::string_view name) {
  return key('d', name);
}
std::string names_of(std::string_view domain) {
  return key('n', domain) + '\0';
}
std::string name(std::string_view address) {
  std::size_t at = address.rfind('@');
  base::check(at != std::string_view::npos, "keys::name: no @");
  return names_of(address.substr(at + 1)) + std::string(address.substr(0, at));
}
std::string principal(Id id) {
  return key('p', id);
}
std::string credential(Id id) {
  return key('s', id);
}
std::string members(Id group) {
  return key('m', group);
}
std::string member(Id group, Id member) {
  std::string k = members(group);
  base::put_u64(k, member);
  return k;
}
std::string groups_of(Id member) {
  return key('M', member);
}
std::string member_of(Id member, Id group) {
  std::string k = groups_of(member);
  base::put_u64(k, group);
  return k;
}
std::string list_members(Id list) {
  return key('l', list);
}
std::string list_member(Id list, std::string_view address) {
  return list_members(list) + std::string(address);
}
std::string outbox(std::uint64_t seq) {
  return key('o', seq);
}
std::string graves() {
  return "z";
}
std::string grave(Id account) {
  return key('z', account);
}

std::string after(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::string address_of(std::string_view key) {
  std::size_t nul = key.find('\0');
  if (key.empty() || nul == std::string_view::npos) return {};
  return std::string(key.substr(nul + 1)) + "@" + std::string(key.substr(1, nul - 1));
}

Id last_id(std::string_view key) {
  if (key.size() < 8) return 0;
  base::Reader r(key.substr(key.size() - 8));
  return r.u64();
}

}  // namespace keys
}  // namespace postern::auth
