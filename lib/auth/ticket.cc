#include "auth/ticket.h"

#include "auth/limits.h"
#include "base/codec.h"
#include "base/text.h"

namespace postern::auth {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kMaxText = 512;

}  // namespace

std::string encode_ticket(const Ticket& t) {
  std::string b;
  b.reserve(160);
  base::put_u8(b, kVersion);
  base::put_u8(b, static_cast<std::uint8_t>(t.kind));
  base::put_varint(b, t.principal);
  base::put_varint(b, t.account);
  base::put_varint(b, t.generation);
  base::put_u64(b, static_cast<std::uint64_t>(t.issued));
  base::put_u64(b, static_cast<std::uint64_t>(t.expires));
  base::put_varint(b, t.quota_bytes);
  base::put_varint(b, t.quota_emails);
  base::put_varint(b, t.quota_mailboxes);
  base::put_u8(b, t.admin ? 1 : 0);
  base::put_varint(b, t.groups.size());
  for (std::uint64_t g : t.groups) base::put_varint(b, g);
  base::put_bytes(b, t.name);
  base::put_bytes(b, t.session);
  base::put_bytes(b, t.service);
  return b;
}

base::Result<Ticket> decode_ticket(std::string_view body) {
  base::Reader r(body);
  auto bad = [] { return base::fail(base::Fault::corrupt, "malformed ticket", "TICKET"); };
  std::uint8_t version = r.u8();
  if (body.size() > kMaxTicket || version < 1 || version > kVersion) return bad();
  Ticket t;
  std::uint8_t kind = r.u8();
  if (kind < 1 || kind > 4) return bad();
  t.kind = static_cast<TicketKind>(kind);
  t.principal = r.varint();
  t.account = r.varint();
  t.generation = r.varint();
  t.issued = static_cast<std::int64_t>(r.u64());
  t.expires = static_cast<std::int64_t>(r.u64());
  t.quota_bytes = r.varint();
  if (version >= 2) {
    t.quota_emails = r.varint();
    t.quota_mailboxes = r.varint();
    std::uint8_t flags = r.u8();
    if (flags > 1) return bad();
    t.admin = flags != 0;
  }
  std::uint64_t groups = r.varint();
  if (!r.ok() || groups > kMaxTicketGroups) return bad();
  for (std::uint64_t i = 0; i < groups; ++i) t.groups.push_back(r.varint());
  t.name = std::string(r.bytes());
  t.session = std::string(r.bytes());
  t.service = std::string(r.bytes());
  if (!r.at_end() || t.name.size() > kMaxText || t.session.size() > kMaxText || t.service.size() > kMaxText)
    return bad();
  if (t.issued < 0 || t.expires < t.issued) return bad();
  if ((t.kind == TicketKind::deliver) != (t.account != 0)) return bad();
  return t;
}

}  // namespace postern::auth
