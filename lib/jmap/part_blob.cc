#include "jmap/part_blob.h"

#include "base/codec.h"
#include "base/text.h"
#include "model/ids.h"

namespace postern::jmap {
namespace {

constexpr std::size_t kHashChars = 43;

char letter(mime::Encoding e) {
  switch (e) {
    case mime::Encoding::base64:
      return 'b';
    case mime::Encoding::quoted_printable:
      return 'q';
    default:
      return 'i';  // an unknown encoding is treated as none (RFC 8621 4.1.4)
  }
}

std::optional<mime::Encoding> encoding(std::string_view s) {
  if (s == "b") return mime::Encoding::base64;
  if (s == "q") return mime::Encoding::quoted_printable;
  if (s == "i") return mime::Encoding::identity;
  return std::nullopt;
}

}  // namespace

std::string format_blob_ref(const BlobRef& ref) {
  if (!ref.is_part) return model::format_blob(ref.hash);
  return "p" + base::base64url(ref.hash) + "_" + std::to_string(ref.begin) + "_" + std::to_string(ref.size) +
         "_" + letter(ref.encoding);
}

std::optional<BlobRef> parse_blob_ref(std::string_view text) {
  BlobRef ref;
  if (auto hash = model::parse_blob(text)) {
    ref.hash = std::move(*hash);
    return ref;
  }
  if (text.size() < kHashChars + 7 || text[0] != 'p' || text[kHashChars + 1] != '_') return std::nullopt;
  auto hash = base::unbase64url(text.substr(1, kHashChars));
  auto fields = base::split(text.substr(kHashChars + 2), '_');
  if (!hash || hash->size() != 32 || fields.size() != 3) return std::nullopt;
  auto begin = base::parse_u64(fields[0]), size = base::parse_u64(fields[1]);
  auto e = encoding(fields[2]);
  if (!begin || !size || !e || *begin > UINT64_MAX / 2 || *size > UINT64_MAX / 2) return std::nullopt;
  ref = {std::move(*hash), true, *begin, *size, *e};
  return format_blob_ref(ref) == text ? std::optional(std::move(ref)) : std::nullopt;
}

}  // namespace postern::jmap
