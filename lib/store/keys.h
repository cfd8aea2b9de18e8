// The keys of one account's rows, and of account 0, which holds the store's own.  Integers are big-endian, so
// that rows sort as their numbers do.  README.md has the table.  Runs in: stored.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/codec.h"

namespace postern::store::keys {

inline std::string join(char kind) { return std::string(1, kind); }
inline std::string join(char kind, std::uint32_t a) {
  std::string k(1, kind);
  base::put_u32(k, a);
  return k;
}
inline std::string join(char kind, std::uint64_t a) {
  std::string k(1, kind);
  base::put_u64(k, a);
  return k;
}

// The first key behind all that begin with `prefix`.  REQUIRES: the prefix has a byte below 0xff.
inline std::string after(std::string prefix) {
  while (static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  ++prefix.back();
  return prefix;
}

// One account
inline std::string account() { return "A"; }
inline std::string mailbox(std::uint32_t id) { return join('M', id); }
inline std::string uid_rows(std::uint32_t mailbox) { return join('U', mailbox); }
inline std::string uid_row(std::uint32_t mailbox, std::uint32_t uid) {
  std::string k = join('U', mailbox);
  base::put_u32(k, uid);
  return k;
}
// Of up to 64 neighbouring UIDs each (model/flag_block.h).
inline std::string flag_blocks(std::uint32_t mailbox) { return join('F', mailbox); }
inline std::string flag_block(std::uint32_t mailbox, std::uint32_t number) {
  std::string k = join('F', mailbox);
  base::put_u32(k, number);
  return k;
}
inline std::string expunged_of(std::uint32_t mailbox) { return join('X', mailbox); }
inline std::string expunged(std::uint32_t mailbox, std::uint64_t modseq) {
  std::string k = join('X', mailbox);
  base::put_u64(k, modseq);
  return k;
}
inline std::string email(std::uint64_t id) { return join('E', id); }
inline std::string wire(std::uint64_t id) { return join('W', id); }
inline std::string content(std::uint64_t id) { return join('I', id); }
// An account that is being loaded: it has no account row yet.
inline std::string loading() { return "Z"; }
inline std::string header(std::uint64_t id) { return join('J', id); }
inline std::string thread(std::uint64_t id) { return join('T', id); }
inline std::string thread_hash(std::string_view hash) { return "H" + std::string(hash); }
inline std::string change(std::uint64_t modseq) { return join('L', modseq); }
inline std::string blob(std::string_view sha256) { return "B" + std::string(sha256); }
inline std::string result(std::uint32_t slot) { return join('R', slot); }
inline std::string identity(std::string_view hash) { return "D" + std::string(hash); }
// Emails whose last row went at `time`.
inline std::string queue(std::uint64_t time, std::uint64_t email) {
  std::string k = join('Q', time);
  base::put_u64(k, email);
  return k;
}

// Uploads, to be forgotten unless an email has come to use them.
inline std::string upload(std::uint64_t time, std::string_view sha256) {
  return join('P', time) + std::string(sha256);
}

// Sieve: scripts and their texts, the vacation response, marks with the time when each ends.
inline std::string script(std::uint32_t id) { return join('S', id); }
inline std::string script_text(std::uint32_t id) { return join('C', id); }
inline std::string vacation() { return "V"; }
inline std::string mark(std::string_view id) { return "K" + std::string(id); }
inline std::string mark_end(std::uint64_t until, std::string_view id) { return join('O', until) + std::string(id); }

// \Seen of one sharer, for up to 64 neighbouring UIDs each.
inline std::string own_seen_of(std::uint32_t mailbox) { return join('G', mailbox); }
inline std::string own_seen_of(std::uint32_t mailbox, std::uint64_t principal) {
  std::string k = join('G', mailbox);
  base::put_u64(k, principal);
  return k;
}
inline std::string own_seen(std::uint32_t mailbox, std::uint64_t principal, std::uint32_t block) {
  std::string k = own_seen_of(mailbox, principal);
  base::put_u32(k, block);
  return k;
}

// The key that signs URLs of a mailbox.
inline std::string url_key(std::uint32_t mailbox) { return join('Y', mailbox); }

// Annotations of an email; of a principal, 0 for the shared ones.
inline std::string annotations_of(std::uint64_t email) { return join('o', email); }
inline std::string annotation(std::uint64_t email, std::uint64_t principal, std::string_view entry) {
  std::string k = join('o', email);
  base::put_u64(k, principal);
  return k += entry;
}

// Annotations: of a mailbox, 0 for the server; of a principal, 0 for /shared.
inline std::string metadata_of(std::uint32_t mailbox) { return join('N', mailbox); }
inline std::string metadata_of(std::uint32_t mailbox, std::uint64_t principal) {
  std::string k = join('N', mailbox);
  base::put_u64(k, principal);
  return k;
}
inline std::string metadata(std::uint32_t mailbox, std::uint64_t principal, std::string_view entry) {
  return metadata_of(mailbox, principal) + std::string(entry);
}
inline constexpr std::size_t kMetadataEntryAt = 13;  // where the entry's name begins in such a key

// Account 0
inline std::string server_metadata(std::string_view entry) { return "n" + std::string(entry); }
// `owner` has shared something with `grantee`.
inline std::string shared_with(std::uint64_t grantee) { return join('s', grantee); }
inline std::string shared(std::uint64_t grantee, std::uint64_t owner) {
  std::string k = join('s', grantee);
  base::put_u64(k, owner);
  return k;
}
inline std::string registered(std::uint64_t account) { return join('a', account); }
inline std::string blob_place(std::string_view sha256) { return "b" + std::string(sha256); }
inline std::string version() { return "v"; }
inline std::string audit_head() { return "h"; }
inline std::string revoked(std::uint64_t principal) { return join('g', principal); }

// The integers of a key.  REQUIRES: the key is long enough; check its size first.
inline std::uint32_t u32_at(std::string_view key, std::size_t at) {
  base::Reader in(key.substr(at));
  return in.u32();
}
inline std::uint64_t u64_at(std::string_view key, std::size_t at) {
  base::Reader in(key.substr(at));
  return in.u64();
}

}  // namespace postern::store::keys
