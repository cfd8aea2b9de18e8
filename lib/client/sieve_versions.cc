#include "client/sieve_versions.h"

#include <algorithm>

#include "base/codec.h"
#include "ipc/large.h"

namespace postern::client {

using base::Result;

namespace {

constexpr std::uint64_t kPiece = 64u << 10;

// All of `m` from `from` on, piece by piece.
template <class Fn>
Result<> each_piece(const Incoming& m, std::uint64_t from, Fn&& fn) {
  if (m.is_inline()) return fn(m.inline_body().substr(std::min<std::size_t>(from, m.inline_body().size())));
  auto file = m.descriptor();
  if (!file) return pass(file);
  for (std::uint64_t at = from; at < m.size();) {
    auto piece = base::pread_exact(file->get(), std::min(kPiece, m.size() - at), at);
    if (!piece) return pass(piece);
    if (auto ok = fn(std::string_view(*piece)); !ok) return ok;
    at += piece->size();
  }
  return {};
}

}  // namespace

Result<> SieveVersions::append_original(std::uint64_t from, Incoming& to) const {
  return each_piece(original_, from, [&to](std::string_view piece) { return to.append(piece); });
}

Result<> SieveVersions::make(const sieved::Outcome& outcome, const std::string& spool_dir) {
  for (int i = 0; i < outcome.versions_size(); ++i) {
    const auto& v = outcome.versions(i);
    if (v.original()) continue;
    auto message = std::make_unique<Incoming>(spool_dir);
    auto ok = message->append(v.has_whole() ? v.whole() : v.header());
    if (ok && !v.has_whole()) ok = append_original(v.body_begin(), *message);
    if (ok) ok = message->finish();
    if (!ok) return ok;
    made_.emplace(static_cast<std::uint32_t>(i), std::move(message));
  }
  return {};
}

const Incoming& SieveVersions::message(std::uint32_t version) const {
  auto it = made_.find(version);
  return it == made_.end() ? original_ : *it->second;
}

Result<base::Fd> SieveVersions::text(std::uint32_t version, std::string_view before) const {
  auto out = ipc::to_descriptor(before);
  if (!out) return out;
  auto written = each_piece(message(version), 0, [&out](std::string_view piece) { return base::write_all(out->get(), piece); });
  if (!written) return pass(written);
  return out;
}

Result<std::string> SieveVersions::digest(std::uint32_t version) const {
  base::Sha256 hash;
  auto read = each_piece(message(version), 0, [&hash](std::string_view piece) {
    hash.update(piece);
    return Result<>();
  });
  if (!read) return pass(read);
  return std::string(base::view(hash.finish()));
}

}  // namespace postern::client
