#include "audit/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/log.h"
#include "base/system.h"

namespace postern::audit {

using base::fail;
using base::Fault;

namespace {

// Without its last line, where that has no end.  True when one was taken off.
Result<bool> trim(const std::string& path) {
  base::Fd fd(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT) return false;
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0) return std::unexpected(base::sys_error(path));
  auto size = static_cast<std::uint64_t>(st.st_size), end = size;
  for (bool found = false; !found && end > 0;) {
    std::uint64_t from = end > 4096 ? end - 4096 : 0;
    auto piece = base::pread_exact(fd.get(), static_cast<std::size_t>(end - from), from);
    if (!piece) return pass(piece);
    auto at = piece->rfind('\n');
    found = at != std::string::npos;
    end = found ? from + at + 1 : from;
  }
  if (end == size) return false;
  if (::ftruncate(fd.get(), static_cast<off_t>(end)) != 0 || ::fsync(fd.get()) != 0)
    return std::unexpected(base::sys_error(path));
  return true;
}

}  // namespace

Log::Log(std::string folder, std::uint64_t rotate_bytes) : folder_(std::move(folder)), rotate_bytes_(rotate_bytes) {}

Result<std::unique_ptr<Log>> Log::open(const std::string& folder, const Head& known, std::uint64_t rotate_bytes) {
  if (auto made = base::make_dirs(folder, 0750); !made) return pass(made);
  std::unique_ptr<Log> log(new Log(folder, rotate_bytes));
  auto torn = trim(folder + "/" + kCurrent);
  if (!torn) return pass(torn);
  // The whole chain is for `postern audit verify`; here its end is enough, and whether it has the known one.
  Chain chain;
  bool has_known = known.number == 0;
  auto read = each_line(folder, [&](std::string_view line, const std::string& file, std::uint64_t) {
    (void)chain.next(line);
    has_known = has_known || chain.head() == known;
    if (log->first_ == 0 && file.ends_with(kCurrent)) log->first_ = chain.head().number;
    return true;
  });
  if (!read) return pass(read);
  log->head_ = chain.head();
  if (auto ok = log->open_file(); !ok) return pass(ok);
  if (!has_known) {
    base::log(base::Level::error, "audit-log-cut",
              {{"folder", folder}, {"expected", known.number}, {"found", log->head_.number}});
    Fields what{{"expected", std::to_string(known.number)}, {"found", std::to_string(log->head_.number)}};
    log->head_ = known;
    if (auto ok = log->add("audit log was cut or changed", what); !ok) return pass(ok);
  }
  if (*torn)
    if (auto ok = log->add("audit log ended inside a line, which was taken off", {}); !ok) return pass(ok);
  return log;
}

Result<> Log::open_file() {
  std::string path = folder_ + "/" + kCurrent;
  base::Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0) return std::unexpected(base::sys_error(path));
  bytes_ = static_cast<std::uint64_t>(st.st_size);
  {
    std::lock_guard hold(lock_);
    fd_ = std::make_shared<base::Fd>(std::move(fd));
  }
  base::Fd dir(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir || ::fsync(dir.get()) != 0) return std::unexpected(base::sys_error(folder_));
  return {};
}

Result<> Log::rotate() {
  if (auto ok = sync(); !ok) return ok;
  char name[64];
  std::snprintf(name, sizeof name, "/audit-%010llu.jsonl", static_cast<unsigned long long>(first_));
  std::string from = folder_ + "/" + kCurrent, to = folder_ + name;
  if (::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(base::sys_error(to));
  first_ = 0;
  return open_file();
}

Result<> Log::add(std::string_view action, const Fields& fields) {
  if (bytes_ >= rotate_bytes_ && first_)
    if (auto ok = rotate(); !ok) return ok;
  std::string line = make_line(head_, base::unix_now(), action, fields);
  if (line.size() > kMaxLine) return fail(Fault::limit, "an event is too large for the audit log");
  // One write: no other line comes in between, and what a full disk leaves is taken off again.
  std::string whole = line + "\n";
  if (auto ok = base::write_all(fd_->get(), whole); !ok) {
    if (::ftruncate(fd_->get(), static_cast<off_t>(bytes_)) != 0)
      base::log(base::Level::error, "audit-log", {{"folder", folder_}, {"what", "half a line could not be taken off"}});
    return ok;
  }
  bytes_ += whole.size();
  head_ = {head_.number + 1, base::sha256(line)};
  if (first_ == 0) first_ = head_.number;
  ++added_;
  return {};
}

Result<> Log::sync() {
  auto upto = added_.load();
  std::shared_ptr<base::Fd> fd;
  {
    std::lock_guard hold(lock_);
    fd = fd_;
  }
  if (::fdatasync(fd->get()) != 0) return std::unexpected(base::sys_error(folder_ + "/" + kCurrent));
  synced_.store(upto);
  return {};
}

}  // namespace postern::audit
