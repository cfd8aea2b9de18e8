#include "model/sheet.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace postern::model {
namespace {

constexpr char kMagic[] = "PSHEET01";
constexpr std::size_t kHeader = 64;

struct Header {
  char magic[8];
  std::uint32_t count;
  std::uint32_t mailbox;
  std::uint64_t modseq;
  std::uint64_t places;
  char zeros[32];
};
static_assert(sizeof(Header) == kHeader);

constexpr std::size_t aligned(std::size_t n) { return (n + 7) & ~std::size_t{7}; }

template <class T>
void append(std::string& out, const std::vector<T>& column) {
  out.append(reinterpret_cast<const char*>(column.data()), column.size() * sizeof(T));
  out.resize(aligned(out.size()));
}

// Cuts the next column off `rest`; the caller has checked the total length.
template <class T>
std::span<const T> cut(std::string_view& rest, std::size_t n) {
  std::span<const T> s(reinterpret_cast<const T*>(rest.data()), n);
  rest.remove_prefix(std::min(rest.size(), aligned(n * sizeof(T))));
  return s;
}

std::size_t packed_size(std::size_t n, std::size_t places) {
  return kHeader + 3 * aligned(4 * n) + 8 * (8 * n) + aligned(4 * places);
}

}  // namespace

void SheetBuilder::reserve(std::size_t rows) {
  for (auto* c : {&uid_, &size_, &place_end_}) c->reserve(rows);
  for (auto* c : {&lo_, &hi_, &modseq_, &email_, &thread_}) c->reserve(rows);
  for (auto* c : {&received_, &saved_, &sent_}) c->reserve(rows);
}

void SheetBuilder::add(const SheetRow& r, std::span<const std::uint32_t> places) {
  uid_.push_back(r.uid);
  size_.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(r.size, UINT32_MAX)));
  lo_.push_back(r.flags.lo);
  hi_.push_back(r.flags.hi);
  modseq_.push_back(r.modseq);
  email_.push_back(r.email);
  thread_.push_back(r.thread);
  received_.push_back(r.received);
  saved_.push_back(r.saved);
  sent_.push_back(r.sent);
  place_.insert(place_.end(), places.begin(), places.end());
  place_end_.push_back(static_cast<std::uint32_t>(place_.size()));
}

std::string SheetBuilder::finish(std::uint32_t mailbox, std::uint64_t modseq) const {
  Header h{};
  std::memcpy(h.magic, kMagic, 8);
  h.count = static_cast<std::uint32_t>(uid_.size());
  h.mailbox = mailbox;
  h.modseq = modseq;
  h.places = place_.size();
  std::string out;
  out.reserve(packed_size(uid_.size(), place_.size()));
  out.append(reinterpret_cast<const char*>(&h), sizeof h);
  append(out, uid_);
  append(out, lo_);
  append(out, hi_);
  append(out, modseq_);
  append(out, email_);
  append(out, thread_);
  append(out, size_);
  append(out, received_);
  append(out, saved_);
  append(out, sent_);
  append(out, place_end_);
  append(out, place_);
  return out;
}

base::Result<base::Fd> seal(std::string_view bytes) {
  base::Fd fd(::memfd_create("sheet", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return std::unexpected(base::sys_error("memfd_create"));
  if (auto w = base::write_all(fd.get(), bytes); !w) return pass(w);
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return std::unexpected(base::sys_error("seal"));
  return fd;
}

base::Result<std::shared_ptr<const Sheet>> Sheet::attach(std::unique_ptr<Sheet> s, std::string_view bytes) {
  auto bad = [] { return base::fail(base::Fault::corrupt, "sheet of a wrong shape"); };
  Header h;
  if (bytes.size() < kHeader) return bad();
  std::memcpy(&h, bytes.data(), sizeof h);
  if (std::memcmp(h.magic, kMagic, 8) != 0 || h.count > kMaxSheetRows || h.places > bytes.size() ||
      bytes.size() != packed_size(h.count, h.places))
    return bad();
  std::size_t n = h.count;
  std::string_view rest = bytes.substr(kHeader);
  s->mailbox_ = h.mailbox;
  s->modseq_ = h.modseq;
  s->uid = cut<std::uint32_t>(rest, n);
  s->flags_lo = cut<std::uint64_t>(rest, n);
  s->flags_hi = cut<std::uint64_t>(rest, n);
  s->modseq = cut<std::uint64_t>(rest, n);
  s->email = cut<std::uint64_t>(rest, n);
  s->thread = cut<std::uint64_t>(rest, n);
  s->bytes_size = cut<std::uint32_t>(rest, n);
  s->received = cut<std::int64_t>(rest, n);
  s->saved = cut<std::int64_t>(rest, n);
  s->sent = cut<std::int64_t>(rest, n);
  s->place_end = cut<std::uint32_t>(rest, n);
  s->place = cut<std::uint32_t>(rest, h.places);
  return std::shared_ptr<const Sheet>(std::move(s));
}

base::Result<std::shared_ptr<const Sheet>> Sheet::from_bytes(std::string bytes) {
  std::unique_ptr<Sheet> s(new Sheet);
  s->owned_ = std::move(bytes);
  std::string_view view = s->owned_;
  return attach(std::move(s), view);
}

base::Result<std::shared_ptr<const Sheet>> Sheet::from_fd(const base::Fd& fd) {
  constexpr int kWanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  struct stat st {};
  int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kWanted) != kWanted) return base::fail(base::Fault::corrupt, "sheet is not sealed");
  if (::fstat(fd.get(), &st) != 0 || st.st_size <= 0) return base::fail(base::Fault::corrupt, "sheet is empty");
  std::unique_ptr<Sheet> s(new Sheet);
  s->map_size_ = static_cast<std::size_t>(st.st_size);
  s->map_ = ::mmap(nullptr, s->map_size_, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (s->map_ == MAP_FAILED) {
    s->map_ = nullptr;
    return std::unexpected(base::sys_error("mmap"));
  }
  std::string_view view(static_cast<const char*>(s->map_), s->map_size_);
  return attach(std::move(s), view);
}

Sheet::~Sheet() {
  if (map_) ::munmap(map_, map_size_);
}

SheetRow Sheet::row(std::size_t i) const {
  return {uid[i], flags(i), modseq[i], email[i], thread[i], bytes_size[i], received[i], saved[i], sent[i]};
}

std::size_t Sheet::find_uid(std::uint32_t u) const {
  auto it = std::ranges::lower_bound(uid, u);
  return it != uid.end() && *it == u ? static_cast<std::size_t>(it - uid.begin()) : size();
}

std::size_t Sheet::find_email(std::uint64_t e) const {
  auto it = std::ranges::lower_bound(email, e);
  return it != email.end() && *it == e ? static_cast<std::size_t>(it - email.begin()) : size();
}

std::span<const std::uint32_t> Sheet::places(std::size_t i) const {
  std::size_t begin = i ? place_end[i - 1] : 0, end = place_end[i];
  if (begin > end || end > place.size()) return {};
  return place.subspan(begin, end - begin);
}

}  // namespace postern::model
