#include "query/thread_key.h"

#include <algorithm>

#include "base/codec.h"
#include "mime/subject.h"
#include "mime/collation.h"
#include "query/limits.h"

namespace postern::query {
namespace {

void put_hash(std::string& out, std::string_view id) {
  std::uint64_t h = base::seeded_hash(id);  // keyed: nobody outside can make two ids meet
  for (int i = 0; i < 8; ++i) out += static_cast<char>(h >> 8 * i);
}

std::uint64_t take_hash(base::Reader& in) {
  auto bytes = in.take(8);
  std::uint64_t h = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) h |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
  return h;
}

enum Flag : std::uint64_t { kReply = 1, kHasId = 2 };

}  // namespace

std::string thread_key(mime::Collation collation, const StoredContent& c) {
  mime::BaseSubject subject = mime::base_subject(c.subject);
  std::string out;
  base::put_varint(out, (subject.is_reply_or_forward ? kReply : 0) | (c.message_id.empty() ? 0 : kHasId));
  if (!c.message_id.empty()) put_hash(out, c.message_id.front());
  // RFC 5256 3: without References the first id of In-Reply-To is the parent.
  auto ids = c.references;
  if (ids.empty() && !c.in_reply_to.empty()) ids.push_back(c.in_reply_to.front());
  // The last ones are the nearest ancestors.
  std::size_t skip = ids.size() - std::min(ids.size(), kMaxThreadReferences);
  base::put_varint(out, ids.size() - skip);
  for (std::size_t i = skip; i < ids.size(); ++i) put_hash(out, ids[i]);
  out += mime::sort_key(collation, subject.text);
  return out;
}

void read_thread_key(std::string_view key, ThreadIds& ids, ThreadMessage& m) {
  base::Reader in(key);
  std::uint64_t flags = in.varint();
  m.is_reply = (flags & kReply) != 0;
  if (flags & kHasId) m.id = ids.number(take_hash(in));
  std::uint64_t n = in.varint();
  if (!in.ok() || n > kMaxThreadReferences) return;
  for (std::uint64_t i = 0; i < n && in.ok(); ++i) m.references.push_back(ids.number(take_hash(in)));
  m.subject = in.rest();
}

std::int32_t ThreadIds::number(std::uint64_t hash) {
  return numbers_.try_emplace(hash, static_cast<std::int32_t>(numbers_.size())).first->second;
}

}  // namespace postern::query
