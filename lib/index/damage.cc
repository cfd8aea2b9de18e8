#include "index/damage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/log.h"
#include "base/text.h"

namespace postern::index {

namespace {

// "ACCOUNT" says that an index is damaged, "crashed.ACCOUNT" how often it brought its reader down, "reading.SLOT" names the
// account that is being read.
std::string folder_in(const std::string& root) { return root + "/" + kDamageFolder; }
std::string mark(const std::string& root, std::uint64_t account) { return folder_in(root) + "/" + std::to_string(account); }
std::string crashes(const std::string& root, std::uint64_t account) {
  return folder_in(root) + "/crashed." + std::to_string(account);
}
std::string slot_file(const std::string& root, std::size_t slot) { return folder_in(root) + "/reading." + std::to_string(slot); }

bool there(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0;
}

std::uint64_t number_in(const std::string& path) {
  auto text = base::read_file(path, 64);
  return text ? base::parse_u64(base::trim(*text)).value_or(0) : 0;
}

}  // namespace

std::vector<std::uint64_t> damaged_indexes(const std::string& root) {
  std::vector<std::uint64_t> out;
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder_in(root).c_str()), ::closedir);
  while (const dirent* e = dir ? ::readdir(dir.get()) : nullptr)
    if (auto n = base::parse_u64(e->d_name)) out.push_back(*n);
  return out;
}

bool is_damaged(const std::string& root, std::uint64_t account) { return there(mark(root, account)); }

void clear_damaged(const std::string& root, std::uint64_t account) { ::unlink(mark(root, account).c_str()); }

base::Result<Damage> Damage::open(const std::string& root, std::size_t slots) {
  if (auto ok = base::make_dirs(folder_in(root), 0770); !ok) return base::pass(ok);
  Damage d(root);
  for (std::size_t i = 0; i < slots; ++i) {
    std::string path = slot_file(root, i);
    if (std::uint64_t account = number_in(path)) {
      std::uint64_t n = number_in(crashes(root, account)) + 1;
      base::log(base::Level::error, "index_crashed_reader", {{"account", account}, {"times", n},
                                                             {"next", n < kMaxReaderCrashes ? "read again" : "made anew"}});
      if (n >= kMaxReaderCrashes)
        d.report(account);
      else
        (void)base::write_file(crashes(root, account), std::to_string(n), 0660);
    }
    base::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0660));
    if (!fd) return std::unexpected(base::sys_error(path));
    d.slots_.push_back(std::move(fd));
  }
  return d;
}

void Damage::begin(std::size_t slot, std::uint64_t account) {
  (void)base::pwrite_all(slots_.at(slot).get(), std::to_string(account), 0);
}

void Damage::end(std::size_t slot, std::uint64_t account) {
  (void)!::ftruncate(slots_.at(slot).get(), 0);
  ::unlink(crashes(root_, account).c_str());
}

bool Damage::report(std::uint64_t account) {
  ::unlink(crashes(root_, account).c_str());
  base::Fd fd(::open(mark(root_, account).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660));
  return static_cast<bool>(fd);
}

}  // namespace postern::index
