#include "ipc/large.h"

#include <sys/stat.h>

namespace postern::ipc {

base::Result<base::Fd> to_descriptor(std::string_view bytes) {
  auto fd = base::open_spool({});
  if (!fd) return fd;
  if (auto ok = base::write_all(fd->get(), bytes); !ok) return pass(ok);
  return fd;
}

base::Result<std::string> from_descriptor(const base::Fd& fd, std::size_t max) {
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return std::unexpected(base::sys_error("descriptor"));
  if (!S_ISREG(st.st_mode) || static_cast<std::uint64_t>(st.st_size) > max)
    return base::fail(base::Fault::corrupt, "a descriptor that is no file of the allowed size", "MALFORMED");
  return base::pread_exact(fd.get(), static_cast<std::size_t>(st.st_size), 0);
}

}  // namespace postern::ipc
