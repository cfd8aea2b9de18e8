#include "cmd/jmapd/blobs.h"

#include <algorithm>

#include "proto/stored.pb.h"

namespace postern::jmapd {

io::Task<base::Result<Locations>> locate(Shared& shared, client::Login& login,
                                         std::vector<std::string> hashes) {
  Locations out(hashes.size());
  if (hashes.empty()) co_return out;
  stored::Request request;
  for (const auto& h : hashes) request.mutable_get_blobs()->add_hashes(h);
  auto reply = co_await shared.store.read(login, std::move(request));
  if (!reply) co_return base::pass(reply);
  for (const auto& one : reply->blobs().blobs()) {
    if (one.location().empty()) continue;
    auto at = blob::Location::parse(one.location());
    if (!at) co_return base::pass(at);
    for (std::size_t i = 0; i < hashes.size(); ++i)
      if (hashes[i] == one.hash()) out[i] = *at;
  }
  co_return out;
}

bool fits(const jmap::BlobRef& ref, const blob::Location& at) {
  return !ref.is_part || (ref.begin <= at.size && ref.size <= at.size - ref.begin);
}

jmap::ReadBytes reader_of(std::shared_ptr<blob::Reader> reader, blob::Location at) {
  return [reader = std::move(reader), at = std::move(at)](std::uint64_t begin, std::uint64_t length) {
    return reader->read(at, begin, length);
  };
}

base::Result<> read_decoded(blob::Reader& reader, const blob::Location& at, const jmap::BlobRef& ref,
                            const std::function<base::Result<>(std::string_view)>& use) {
  if (!fits(ref, at))
    return base::fail(base::Fault::permanent, "the part is not within its blob", "NOT_FOUND");
  std::uint64_t begin = ref.is_part ? ref.begin : 0, end = ref.is_part ? ref.begin + ref.size : at.size;
  mime::TransferDecoder decoder(ref.is_part ? ref.encoding : mime::Encoding::identity);
  std::string decoded;
  for (auto pos = begin; pos < end;) {
    // Pieces end where frames do: each frame is decrypted once.
    auto next = std::min(end, (pos / blob::kFrameSize + 1) * blob::kFrameSize);
    auto piece = reader.read(at, pos, next - pos);
    if (!piece) return base::pass(piece);
    decoded.clear();
    decoder.decode(*piece, decoded);
    if (auto r = use(decoded); !r) return r;
    pos = next;
  }
  decoded.clear();
  decoder.finish(decoded);
  return decoded.empty() ? base::Result<>{} : use(decoded);
}

}  // namespace postern::jmapd
