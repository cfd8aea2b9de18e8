#include "cmd/pop3d/locks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system.h"

namespace postern::pop3d {

void Hold::release() {
  if (!locks_) return;
  locks_->lock_byte(account_, false);
  locks_->held_.erase(account_);
  locks_ = nullptr;
  give_way_ = nullptr;
}

void Hold::touch() {
  touched_ = base::monotonic_ms();
}

base::Result<> Locks::open(const std::string& path) {
  file_ = base::Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat st {};
  if (!file_ || ::fstat(file_.get(), &st) != 0) return std::unexpected(base::sys_error(path));
  // The spool is shared: who else has the file could lock all maildrops.
  if (st.st_uid != ::geteuid()) return base::fail(base::Fault::permanent, path + " belongs to another user: remove it");
  return {};
}

// Of the open file description, not of the process: what a thread or a child does with the file changes nothing.
bool Locks::lock_byte(std::uint64_t account, bool on) {
  struct flock l {};
  l.l_type = on ? F_WRLCK : F_UNLCK;
  l.l_whence = SEEK_SET;
  l.l_start = static_cast<off_t>(account);
  l.l_len = 1;
  return ::fcntl(file_.get(), F_OFD_SETLK, &l) == 0;
}

bool Locks::take(std::uint64_t account, Hold& hold, std::function<void()> give_way) {
  if (auto it = held_.find(account); it != held_.end()) {
    Hold& other = *it->second;
    if (base::monotonic_ms() - other.touched_ < takeover_ms_) return false;
    auto end = std::move(other.give_way_);
    other.release();
    end();
  }
  if (!lock_byte(account, true)) return false;
  hold.locks_ = this;
  hold.account_ = account;
  hold.give_way_ = std::move(give_way);
  hold.touch();
  held_[account] = &hold;
  return true;
}

}  // namespace postern::pop3d
