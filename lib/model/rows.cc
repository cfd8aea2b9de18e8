#include "model/rows.h"

#include "base/codec.h"

namespace postern::model {

std::string encode_uid_row(const SheetRow& r) {
  std::string out;
  out.reserve(73);
  base::put_u8(out, kUidRowVersion);
  for (std::uint64_t v : {r.email, r.modseq, r.flags.lo, r.flags.hi, r.thread, r.size,
                          static_cast<std::uint64_t>(r.received), static_cast<std::uint64_t>(r.saved),
                          static_cast<std::uint64_t>(r.sent)})
    base::put_u64(out, v);
  return out;
}

std::optional<SheetRow> decode_uid_row(std::uint32_t uid, std::string_view bytes) {
  base::Reader in(bytes);
  if (in.u8() != kUidRowVersion) return std::nullopt;
  SheetRow r;
  r.uid = uid;
  r.email = in.u64();
  r.modseq = in.u64();
  r.flags.lo = in.u64();
  r.flags.hi = in.u64();
  r.thread = in.u64();
  r.size = in.u64();
  r.received = static_cast<std::int64_t>(in.u64());
  r.saved = static_cast<std::int64_t>(in.u64());
  r.sent = static_cast<std::int64_t>(in.u64());
  if (!in.at_end()) return std::nullopt;
  return r;
}

}  // namespace postern::model
