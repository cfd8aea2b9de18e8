// A folder of an archive by its descriptor: the only way in which this library reaches files.  Every name is one
// component; what is a symbolic link, a device or a pipe is not opened, so that an archive that others could write to
// leads nowhere else.
// Durability: put() and Staged make durable before a name appears; see writer.h for the order of names.
// Runs in: postern.  Tests: t/unit/archive_reader.cc
#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace postern::archive {

using base::Result;

class Folder {
 public:
  // The admin's own word: links are followed here, and only here.
  static Result<Folder> open(const std::string& path);
  // The same, made with its parents where missing, mode 0700.
  static Result<Folder> create(const std::string& path);

  Result<Folder> again() const;   // a second descriptor of the same folder
  Result<Folder> sub(const std::string& name) const;    // NOT_FOUND when there is none
  Result<Folder> make(const std::string& name) const;   // made when missing, mode 0700
  // A regular file for reading, with its size.
  struct File {
    base::Fd fd;
    std::uint64_t size = 0;
  };
  Result<File> file(const std::string& name) const;     // NOT_FOUND when there is none
  Result<std::string> read(const std::string& name, std::size_t max) const;
  // There is a regular file of this size.
  bool has(const std::string& name, std::uint64_t size) const;
  // Names of what is in it, sorted, without "." and "..".  Fault::limit past `max`.
  Result<std::vector<std::string>> list(std::size_t max) const;
  // A new file under a name of its own, mode 0600.
  struct New {
    base::Fd fd;
    std::string name;   // ".new-..."
  };
  Result<New> create_new() const;
  Result<> rename(const std::string& from, const Folder& to, const std::string& name) const;
  Result<> remove(const std::string& name) const;
  // Beside the old file, flushed, then over it, and the folder flushed.
  Result<> put(const std::string& name, std::string_view content) const;
  Result<> sync() const;              // the folder itself
  Result<> sync_filesystem() const;   // everything written to its file system
  // One writer at a time; held as long as the Folder.  Fault::temporary when somebody else has it.
  Result<> lock() const;

  const std::string& path() const { return path_; }   // for messages

 private:
  Folder(base::Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  base::Error error(const std::string& name) const;
  base::Fd fd_;
  std::string path_;
};

// The name of an account's folder: the address, with %XX for what is not [A-Za-z0-9@._+=-], and for a dot at its
// beginning.  Names that would be too long for a file system become "id-NUMBER".
std::string folder_name(std::string_view account, std::uint64_t id);

}  // namespace postern::archive
