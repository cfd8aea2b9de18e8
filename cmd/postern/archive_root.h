// The top folder of an archive: archive.json, accounts/NAME/, deleted/id-N/, directory/.  postern-archive(5) describes it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "archive/folder.h"
#include "archive/reader.h"
#include "cmd/postern/context.h"

namespace postern::cli {

inline constexpr const char *kAccounts = "accounts", *kDeleted = "deleted";

struct ArchiveRoot {
  archive::Folder folder;
  // For reading: what is there must be an archive.
  static base::Result<ArchiveRoot> open(const std::string& dir);
  // For a dry run of writing: nothing where the archive is yet to be made.
  static base::Result<std::optional<ArchiveRoot>> look(const std::string& dir);
  // For writing: made when missing; a folder with other things in it is refused.  Locked against other writers.
  static base::Result<ArchiveRoot> create(const std::string& dir);
  // The folder with all accounts; NOT_FOUND when there are none.
  base::Result<archive::Folder> accounts() const { return folder.sub(kAccounts); }
  // That with the deleted ones, likewise.
  base::Result<archive::Folder> deleted() const { return folder.sub(kDeleted); }
  // That of one account, whatever its folder is called.  NOT_FOUND names it.
  base::Result<archive::Reader> account(const std::string& name) const;
};

// The folder that a verb works on: its one argument, or with --configured that of the setting backup.dir.  Nothing where
// the verb is to end with `status`: quietly done where the setting is empty, else why not has been said.
std::optional<std::string> archive_folder(Context& c, int& status);

// For texts that a terminal shows: no control characters, at most `max` bytes.
std::string one_line(std::string_view text, std::size_t max);

// The directory's accounts by name; those of --account alone where it is given.  NOT_FOUND names what is not there.
struct KnownAccount {
  std::string name;
  std::uint64_t id = 0;
  std::uint64_t deleted = 0;   // unix seconds; of one that can still come back
  // Where its folder is in an archive.
  const char* shelf() const { return deleted ? kDeleted : kAccounts; }
  std::string folder() const { return deleted ? "id-" + std::to_string(id) : archive::folder_name(name, id); }
};
base::Result<std::vector<KnownAccount>> known_accounts(Context& c);

}  // namespace postern::cli
