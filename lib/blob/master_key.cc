#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/file.h"
#include "base/system.h"
#include "blob/blob_store.h"

namespace postern::blob {

using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kMasterKeySize = 32;

}  // namespace

Result<MasterKey> MasterKey::load(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return std::unexpected(base::sys_error(path));
  if ((st.st_mode & 077) != 0)
    return fail(Fault::permanent, path + ": others may read the master key; chmod 600 it");
  auto bytes = base::read_file(path, kMasterKeySize + 1);
  if (!bytes) return base::pass(bytes);
  if (bytes->size() != kMasterKeySize) return fail(Fault::corrupt, path + ": not a master key of 32 bytes");
  MasterKey key;
  key.bytes_ = std::move(*bytes);
  return key;
}

Result<MasterKey> MasterKey::create(const std::string& path) {
  struct stat st;
  if (::lstat(path.c_str(), &st) == 0) return fail(Fault::permanent, path + ": exists already");
  MasterKey key;
  key.bytes_.resize(kMasterKeySize);
  base::random_fill({reinterpret_cast<unsigned char*>(key.bytes_.data()), kMasterKeySize});
  auto written = base::write_file(path, key.bytes_, 0600);
  if (!written) return base::pass(written);
  return key;
}

MasterKey::~MasterKey() {
  ::explicit_bzero(bytes_.data(), bytes_.size());
}

}  // namespace postern::blob
