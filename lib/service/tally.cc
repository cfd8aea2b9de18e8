#include "service/tally.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <new>

#include "base/system.h"

namespace postern::service {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// The same in each process of a service, which runs the same program (FNV-1a with a finish).
std::uint64_t key_of(char kind, std::string_view name) {
  std::uint64_t h = 0xcbf29ce484222325;
  auto add = [&h](char c) { h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3; };
  add(kind);
  for (char c : name) add(c);
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
  h ^= h >> 33;
  return h ? h : 1;
}

constexpr unsigned home_of(std::uint64_t key) { return static_cast<unsigned>(key % kTallyNames); }
constexpr unsigned after(unsigned at) { return (at + 1) % kTallyNames; }

// Where the key is, or the free place where it would be.  The table is never full; a reader of another's may meet it in the
// middle of a change, and goes round once at most.
template <class Entries>
unsigned find(Entries& entries, std::uint64_t key) {
  unsigned at = home_of(key);
  for (unsigned n = 0; n < kTallyNames; ++n, at = after(at)) {
    std::uint64_t there = entries[at].key.load(kRelaxed);
    if (there == key || there == 0) break;
  }
  return at;
}

}  // namespace

void Tally::Unmap::operator()(Memory* m) const { ::munmap(m, sizeof *m); }

// Pages come into being when they are written.
Tally::Tally() {
  void* at = ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  memory_.reset(static_cast<Memory*>(at));
}

base::Result<base::Fd> Tally::make() {
  base::Fd fd(::memfd_create("tally", MFD_CLOEXEC));
  if (!fd) return std::unexpected(base::sys_error("memfd_create"));
  if (::ftruncate(fd.get(), sizeof(Memory)) != 0) return std::unexpected(base::sys_error("ftruncate of a memfd"));
  return fd;
}

base::Result<Tally> Tally::join(const base::Fd& memory, unsigned column) {
  struct stat st{};
  if (::fstat(memory.get(), &st) != 0) return std::unexpected(base::sys_error("fstat of the tally"));
  if (st.st_size != sizeof(Memory) || column >= kTallyColumns)
    return base::fail(base::Fault::corrupt, "the tally is not one of this version");
  void* at = ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (at == MAP_FAILED) return std::unexpected(base::sys_error("mmap of the tally"));
  return Tally(std::unique_ptr<Memory, Unmap>(static_cast<Memory*>(at)), column);
}

void Tally::wipe(const base::Fd& memory, unsigned column) {
  constexpr std::uint32_t kNothing = 0;
  auto zero = [&](std::size_t at) { (void)::pwrite(memory.get(), &kNothing, sizeof kNothing, static_cast<off_t>(at)); };
  zero(offsetof(Memory, load) + column * sizeof kNothing);
  zero(offsetof(Memory, names) + column * sizeof kNothing);
  constexpr std::size_t kSize = sizeof(Memory::entries[0]);
  ::fallocate(memory.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              static_cast<off_t>(offsetof(Memory, entries) + column * kSize), static_cast<off_t>(kSize));
}

void Tally::set_sessions(std::uint32_t n, bool accepts) { memory_->load[column_].store(accepts ? n + 1 : 0, kRelaxed); }

// Up to a few sessions, or an eighth, the one takes a connection that is quickest at it: so an idle one.
bool Tally::has_room() const {
  std::uint32_t own = memory_->load[column_].load(kRelaxed), least = own;
  for (const auto& load : memory_->load)
    if (std::uint32_t n = load.load(kRelaxed)) least = std::min(least, n);
  return own <= least + std::max(kTallySlack, least / 8);
}

Tally::Mark Tally::mark(char kind, std::string_view name) {
  std::uint64_t key = key_of(kind, name);
  auto& names = memory_->names[column_];
  auto& entries = memory_->entries[column_];
  unsigned at = find(entries, key);
  if (entries[at].key.load(kRelaxed) == 0) {
    if (names.load(kRelaxed) >= kTallyFull) return {};
    names.store(names.load(kRelaxed) + 1, kRelaxed);
    entries[at].count.store(0, kRelaxed);
    entries[at].key.store(key, kRelaxed);
  }
  entries[at].count.store(entries[at].count.load(kRelaxed) + 1, kRelaxed);
  return Mark(this, key);
}

// What follows without a gap moves up, so that no search ends too early.
void Tally::take(std::uint64_t key) {
  auto& entries = memory_->entries[column_];
  unsigned at = find(entries, key);
  if (entries[at].key.load(kRelaxed) != key) return;
  std::uint64_t left = entries[at].count.load(kRelaxed) - 1;
  entries[at].count.store(left, kRelaxed);
  if (left) return;
  for (unsigned next = after(at);; next = after(next)) {
    std::uint64_t there = entries[next].key.load(kRelaxed);
    if (there == 0) break;
    unsigned home = home_of(there);
    bool may_move = (next + kTallyNames - home) % kTallyNames >= (next + kTallyNames - at) % kTallyNames;
    if (!may_move) continue;
    entries[at].count.store(entries[next].count.load(kRelaxed), kRelaxed);
    entries[at].key.store(there, kRelaxed);
    at = next;
  }
  entries[at].key.store(0, kRelaxed);
  auto& names = memory_->names[column_];
  names.store(names.load(kRelaxed) - 1, kRelaxed);
}

std::uint64_t Tally::count(char kind, std::string_view name) const {
  std::uint64_t key = key_of(kind, name), sum = 0;
  for (unsigned c = 0; c < kTallyColumns; ++c) {
    if (memory_->names[c].load(kRelaxed) == 0) continue;
    const Entry& e = memory_->entries[c][find(memory_->entries[c], key)];
    if (e.key.load(kRelaxed) == key) sum += e.count.load(kRelaxed);
  }
  return sum;
}

}  // namespace postern::service
