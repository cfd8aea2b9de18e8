// Writes the index of one account.  Runs in: indexer, on a worker, one thread at a time.  Input: documents made of hostile
// mail.  Memory: what was put since the last commit.  One writer a folder: Xapian's lock sees to it.
// Tests: t/unit/index_reader.cc
//
// What is promised: a commit shows to readers all or nothing of what came before it, set_covered() included, and survives the
// end of the process.  It survives a loss of power when it was synced, or else the next open() answers REBUILD.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "index/extract.h"
#include "index/reader.h"

namespace postern::index {

class Writer {
 public:
  // Makes the folder when it is not there.  REBUILD: discard() it and open again.  LOCKED: another process writes.
  static base::Result<std::unique_ptr<Writer>> open(const std::string& folder);
  // What was not committed is dropped.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  const Coverage& covered() const;
  // Takes effect, for readers too, with the next commit.  The caller has put and removed everything up to there.
  void set_covered(Coverage c);

  // All ids in the index, ascending; and how many they are.
  base::Result<Ids> ids();
  std::uint64_t count() const;
  // Those of `emails` (ascending) that are not in it.
  base::Result<Ids> missing(std::span<const std::uint64_t> emails);
  // LIMIT: the id is above kMaxEmail.  Replaces what was there.
  base::Result<> put(std::uint64_t email, const Document& d, Language fallback);
  // In place of a message that can't be read: readers will always scan it.
  base::Result<> put_unread(std::uint64_t email);
  // Nothing happens when it is not there.
  base::Result<> remove(std::uint64_t email);

  // Bytes of text and documents put since the last commit.
  std::uint64_t pending_bytes() const;
  std::uint64_t pending() const;
  // `sync`: on disk when it returns, with all commits before.
  base::Result<> commit(bool sync);
  bool synced() const;
  // The same for commits of a writer of this boot that is gone.  REQUIRES: none is open on the folder.
  static base::Result<> flush(const std::string& folder);

  // Sorts the dictionary anew, packs the database into a folder beside its own and exchanges the two; needs room for both.
  // The writer is spent.  Readers of the old one go on until they refresh.
  base::Result<> optimize();

  // Removes the folder and what optimize() may have left beside it.
  static base::Result<> discard(const std::string& folder);

 private:
  struct Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::index
